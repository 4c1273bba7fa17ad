namespace Millrace.Delivery.Eviction;

/// <summary>
/// W-TinyLFU (Einziger, Friedman, Manes, 2017) by bytes: new objects enter a window of one per cent, least recently used first out; what falls out of it
/// takes the place of the main part's next victim only when it was asked for more often, by a sketch that also knows what is not held. The main part is
/// segmented: a hit there moves to the protected four fifths. As in Caffeine, but an object that is larger than the window contends at once, and
/// evicts nobody unless it wins against everybody whom it needs gone.
/// </summary>
internal sealed class WTinyLfuPolicy(long capacityBytes) : IEvictionPolicy
{
    private readonly EvictionQueue _window = new("window");
    private readonly EvictionQueue _probation = new("probation");
    private readonly EvictionQueue _protected = new("protected");
    private readonly FrequencySketch _sketch = new(requestsPerObject: 10, wordsPerObject: 1);
    private readonly long _windowBytes = capacityBytes / 100;
    private readonly long _protectedBytes = (capacityBytes - (capacityBytes / 100)) / 5 * 4;

    public long Bytes => _window.Bytes + _probation.Bytes + _protected.Bytes;

    public int Count => _window.Count + _probation.Count + _protected.Count;

    public bool Admit(EvictionNode incoming)
    {
        _sketch.Add(incoming.Hash);
        if (incoming.Size <= _windowBytes)
        {
            return true;
        }

        var asked = _sketch.Estimate(incoming.Hash);
        var need = Bytes + incoming.Size - capacityBytes;
        for (var victim = MainVictim; need > 0 && victim is not null; victim = victim.Newer ?? (victim.Queue == _probation ? _protected.Oldest : null))
        {
            if (_sketch.Estimate(victim.Hash) >= asked)
            {
                return false;
            }

            need -= victim.Size;
        }

        return need <= 0;
    }

    public EvictionNode Evict(EvictionNode? incoming)
    {
        var victim = MainVictim;
        var candidate = incoming is null || (incoming.Size <= _windowBytes && _window.Bytes + incoming.Size > _windowBytes) ? _window.Oldest : null;
        if (victim is null)
        {
            victim = _window.Oldest!;
        }
        else if (candidate is not null)
        {
            if (_sketch.Estimate(candidate.Hash) > _sketch.Estimate(victim.Hash))
            {
                _window.Remove(candidate);
                _probation.AddNewest(candidate);
            }
            else
            {
                victim = candidate;
            }
        }

        victim.Queue!.Remove(victim);
        return victim;
    }

    public void Insert(EvictionNode node)
    {
        (node.Size <= _windowBytes ? _window : _probation).AddNewest(node);
        while (_window.Bytes > _windowBytes)
        {
            // There was room without a contest.
            var oldest = _window.Oldest!;
            _window.Remove(oldest);
            _probation.AddNewest(oldest);
        }

        _sketch.EnsureCapacity(Count);
    }

    public void Hit(EvictionNode node)
    {
        _sketch.Add(node.Hash);
        if (node.Queue != _probation)
        {
            node.Queue!.MoveToNewest(node);
            return;
        }

        _probation.Remove(node);
        _protected.AddNewest(node);
        while (_protected.Bytes > _protectedBytes)
        {
            var oldest = _protected.Oldest!;
            _protected.Remove(oldest);
            _probation.AddNewest(oldest);
        }
    }

    public void Remove(EvictionNode node) => node.Queue!.Remove(node);

    public void Replace(EvictionNode held, EvictionNode fresh) => held.Queue!.Replace(held, fresh);

    public void CheckIntegrity(ICollection<string> faults)
    {
        _window.CheckIntegrity(faults);
        _probation.CheckIntegrity(faults);
        _protected.CheckIntegrity(faults);
    }

    private EvictionNode? MainVictim => _probation.Oldest ?? _protected.Oldest;
}
