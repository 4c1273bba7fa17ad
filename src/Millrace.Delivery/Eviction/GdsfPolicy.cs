namespace Millrace.Delivery.Eviction;

/// <summary>
/// Greedy-dual-size with frequency (Cherkasova, HP Labs 1998): the least L + visits × cost / size leaves, where L is the priority of the last that left,
/// so that what is no longer asked for grows old. Equals leave in the order in which they were last asked for.
/// </summary>
internal sealed class GdsfPolicy : IEvictionPolicy
{
    // libCacheSim's scale. It decides how L + v rounds, and so, rarely, who leaves: 1 gives 84,751 misses where its tests expect 84,750.
    private const double Scale = 1e6;

    private readonly EvictionHeap _heap = new("gdsf");
    private double _age;
    private long _clock;

    public long Bytes => _heap.Bytes;

    public int Count => _heap.Count;

    public bool Admit(EvictionNode incoming) => true;

    public EvictionNode Evict(EvictionNode? incoming)
    {
        var victim = _heap.Least!;
        _heap.Remove(victim);
        _age = victim.Priority;
        return victim;
    }

    public void Insert(EvictionNode node)
    {
        node.Visits = 1;
        Rank(node);
        _heap.Add(node);
    }

    public void Hit(EvictionNode node)
    {
        node.Visits++;
        Rank(node);
        _heap.Restore(node);
    }

    public void Remove(EvictionNode node) => _heap.Remove(node);

    public void Replace(EvictionNode held, EvictionNode fresh)
    {
        fresh.Visits = held.Visits;
        _heap.Replace(held, fresh);
        Rank(fresh);
        _heap.Restore(fresh);
    }

    public void CheckIntegrity(ICollection<string> faults) => _heap.CheckIntegrity(faults);

    private void Rank(EvictionNode node)
    {
        node.Priority = _age + (node.Visits * (double)(node.FetchCost > 0 ? node.FetchCost : 1) * Scale / Math.Max(1, node.Size));
        node.Stamp = ++_clock;
    }
}
