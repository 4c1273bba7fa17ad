namespace Millrace.Delivery.Eviction.Simulation;

/// <summary><see cref="OfflinePolicy.Belady"/>.</summary>
internal sealed class BeladyPolicy(long capacityBytes) : IEvictionPolicy
{
    private readonly EvictionHeap _heap = new("belady");

    public long Bytes => _heap.Bytes;

    public int Count => _heap.Count;

    public bool Admit(EvictionNode incoming)
    {
        var next = NextUse(incoming);
        var need = Bytes + incoming.Size - capacityBytes;
        for (var farthest = _heap.Least; need > 0 && next < NextUse(farthest!); farthest = _heap.After(farthest!))
        {
            need -= farthest!.Size;
        }

        return need <= 0 && next != long.MaxValue;
    }

    public EvictionNode Evict(EvictionNode? incoming)
    {
        var victim = _heap.Least!;
        _heap.Remove(victim);
        return victim;
    }

    public void Insert(EvictionNode node)
    {
        node.Priority = -NextUse(node);
        _heap.Add(node);
    }

    public void Hit(EvictionNode node)
    {
        if (NextUse(node) == long.MaxValue)
        {
            _heap.Remove(node);
            return;
        }

        node.Priority = -NextUse(node);
        _heap.Restore(node);
    }

    public void Remove(EvictionNode node) => _heap.Remove(node);

    public void Replace(EvictionNode held, EvictionNode fresh) => _heap.Replace(held, fresh);

    public void CheckIntegrity(ICollection<string> faults) => _heap.CheckIntegrity(faults);

    private static long NextUse(EvictionNode node) => ((TraceObject)node).NextUse;
}
