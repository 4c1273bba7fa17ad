using Millrace.Delivery.Eviction;
using Millrace.Delivery.Keys;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Storage;

/// <summary>
/// Objects in memory, bounded by bytes. Lookups take no lock; changes take one, under which the policy that chooses what to keep
/// (<see cref="IEvictionPolicy"/>) learns of the hits since.
/// </summary>
internal sealed class MemoryStore
{
    /// <summary>A purge of much lets others in between so many.</summary>
    private const int PurgeChunk = 4_096;

    private readonly Lock _gate = new();
    private readonly IEvictionPolicy _policy;
    private readonly StoreContents _contents;
    private readonly ReadBuffer _reads = new(Environment.ProcessorCount);
    private readonly long _capacityBytes;
    private readonly int _maxVariants;
    private readonly PurgeLog _purges;

    /// <param name="capacityBytes">The bytes that it holds.</param>
    /// <param name="maxVariants">The variants of one key that it holds.</param>
    /// <param name="purges">What was purged.</param>
    /// <param name="eviction">The policy.</param>
    /// <param name="demand">What the policy may know of requests to come.</param>
    public MemoryStore(long capacityBytes, int maxVariants, PurgeLog purges, EvictionKind eviction = EvictionKind.Default, IDemand? demand = null)
    {
        (_capacityBytes, _maxVariants, _purges) = (capacityBytes, maxVariants, purges);
        _policy = EvictionPolicies.Create(eviction, capacityBytes, demand);
        _contents = new StoreContents(capacityBytes, _policy);
    }

    public long Bytes => _contents.Bytes;

    /// <summary>Objects; slices are not counted.</summary>
    public int Count => _contents.Count;

    public long Evictions => _contents.Evictions;

    /// <summary>The variant that the request selects; the newest where several match. No lock, no allocation.</summary>
    public CachedObject? Find(KeyBuffer key, UpstreamFields request)
    {
        var held = _contents.Index.Find(key, request);
        if (held is not null)
        {
            Asked(held);
        }

        return held;
    }

    /// <summary>Whether any variant of the key is held.</summary>
    public bool Has(KeyBuffer key) => _contents.Index.Has(key);

    /// <summary>Any variant of the key, to learn by which fields it varies.</summary>
    public CachedObject? FindAny(CacheKey key) => _contents.Index.VariantsOf(key) is [var newest, ..] ? newest : null;

    /// <summary>The newest variant of the key, looked at and not asked for. No lock, no allocation.</summary>
    public CachedObject? Newest(CacheKey key) => _contents.Index.Newest(key);

    /// <summary>All that is held of a key, newest first.</summary>
    public CachedObject[] VariantsOf(CacheKey key) => _contents.Index.VariantsOf(key);

    /// <summary>What is held of the same key and variant.</summary>
    public CachedObject? FindSame(ResponseHead head) => Array.Find(_contents.Index.VariantsOf(head.Key), held => held.Head.Vary.SameAs(head.Vary));

    /// <summary>Notes that an object or a slice was asked for; now and then, when nobody has the lock, tells the policy of all such.</summary>
    public void Asked(StoredNode held)
    {
        if (_reads.Record(held) && _gate.TryEnter())
        {
            try
            {
                _reads.Drain(_policy);
            }
            finally
            {
                _gate.Exit();
            }
        }
    }

    /// <inheritdoc cref="Put(CachedObject, out bool, CachedObject?)"/>
    public bool Put(CachedObject fresh, CachedObject? supersedes = null) => Put(fresh, out _, supersedes);

    /// <summary>
    /// Stores an object in place of its own earlier version and of the one it <paramref name="supersedes"/>; false when it does not fit at all, the policy
    /// thinks less of it than of what would have to leave, or it is void.
    /// </summary>
    /// <param name="fresh">The object.</param>
    /// <param name="isVoid">Whether it may not be kept anywhere: a purge voided it, or a newer one is here.</param>
    /// <param name="supersedes">The copy that it was asked for in place of, or null.</param>
    public bool Put(CachedObject fresh, out bool isVoid, CachedObject? supersedes = null)
    {
        lock (_gate)
        {
            _reads.Drain(_policy);
            var stored = TryPut(fresh, supersedes, out isVoid);
            _contents.Publish();
            return stored;
        }
    }

    /// <summary>
    /// Takes back what the disk had, unless the same variant has come meanwhile: that is newer. Returns what answers now, whether or not memory keeps it; null
    /// when a purge voided it on its way.
    /// </summary>
    public CachedObject? Recall(CachedObject recalled)
    {
        lock (_gate)
        {
            _reads.Drain(_policy);
            if (FindSame(recalled.Head) is { } held)
            {
                return held;
            }

            TryPut(recalled, null, out var isVoid);
            _contents.Publish();
            return isVoid ? null : recalled;
        }
    }

    /// <summary>Keeps a slice of an object that is here; false when the object has left, or the policy thinks less of the slice than of what would have to leave.</summary>
    public bool Put(Slice slice)
    {
        lock (_gate)
        {
            _reads.Drain(_policy);
            var stored = _contents.TryEnter(slice);
            _contents.Publish();
            return stored;
        }
    }

    /// <summary>Removes one object, if it is still here.</summary>
    public void Drop(CachedObject? held)
    {
        lock (_gate)
        {
            if (held?.IsHeld == true)
            {
                _contents.Remove(held);
                _contents.Publish();
            }
        }
    }

    /// <summary>Obeys purges, which must be in the log already: removes what each names, or makes it stale. Returns how many objects each touched.</summary>
    public int[] Purge(IReadOnlyList<PurgeScope> scopes, TimeProvider time)
    {
        var covered = _contents.Index.Covered(scopes);
        var touched = new int[scopes.Count];
        for (var i = 0; i < scopes.Count; i++)
        {
            lock (_gate)
            {
                touched[i] = Touch(_contents.Index.Named(scopes[i]), scopes[i].Soft, time);
            }

            foreach (var some in covered[i].Chunk(PurgeChunk))
            {
                lock (_gate)
                {
                    touched[i] += Touch(some, scopes[i].Soft, time);
                }
            }
        }

        return touched;
    }

    /// <summary>Recounts everything; returns what does not add up. For tests after a soak.</summary>
    public IReadOnlyList<string> CheckIntegrity()
    {
        lock (_gate)
        {
            List<string> faults = [];
            _contents.CheckIntegrity(_maxVariants, faults);
            return faults;
        }
    }

    private int Touch(IEnumerable<CachedObject> named, bool soft, TimeProvider time)
    {
        var touched = 0;
        foreach (var held in named)
        {
            if (held.IsHeld && soft)
            {
                touched += held.MakeStale(held.Head.Age(time)) ? 1 : 0;
            }
            else if (held.IsHeld)
            {
                _contents.Remove(held);
                touched++;
            }
        }

        _contents.Publish();
        return touched;
    }

    private bool TryPut(CachedObject fresh, CachedObject? supersedes, out bool isVoid)
    {
        var head = fresh.Head;
        var held = supersedes?.IsHeld == true ? supersedes : null;

        // Under the gate: a purge either is in the log by now, or comes to look after this object is in.
        var verdict = _purges.Judge(head.Began, head.Key, head.SurrogateKeys);
        var same = Array.Find(_contents.Index.VariantsOf(head.Key), variant => variant != held && variant.Head.Vary.SameAs(head.Vary));
        isVoid = verdict == PurgeVerdict.Void || (same is not null && IsOlder(head, same.Head));
        if (fresh.Size > _capacityBytes || isVoid)
        {
            _contents.Remove(held);
            return false;
        }

        if (verdict == PurgeVerdict.Stale)
        {
            fresh.MakeStale(head.Freshness.InitialAge);
        }

        if (same is not null)
        {
            _contents.Remove(held is null ? null : same);
            held ??= same;
        }

        if (held is not null)
        {
            return _contents.TryReplace(held, fresh);
        }

        // Once it is in: a variant that the policy refuses costs no other its place.
        var entered = _contents.TryEnter(fresh);
        while (entered && _contents.Index.VariantsOf(head.Key) is { } kept && kept.Length > _maxVariants)
        {
            _contents.Evict(kept[^1]);
        }

        return entered;
    }

    /// <summary>
    /// Whether an answer that comes in is older than what is held: asked for before it, and not dated after it. A fetch that took long must not undo what
    /// came meanwhile (RFC 9111 §4: the most recent response, by Date).
    /// </summary>
    private static bool IsOlder(ResponseHead fresh, ResponseHead held) =>
        fresh.AskedTimestamp != 0 && fresh.AskedTimestamp < held.AskedTimestamp && fresh.Date <= held.Date;
}
