namespace Millrace.Delivery.Eviction;

/// <summary>
/// SIEVE (Zhang et al., NSDI 2024): a hand walks from the oldest to the newest, spares what was asked for since it last passed, and evicts the rest.
/// New nodes enter at the newest end, behind the hand.
/// </summary>
internal sealed class SievePolicy : IEvictionPolicy
{
    private readonly EvictionQueue _queue = new("sieve");
    private EvictionNode? _hand;

    public long Bytes => _queue.Bytes;

    public int Count => _queue.Count;

    public bool Admit(EvictionNode incoming) => true;

    public EvictionNode Evict(EvictionNode? incoming)
    {
        var victim = _hand ?? _queue.Oldest!;
        while (victim.Visits > 0)
        {
            victim.Visits = 0;
            victim = victim.Newer ?? _queue.Oldest!;
        }

        _hand = victim.Newer;
        _queue.Remove(victim);
        return victim;
    }

    public void Insert(EvictionNode node)
    {
        node.Visits = 0;
        _queue.AddNewest(node);
    }

    public void Hit(EvictionNode node) => node.Visits = 1;

    public void Remove(EvictionNode node)
    {
        if (_hand == node)
        {
            _hand = node.Newer;
        }

        _queue.Remove(node);
    }

    public void Replace(EvictionNode held, EvictionNode fresh)
    {
        fresh.Visits = held.Visits;
        if (_hand == held)
        {
            _hand = fresh;
        }

        _queue.Replace(held, fresh);
    }

    public void CheckIntegrity(ICollection<string> faults)
    {
        _queue.CheckIntegrity(faults);
        if (_hand is not null && !_queue.Contains(_hand))
        {
            faults.Add("sieve: the hand points outside the queue");
        }
    }
}
