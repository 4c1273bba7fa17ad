namespace Millrace.Delivery.Eviction;

/// <summary>
/// S3-FIFO (Yang et al., SOSP 2023) as libCacheSim has it: a small queue of a tenth of the bytes, where new objects wait to be asked for twice more; a main
/// queue, which lets go only of what was not asked for since it last came round; and ghosts, the names of what left the small queue, which enter the main
/// one when they come again. What is larger than the small queue is never kept.
/// </summary>
internal sealed class S3FifoPolicy(long capacityBytes) : IEvictionPolicy
{
    private const int VisitsToMain = 2;
    private const int MaxVisits = 3;

    /// <summary>One ghost for so many bytes of capacity, but at least <see cref="MinGhosts"/>: bounds what names cost beside objects.</summary>
    private const int BytesPerGhost = 512;
    private const int MinGhosts = 4096;

    private readonly EvictionQueue _small = new("small");
    private readonly EvictionQueue _main = new("main");
    private readonly GhostQueue _ghosts = new((long)(capacityBytes * 0.9), (int)Math.Clamp(capacityBytes / BytesPerGhost, MinGhosts, Array.MaxLength / 2));
    private readonly long _smallBytes = (long)(capacityBytes * 0.1);

    public long Bytes => _small.Bytes + _main.Bytes;

    public int Count => _small.Count + _main.Count;

    public bool Admit(EvictionNode incoming)
    {
        // Before anything leaves, for what leaves becomes a ghost. The stamp carries the answer to Insert.
        incoming.Stamp = _ghosts.Remove(incoming.Hash) ? 1 : 0;
        return incoming.Size <= _smallBytes;
    }

    public EvictionNode Evict(EvictionNode? incoming)
    {
        while (true)
        {
            var victim = _main.Bytes > capacityBytes - _smallBytes || _small.Count == 0 ? FromMain() : FromSmall();
            if (victim is not null)
            {
                return victim;
            }
        }
    }

    public void Insert(EvictionNode node)
    {
        node.Visits = 0;
        (node.Stamp == 1 ? _main : _small).AddNewest(node);
    }

    public void Hit(EvictionNode node)
    {
        if (node.Visits < MaxVisits)
        {
            node.Visits++;
        }
    }

    public void Remove(EvictionNode node) => node.Queue!.Remove(node);

    public void Replace(EvictionNode held, EvictionNode fresh)
    {
        fresh.Visits = held.Visits;
        held.Queue!.Replace(held, fresh);
    }

    public void CheckIntegrity(ICollection<string> faults)
    {
        _small.CheckIntegrity(faults);
        _main.CheckIntegrity(faults);
        _ghosts.CheckIntegrity(faults);
    }

    private EvictionNode FromMain()
    {
        var oldest = _main.Oldest!;
        while (oldest.Visits > 0)
        {
            oldest.Visits--;
            _main.MoveToNewest(oldest);
            oldest = _main.Oldest!;
        }

        _main.Remove(oldest);
        return oldest;
    }

    /// <returns>Null when all that waited have moved to the main queue.</returns>
    private EvictionNode? FromSmall()
    {
        while (_small.Oldest is { } oldest)
        {
            _small.Remove(oldest);
            if (oldest.Visits < VisitsToMain)
            {
                _ghosts.Add(oldest.Hash, oldest.Size);
                return oldest;
            }

            oldest.Visits = 0;
            _main.AddNewest(oldest);
        }

        return null;
    }
}
