using Millrace.Delivery.Eviction;
using Millrace.Delivery.Keys;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Storage;

/// <summary>
/// Objects in memory, bounded by bytes. Lookups take no lock; changes take one, under which the policy that chooses what to keep
/// (<see cref="IEvictionPolicy"/>) learns of the hits since.
/// </summary>
internal sealed class MemoryStore(long capacityBytes, int maxVariants, PurgeLog purges, EvictionKind eviction = EvictionKind.Default, IDemand? demand = null)
{
    /// <summary>A purge of much lets others in between so many.</summary>
    private const int PurgeChunk = 4_096;

    private readonly Lock _gate = new();
    private readonly ObjectIndex _index = new();
    private readonly IEvictionPolicy _policy = EvictionPolicies.Create(eviction, capacityBytes, demand);
    private readonly ReadBuffer _reads = new(Environment.ProcessorCount);
    private long _bytes;
    private int _count;
    private long _evictions;

    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Objects; slices are not counted.</summary>
    public int Count => Volatile.Read(ref _count);

    public long Evictions => Volatile.Read(ref _evictions);

    /// <summary>The variant that the request selects; the newest where several match. No lock, no allocation.</summary>
    public CachedObject? Find(KeyBuffer key, UpstreamFields request)
    {
        var held = _index.Find(key, request);
        if (held is not null)
        {
            Asked(held);
        }

        return held;
    }

    /// <summary>Whether any variant of the key is held.</summary>
    public bool Has(KeyBuffer key) => _index.Has(key);

    /// <summary>Any variant of the key, to learn by which fields it varies.</summary>
    public CachedObject? FindAny(CacheKey key) => _index.VariantsOf(key) is [var newest, ..] ? newest : null;

    /// <summary>All that is held of a key, newest first.</summary>
    public CachedObject[] VariantsOf(CacheKey key) => _index.VariantsOf(key);

    /// <summary>What is held of the same key and variant.</summary>
    public CachedObject? FindSame(ResponseHead head) => Array.Find(_index.VariantsOf(head.Key), held => held.Head.Vary.SameAs(head.Vary));

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

    /// <summary>
    /// Stores an object in place of its own earlier version and of the one it <paramref name="supersedes"/>; false when a purge voided it, it does not
    /// fit at all, or the policy thinks less of it than of what would have to leave.
    /// </summary>
    public bool Put(CachedObject fresh, CachedObject? supersedes = null)
    {
        lock (_gate)
        {
            _reads.Drain(_policy);
            var stored = TryPut(fresh, supersedes);
            Publish();
            return stored;
        }
    }

    /// <summary>Takes back what the disk had, unless the same variant has come meanwhile: that is newer.</summary>
    public bool Recall(CachedObject recalled)
    {
        lock (_gate)
        {
            _reads.Drain(_policy);
            var stored = !Array.Exists(_index.VariantsOf(recalled.Key), held => held.Head.Vary.SameAs(recalled.Head.Vary)) && TryPut(recalled, null);
            Publish();
            return stored;
        }
    }

    /// <summary>Keeps a slice of an object that is here; false when the object has left, or the policy thinks less of the slice than of what would have to leave.</summary>
    public bool Put(Slice slice)
    {
        lock (_gate)
        {
            _reads.Drain(_policy);

            // Its own object may be what had to make room.
            var stored = IsWanted(slice) && slice.Size <= capacityBytes && TryMakeRoom(slice) && IsWanted(slice) && slice.Map.TryAdd(slice);
            if (stored)
            {
                _policy.Insert(slice);
                slice.Entered();
            }

            Publish();
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
                Remove(held);
                Publish();
            }
        }
    }

    /// <summary>Obeys purges, which must be in the log already: removes what each names, or makes it stale. Returns how many objects each touched.</summary>
    public int[] Purge(IReadOnlyList<PurgeScope> scopes, TimeProvider time)
    {
        var covered = _index.Covered(scopes);
        var touched = new int[scopes.Count];
        for (var i = 0; i < scopes.Count; i++)
        {
            lock (_gate)
            {
                touched[i] = Touch(_index.Named(scopes[i]), scopes[i].Soft, time);
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
            _policy.CheckIntegrity(faults);
            _index.CheckIntegrity(maxVariants, faults);
            var objects = _index.All().ToList();
            var slices = objects.SelectMany(static held => held.Body.Slices?.Resident() ?? []).ToList();
            var bytes = objects.Sum(static held => held.Size) + slices.Sum(static slice => slice.Size);
            Expect(bytes == _policy.Bytes && bytes == _bytes && bytes <= capacityBytes, $"bytes: held {bytes}, policy {_policy.Bytes}, published {_bytes}, bound {capacityBytes}");
            Expect(objects.Count + slices.Count == _policy.Count && _count == objects.Count, $"count: {objects.Count} and {slices.Count} slices, policy {_policy.Count}, published {_count}");
            Expect(slices.TrueForAll(static slice => slice.IsHeld && slice.IsStored), "a map has a slice that has left");
            Expect(objects.TrueForAll(static held => held.Body.Slices is not { } map || map.Owner == held), "a map has another owner");
            return faults;

            void Expect(bool holds, string fault)
            {
                if (!holds)
                {
                    faults.Add(fault);
                }
            }
        }
    }

    private static bool IsWanted(Slice slice) => slice.Map.Owner?.IsHeld == true;

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
                Remove(held);
                touched++;
            }
        }

        Publish();
        return touched;
    }

    private bool TryPut(CachedObject fresh, CachedObject? supersedes)
    {
        var head = fresh.Head;
        var held = supersedes?.IsHeld == true ? supersedes : null;

        // Under the gate: a purge either is in the log by now, or comes to look after this object is in.
        var verdict = purges.Judge(head.Began, head.Key, head.SurrogateKeys);
        if (fresh.Size > capacityBytes || verdict == PurgeVerdict.Void)
        {
            Remove(held);
            return false;
        }

        if (verdict == PurgeVerdict.Stale)
        {
            fresh.MakeStale(head.Freshness.InitialAge);
        }

        foreach (var variant in _index.VariantsOf(head.Key))
        {
            if (variant != held && variant.Head.Vary.SameAs(head.Vary))
            {
                Remove(held is null ? null : variant);
                held ??= variant;
            }
        }

        while (held is null && _index.VariantsOf(head.Key) is { } kept && kept.Length >= maxVariants)
        {
            Remove(kept[^1]);
            _evictions++;
        }

        return held is null ? TryEnter(fresh) : TryReplace(held, fresh);
    }

    private bool TryEnter(CachedObject fresh)
    {
        if (!TryMakeRoom(fresh))
        {
            return false;
        }

        _policy.Insert(fresh);
        Enter(fresh);
        return true;
    }

    private bool TryMakeRoom(StoredNode fresh)
    {
        if (!_policy.Admit(fresh))
        {
            return false;
        }

        while (_policy.Bytes + fresh.Size > capacityBytes)
        {
            Evicted(_policy.Evict(fresh));
        }

        return true;
    }

    private bool TryReplace(CachedObject held, CachedObject fresh)
    {
        _policy.Replace(held, fresh);

        // In this order a map of slices changes its owner and keeps its slices.
        Enter(fresh);
        Leave(held);
        while (_policy.Bytes > capacityBytes)
        {
            Evicted(_policy.Evict(null));
        }

        return fresh.IsHeld;
    }

    private void Evicted(EvictionNode victim)
    {
        _evictions++;
        if (victim is Slice slice)
        {
            slice.Map.Remove(slice);
            slice.Left();
        }
        else
        {
            Leave((CachedObject)victim);
        }
    }

    private void Remove(CachedObject? held)
    {
        if (held is not null)
        {
            _policy.Remove(held);
            Leave(held);
        }
    }

    /// <summary>Makes what the policy has taken findable.</summary>
    private void Enter(CachedObject fresh)
    {
        fresh.Entered();
        if (fresh.Body.Slices is { } map)
        {
            map.Owner = fresh;
        }

        _index.Add(fresh);
    }

    /// <summary>Makes what the policy has let go unfindable; the slices of what has no successor go with it.</summary>
    private void Leave(CachedObject held)
    {
        held.Left();
        _index.Remove(held);
        if (held.Body.Slices is { } map && map.Owner == held)
        {
            map.Owner = null;
            foreach (var slice in map.Resident())
            {
                _policy.Remove(slice);
                map.Remove(slice);
                slice.Left();
            }
        }
    }

    /// <summary>Makes the figures readable without the gate.</summary>
    private void Publish()
    {
        Volatile.Write(ref _bytes, _policy.Bytes);
        Volatile.Write(ref _count, _index.Count);
    }
}
