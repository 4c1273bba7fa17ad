namespace Millrace.Delivery.Eviction;

/// <summary>Least recently used leaves first.</summary>
internal sealed class LruPolicy : IEvictionPolicy
{
    private readonly EvictionQueue _queue = new("lru");

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

    public void Hit(EvictionNode node) => _queue.MoveToNewest(node);

    public void Remove(EvictionNode node) => _queue.Remove(node);

    public void Replace(EvictionNode held, EvictionNode fresh) => _queue.Replace(held, fresh);

    public void CheckIntegrity(ICollection<string> faults) => _queue.CheckIntegrity(faults);
}
