using System.Collections.Concurrent;
using Millrace.Delivery.Keys;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Storage;

/// <summary>
/// Complete responses in memory, bounded by bytes. Lookups take no lock; changes take one. Eviction is SIEVE (Zhang et al., NSDI 2024): a hand
/// walks from the oldest to the newest, spares what was asked for since it last passed, and evicts the rest, so a hit writes one flag only.
/// </summary>
internal sealed class MemoryStore(long capacityBytes, int maxVariants, PurgeLog purges)
{
    /// <summary>A purge of much lets others in between so many.</summary>
    private const int PurgeChunk = 4_096;

    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, StoredResponse[]> _variants = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<StoredResponse>> _bySurrogate = new(StringComparer.Ordinal);

    // Newest first, oldest last; the hand moves towards the first.
    private readonly LinkedList<StoredResponse> _queue = new();
    private LinkedListNode<StoredResponse>? _hand;
    private long _bytes;
    private long _evictions;

    public long Bytes => Volatile.Read(ref _bytes);

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _queue.Count;
            }
        }
    }

    public long Evictions => Volatile.Read(ref _evictions);

    /// <summary>The variant that the request selects; the newest where several match.</summary>
    public StoredResponse? Find(string key, HeaderList request)
    {
        if (!_variants.TryGetValue(key, out var variants))
        {
            return null;
        }

        foreach (var variant in variants)
        {
            if (variant.Head.Vary.Matches(request))
            {
                if (!variant.Visited)
                {
                    variant.Visited = true;
                }

                return variant;
            }
        }

        return null;
    }

    /// <summary>Any variant of the key, to learn by which fields it varies.</summary>
    public StoredResponse? FindAny(string key) => _variants.TryGetValue(key, out var variants) ? variants[0] : null;

    /// <summary>Stores a response in place of its own earlier version and of the one it <paramref name="supersedes"/>; false when a purge voided it or it does not fit at all.</summary>
    public bool Put(StoredResponse response, StoredResponse? supersedes = null)
    {
        lock (_gate)
        {
            Drop(supersedes);
            var head = response.Head;

            // Under the gate: a purge either is in the log by now, or comes to look after this response is in.
            var verdict = purges.Judge(head.Began, head.Key, head.SurrogateKeys);
            if (response.Bytes > capacityBytes || verdict == PurgeVerdict.Void)
            {
                return false;
            }

            if (verdict == PurgeVerdict.Stale)
            {
                response.MakeStale(head.Freshness.InitialAge);
                head = response.Head;
            }

            var earlier = _variants.GetValueOrDefault(head.Key) ?? [];
            foreach (var variant in earlier)
            {
                if (variant.Head.Vary.SameAs(head.Vary))
                {
                    Remove(variant);
                }
            }

            while (_variants.GetValueOrDefault(head.Key) is { } kept && kept.Length >= maxVariants)
            {
                Remove(kept[^1]);
                _evictions++;
            }

            while (_bytes + response.Bytes > capacityBytes)
            {
                EvictOne();
            }

            Insert(response);
            return true;
        }
    }

    /// <summary>Removes one response, if it is still here.</summary>
    public void Drop(StoredResponse? response)
    {
        lock (_gate)
        {
            if (response?.Node is not null)
            {
                Remove(response);
            }
        }
    }

    /// <summary>Obeys purges, which must be in the log already: removes what each names, or makes it stale. Returns how many responses each touched.</summary>
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
            var bytes = _queue.Sum(static response => response.Bytes);
            Expect(bytes == _bytes, $"bytes: counted {bytes}, accounted {_bytes}");
            Expect(_bytes <= capacityBytes, $"bytes {_bytes} pass the bound {capacityBytes}");
            var indexed = _variants.SelectMany(static pair => pair.Value).ToHashSet();
            Expect(indexed.SetEquals(_queue), $"index holds {indexed.Count}, queue {_queue.Count}");
            Expect(_variants.All(pair => pair.Value.Length > 0 && pair.Value.Length <= maxVariants), "a key has no variant or too many");
            Expect(_variants.All(static pair => pair.Value.All(variant => variant.Head.Key == pair.Key)), "a response stands under another's key");
            Expect(_queue.All(response => response.Node?.List == _queue), "a response has lost its node");
            Expect(_hand is null || _hand.List == _queue, "the hand points outside the queue");
            var tags = _queue.SelectMany(static response => response.Head.SurrogateKeys.Select(key => (key, response))).ToHashSet();
            Expect(tags.SetEquals(_bySurrogate.SelectMany(static pair => pair.Value.Select(response => (pair.Key, response)))), "surrogate keys differ from the queue's");
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
    private List<StoredResponse>[] Covered(IReadOnlyList<PurgeScope> scopes)
    {
        List<StoredResponse>[] covered = [.. scopes.Select(static _ => new List<StoredResponse>())];
        if (scopes.All(static scope => scope.Patterns.Count == 0))
        {
            return covered;
        }

        foreach (var (key, variants) in _variants)
        {
            for (var i = 0; i < scopes.Count; i++)
            {
                if (scopes[i].Patterns.Any(pattern => pattern.Covers(key)))
                {
                    covered[i].AddRange(variants);
                }
            }
        }

        return covered;
    }

    private HashSet<StoredResponse> Named(PurgeScope purge)
    {
        HashSet<StoredResponse> named = [];
        foreach (var key in purge.Keys)
        {
            named.UnionWith(_variants.GetValueOrDefault(key) ?? []);
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

    private int Touch(IEnumerable<StoredResponse> named, bool soft, TimeProvider time)
    {
        var touched = 0;
        foreach (var response in named)
        {
            if (response.Node is null)
            {
                continue;
            }

            if (!soft)
            {
                Remove(response);
                touched++;
            }
            else if (response.MakeStale(response.Head.Age(time)))
            {
                touched++;
            }
        }

        return touched;
    }

    private void Insert(StoredResponse response)
    {
        response.Node = _queue.AddFirst(response);
        response.Entered();
        _bytes += response.Bytes;
        var earlier = _variants.GetValueOrDefault(response.Head.Key) ?? [];
        _variants[response.Head.Key] = [response, .. earlier];
        foreach (var key in response.Head.SurrogateKeys)
        {
            if (!_bySurrogate.TryGetValue(key, out var bearers))
            {
                _bySurrogate[key] = bearers = [];
            }

            bearers.Add(response);
        }
    }

    private void Remove(StoredResponse response)
    {
        if (_hand == response.Node)
        {
            _hand = response.Node!.Previous;
        }

        _queue.Remove(response.Node!);
        response.Node = null;
        response.Left();
        _bytes -= response.Bytes;
        var left = Array.FindAll(_variants[response.Head.Key], variant => variant != response);
        if (left.Length > 0)
        {
            _variants[response.Head.Key] = left;
        }
        else
        {
            _variants.TryRemove(response.Head.Key, out _);
        }

        foreach (var key in response.Head.SurrogateKeys)
        {
            var bearers = _bySurrogate[key];
            bearers.Remove(response);
            if (bearers.Count == 0)
            {
                _bySurrogate.Remove(key);
            }
        }
    }

    private void EvictOne()
    {
        var hand = _hand ?? _queue.Last!;
        while (hand.Value.Visited)
        {
            hand.Value.Visited = false;
            hand = hand.Previous ?? _queue.Last!;
        }

        _hand = hand;
        Remove(hand.Value);
        _evictions++;
    }
}
