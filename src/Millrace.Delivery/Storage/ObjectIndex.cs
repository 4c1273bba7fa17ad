using System.Collections.Concurrent;
using Millrace.Delivery.Keys;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Storage;

/// <summary>
/// The objects in memory by key, with their variants, and by surrogate key. Lookups by key take no lock and allocate nothing; everything else is under
/// the store's lock. The map behind it is striped by hash.
/// </summary>
internal sealed class ObjectIndex
{
    private readonly ConcurrentDictionary<UInt128, CachedObject[]> _byKey = new(KeyHashComparer.Instance);
    private readonly Dictionary<string, HashSet<CachedObject>> _bySurrogate = new(StringComparer.Ordinal);

    public int Count { get; private set; }

    /// <summary>The variant that the request selects; the newest where several match.</summary>
    public CachedObject? Find(KeyBuffer key, UpstreamFields request)
    {
        if (_byKey.TryGetValue(key.Hash, out var variants))
        {
            foreach (var variant in variants)
            {
                if (variant.Key.Is(key.Hash, key.Bytes) && variant.Head.Vary.Matches(request))
                {
                    return variant;
                }
            }
        }

        return null;
    }

    /// <summary>Whether any variant of the key is here.</summary>
    public bool Has(KeyBuffer key)
    {
        if (_byKey.TryGetValue(key.Hash, out var variants))
        {
            foreach (var variant in variants)
            {
                if (variant.Key.Is(key.Hash, key.Bytes))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>The newest variant of a key. Allocates nothing.</summary>
    public CachedObject? Newest(CacheKey key)
    {
        if (_byKey.TryGetValue(key.Hash, out var variants))
        {
            foreach (var variant in variants)
            {
                if (variant.Key.Equals(key))
                {
                    return variant;
                }
            }
        }

        return null;
    }

    /// <summary>The variants of a key, newest first.</summary>
    public CachedObject[] VariantsOf(CacheKey key) => _byKey.TryGetValue(key.Hash, out var held) ? Array.FindAll(held, variant => variant.Key.Equals(key)) : [];

    public IEnumerable<CachedObject> All() => _byKey.SelectMany(static pair => pair.Value);

    public void Add(CachedObject fresh)
    {
        Count++;
        _byKey[fresh.Key.Hash] = [fresh, .. _byKey.GetValueOrDefault(fresh.Key.Hash) ?? []];
        foreach (var key in fresh.Head.SurrogateKeys)
        {
            if (!_bySurrogate.TryGetValue(key, out var bearers))
            {
                _bySurrogate[key] = bearers = [];
            }

            bearers.Add(fresh);
        }
    }

    public void Remove(CachedObject held)
    {
        Count--;
        var left = Array.FindAll(_byKey[held.Key.Hash], variant => variant != held);
        if (left.Length > 0)
        {
            _byKey[held.Key.Hash] = left;
        }
        else
        {
            _byKey.TryRemove(held.Key.Hash, out _);
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

    /// <summary>What a purge lists by key and surrogate key.</summary>
    public HashSet<CachedObject> Named(PurgeScope purge)
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

    /// <summary>What the patterns of each purge cover, found in one walk that needs no lock: what comes in meanwhile began after the purges, or is refused.</summary>
    public List<CachedObject>[] Covered(IReadOnlyList<PurgeScope> scopes)
    {
        List<CachedObject>[] covered = [.. scopes.Select(static _ => new List<CachedObject>())];
        if (scopes.All(static scope => scope.Patterns.Count == 0))
        {
            return covered;
        }

        // One flat list: a million keys are compared with each of its members (256 of them: 2.6 s instead of 17).
        (PurgePattern Pattern, int Scope)[] patterns = [.. scopes.SelectMany(static (scope, i) => scope.Patterns.Select(pattern => (pattern, i)))];
        foreach (var held in All())
        {
            var key = held.Key;
            foreach (var (pattern, scope) in patterns)
            {
                if (pattern.Covers(key))
                {
                    covered[scope].Add(held);
                }
            }
        }

        return covered;
    }

    /// <summary>Recounts everything; adds what does not add up.</summary>
    public void CheckIntegrity(int maxVariants, ICollection<string> faults)
    {
        var all = All().ToHashSet();
        Expect(all.Count == Count, $"index: {all.Count} objects, {Count} counted");
        Expect(all.All(static held => held.IsHeld && held.IsStored), "the index names an object that has left");
        Expect(_byKey.All(static pair => pair.Value.Length > 0 && pair.Value.All(variant => variant.Key.Hash == pair.Key)), "a key has no variant, or another's");
        Expect(all.All(held => VariantsOf(held.Key).Length <= maxVariants), "a key has too many variants");
        var tags = all.SelectMany(static held => held.Head.SurrogateKeys.Select(key => (key, held))).ToHashSet();
        Expect(tags.SetEquals(_bySurrogate.SelectMany(static pair => pair.Value.Select(held => (pair.Key, held)))), "surrogate keys differ from the index's");

        void Expect(bool holds, string fault)
        {
            if (!holds)
            {
                faults.Add(fault);
            }
        }
    }
}
