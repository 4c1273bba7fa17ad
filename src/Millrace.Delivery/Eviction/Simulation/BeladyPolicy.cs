namespace Millrace.Delivery.Eviction.Simulation;

/// <summary><see cref="OfflinePolicy.Belady"/>.</summary>
internal sealed class BeladyPolicy(long capacityBytes) : IEvictionPolicy
{
    private readonly EvictionHeap _heap = new("belady");
    private readonly List<EvictionNode> _looked = [];

    public long Bytes => _heap.Bytes;

    public int Count => _heap.Count;

    public bool Admit(EvictionNode incoming)
    {
        var next = NextUse(incoming);
        var need = Bytes + incoming.Size - capacityBytes;
        while (need > 0 && next < NextUse(_heap.Least!))
        {
            need -= _heap.Least!.Size;
            _looked.Add(Evict(incoming));
        }

        _looked.ForEach(_heap.Add);
        _looked.Clear();
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
