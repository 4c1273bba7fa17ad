namespace Millrace.Delivery.Origins;

/// <summary>Requests that wait for a connection of one pool, in order: a bounded number for a bounded time. The pool's lock guards all of it but the waiting.</summary>
internal sealed class LeaseQueue(OriginOptions options, OriginWatch watch)
{
    private readonly LinkedList<Waiter> _waiting = [];

    public int Count => _waiting.Count;

    /// <summary>Who has waited longest; go on by <see cref="Waiter.Next"/>.</summary>
    public Waiter? First => _waiting.First?.Value;

    /// <summary>Puts a request at the end; it waits no longer than its own deadline allows.</summary>
    /// <exception cref="OriginException">Too many wait.</exception>
    public Waiter Add(OriginPace pace, bool fresh, long by)
    {
        if (_waiting.Count >= options.MaxWaiting)
        {
            throw new OriginException(OriginFault.QueueFull);
        }

        Waiter waiter = new(pace, fresh, Math.Min(by, watch.After(options.MaxWait)));
        waiter.Node = _waiting.AddLast(waiter);
        return waiter;
    }

    public void Remove(Waiter waiter)
    {
        if (waiter.Node.List is not null)
        {
            _waiting.Remove(waiter.Node);
        }
    }

    /// <summary>Ends the wait of those who have waited too long; returns when the next will have.</summary>
    public long Expire(long now)
    {
        var next = long.MaxValue;
        foreach (var waiter in _waiting)
        {
            if (waiter.Deadline <= now)
            {
                waiter.TrySetException(new OriginException(OriginFault.QueueTimeout));
            }
            else
            {
                next = Math.Min(next, waiter.Deadline);
            }
        }

        return next;
    }

    public void Refuse()
    {
        foreach (var waiter in _waiting)
        {
            waiter.TrySetException(new OriginException(OriginFault.Refused));
        }
    }

    /// <summary>A request that waits. Its result is an idle connection, or null for the right to open one.</summary>
    /// <param name="pace">Whose pace the response will be read at.</param>
    /// <param name="fresh">Whether an idle connection will not do.</param>
    /// <param name="deadline">When it has waited too long.</param>
    internal sealed class Waiter(OriginPace pace, bool fresh, long deadline) : TaskCompletionSource<OriginConnection?>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public OriginPace Pace { get; } = pace;

        public bool Fresh { get; } = fresh;

        public long Deadline { get; } = deadline;

        public LinkedListNode<Waiter> Node { get; set; } = null!;

        /// <summary>Who came after it; ask before it is removed.</summary>
        public Waiter? Next => Node.Next?.Value;
    }
}
