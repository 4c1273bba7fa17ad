namespace Millrace.Delivery.Eviction;

/// <summary>First in, first out.</summary>
internal sealed class FifoPolicy : IEvictionPolicy
{
    private readonly EvictionQueue _queue = new("fifo");

    public long Bytes => _queue.Bytes;

    public int Count => _queue.Count;

    public bool Admit(EvictionNode incoming) => true;

    public EvictionNode Evict(EvictionNode? incoming)
    {
        var victim = _queue.Oldest!;
        _queue.Remove(victim);
        return victim;
    }

    public void Insert(EvictionNode node) => _queue.AddNewest(node);

    public void Hit(EvictionNode node)
    {
    }

    public void Remove(EvictionNode node) => _queue.Remove(node);

    public void Replace(EvictionNode held, EvictionNode fresh) => _queue.Replace(held, fresh);

    public void CheckIntegrity(ICollection<string> faults) => _queue.CheckIntegrity(faults);
}
