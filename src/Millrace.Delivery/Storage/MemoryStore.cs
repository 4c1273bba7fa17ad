using System.Collections.Concurrent;
using Millrace.Delivery.Eviction;
using Millrace.Delivery.Keys;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Storage;

/// <summary>
/// Complete objects in memory, bounded by bytes. Lookups take no lock; changes take one, under which the policy that chooses what to keep
/// (<see cref="IEvictionPolicy"/>) learns of the hits since.
/// </summary>
internal sealed class MemoryStore(long capacityBytes, int maxVariants, PurgeLog purges, EvictionKind eviction = EvictionKind.Default)
{
    /// <summary>A purge of much lets others in between so many.</summary>
    private const int PurgeChunk = 4_096;

    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<UInt128, CachedObject[]> _index = new(KeyHashComparer.Instance);
    private readonly Dictionary<string, HashSet<CachedObject>> _bySurrogate = new(StringComparer.Ordinal);
    private readonly IEvictionPolicy _policy = EvictionPolicies.Create(eviction, capacityBytes);
    private readonly ReadBuffer _reads = new(Environment.ProcessorCount);
    private long _bytes;
    private int _count;
    private long _evictions;

    public long Bytes => Volatile.Read(ref _bytes);

    public int Count => Volatile.Read(ref _count);

    public long Evictions => Volatile.Read(ref _evictions);

    /// <summary>The variant that the request selects; the newest where several match. No lock, no allocation.</summary>
    public CachedObject? Find(KeyBuffer key, UpstreamFields request)
    {
        if (!_index.TryGetValue(key.Hash, out var variants))
        {
            return null;
        }

        foreach (var variant in variants)
        {
            if (variant.Key.Is(key.Hash, key.Bytes) && variant.Head.Vary.Matches(request))
            {
                Asked(variant);
                return variant;
            }
        }

        return null;
    }

    /// <summary>Any variant of the key, to learn by which fields it varies.</summary>
    public CachedObject? FindAny(CacheKey key) => VariantsOf(key) is [var newest, ..] ? newest : null;

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
        var covered = Covered(scopes);
        var touched = new int[scopes.Count];
        for (var i = 0; i < scopes.Count; i++)
        {
            lock (_gate)
            {
                touched[i] = Touch(Named(scopes[i]), scopes[i].Soft, time);
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
            var all = All().ToHashSet();
            _policy.CheckIntegrity(faults);
            Expect(all.Sum(static held => held.Size) == _policy.Bytes, $"bytes: index {all.Sum(static held => held.Size)}, policy {_policy.Bytes}");
            Expect(_policy.Bytes == _bytes && _bytes <= capacityBytes, $"bytes: policy {_policy.Bytes}, published {_bytes}, bound {capacityBytes}");
            Expect(all.Count == _policy.Count && _count == _policy.Count, $"count: index {all.Count}, policy {_policy.Count}, published {_count}");
            Expect(all.All(static held => held.IsHeld && held.IsStored), "the index names an object that has left");
            Expect(_index.All(pair => pair.Value.Length > 0 && pair.Value.Length <= maxVariants), "a key has no variant or too many");
            Expect(_index.All(static pair => pair.Value.All(variant => variant.Key.Hash == pair.Key)), "an object stands under another's key");
            var tags = all.SelectMany(static held => held.Head.SurrogateKeys.Select(key => (key, held))).ToHashSet();
            Expect(tags.SetEquals(_bySurrogate.SelectMany(static pair => pair.Value.Select(held => (pair.Key, held)))), "surrogate keys differ from the index's");
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

    /// <summary>What the patterns of each purge cover, found in one walk that holds nobody up: what comes in meanwhile began after the purges, or is refused.</summary>
    private List<CachedObject>[] Covered(IReadOnlyList<PurgeScope> scopes)
    {
        List<CachedObject>[] covered = [.. scopes.Select(static _ => new List<CachedObject>())];
        if (scopes.All(static scope => scope.Patterns.Count == 0))
        {
            return covered;
        }

        foreach (var held in All())
        {
            for (var i = 0; i < scopes.Count; i++)
            {
                if (scopes[i].Patterns.Any(pattern => pattern.Covers(held.Key)))
                {
                    covered[i].Add(held);
                }
            }
        }

        return covered;
    }

    private HashSet<CachedObject> Named(PurgeScope purge)
    {
        HashSet<CachedObject> named = [];
        foreach (var key in purge.Keys)
        {
            named.UnionWith(VariantsOf(key));
        }

        foreach (var key in purge.SurrogateKeys)
        {
            if (_bySurrogate.TryGetValue(key, out var bearers))
            {
                named.UnionWith(bearers);
            }
        }

        return named;
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
                Remove(held);
                touched++;
            }
        }

        Publish();
        return touched;
    }

    private void Asked(CachedObject held)
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

        foreach (var variant in VariantsOf(head.Key))
        {
            if (variant != held && variant.Head.Vary.SameAs(head.Vary))
            {
                Remove(held is null ? null : variant);
                held ??= variant;
            }
        }

        while (held is null && VariantsOf(head.Key) is { } kept && kept.Length >= maxVariants)
        {
            Remove(kept[^1]);
            _evictions++;
        }

        return held is null ? TryEnter(fresh) : TryReplace(held, fresh);
    }

    private bool TryEnter(CachedObject fresh)
    {
        if (!_policy.Admit(fresh))
        {
            return false;
        }

        while (_policy.Bytes + fresh.Size > capacityBytes)
        {
            Evicted(_policy.Evict(fresh));
        }

        _policy.Insert(fresh);
        Enter(fresh);
        return true;
    }

    private bool TryReplace(CachedObject held, CachedObject fresh)
    {
        _policy.Replace(held, fresh);
        Leave(held);
        Enter(fresh);
        while (_policy.Bytes > capacityBytes)
        {
            Evicted(_policy.Evict(null));
        }

        return fresh.IsHeld;
    }

    private void Evicted(EvictionNode victim)
    {
        Leave((CachedObject)victim);
        _evictions++;
    }

    private void Remove(CachedObject? held)
    {
        if (held is not null)
        {
            _policy.Remove(held);
            Leave(held);
        }
    }

    /// <summary>Puts what the policy has taken into the index.</summary>
    private void Enter(CachedObject fresh)
    {
        fresh.Entered();
        _index[fresh.Key.Hash] = [fresh, .. _index.GetValueOrDefault(fresh.Key.Hash) ?? []];
        foreach (var key in fresh.Head.SurrogateKeys)
        {
            if (!_bySurrogate.TryGetValue(key, out var bearers))
            {
                _bySurrogate[key] = bearers = [];
            }

            bearers.Add(fresh);
        }
    }

    /// <summary>Takes what the policy has let go out of the index.</summary>
    private void Leave(CachedObject held)
    {
        held.Left();
        var left = Array.FindAll(_index[held.Key.Hash], variant => variant != held);
        if (left.Length > 0)
        {
            _index[held.Key.Hash] = left;
        }
        else
        {
            _index.TryRemove(held.Key.Hash, out _);
        }

        foreach (var key in held.Head.SurrogateKeys)
        {
            var bearers = _bySurrogate[key];
            bearers.Remove(held);
            if (bearers.Count == 0)
            {
                _bySurrogate.Remove(key);
            }
        }
    }

    /// <summary>All that is held of a key, newest first.</summary>
    public CachedObject[] VariantsOf(CacheKey key) =>
        _index.TryGetValue(key.Hash, out var variants) ? Array.FindAll(variants, variant => variant.Key.Equals(key)) : [];

    private IEnumerable<CachedObject> All() => _index.SelectMany(static pair => pair.Value);

    /// <summary>Makes the policy's figures readable without the gate.</summary>
    private void Publish()
    {
        Volatile.Write(ref _bytes, _policy.Bytes);
        Volatile.Write(ref _count, _policy.Count);
    }
}
