namespace Millrace.Delivery.Origins;

/// <summary>Something with deadlines.</summary>
internal interface IWatched
{
    /// <summary>Ends what is past its deadline.</summary>
    /// <param name="now">The clock's timestamp.</param>
    /// <returns>The next deadline, or <see cref="long.MaxValue"/>.</returns>
    long Expire(long now);
}

/// <summary>
/// One timer for all deadlines of a client. It is set to the earliest, and then looks at everything: a request costs the writing of its deadlines, no timer
/// of its own, for nearly none is ever reached. Deadlines are timestamps of the clock.
/// </summary>
internal sealed class OriginWatch : IDisposable
{
    /// <summary>How close together two looks may be.</summary>
    private static readonly TimeSpan MinGap = TimeSpan.FromMilliseconds(20);

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly double _ticksPerStamp;
    private readonly ITimer _timer;
    private IWatched[] _watched = [];
    private long _next = long.MaxValue;
    private bool _disposed;

    public OriginWatch(TimeProvider time)
    {
        _time = time;
        _ticksPerStamp = (double)TimeSpan.TicksPerSecond / time.TimestampFrequency;
        _timer = time.CreateTimer(static watch => ((OriginWatch)watch!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public long Now => _time.GetTimestamp();

    /// <summary>The timestamp so far from now.</summary>
    public long After(TimeSpan span) => After(Now, span);

    /// <summary>The timestamp so far from another.</summary>
    public long After(long from, TimeSpan span) => from + (long)(span.Ticks / _ticksPerStamp);

    public TimeSpan Between(long from, long to) => TimeSpan.FromTicks((long)((to - from) * _ticksPerStamp));

    public void Add(IWatched watched)
    {
        lock (_gate)
        {
            _watched = [.. _watched, watched];
        }
    }

    public void Remove(IWatched watched)
    {
        lock (_gate)
        {
            _watched = [.. _watched.Where(other => other != watched)];
        }
    }

    /// <summary>Sees to it that a deadline, which stands where <see cref="IWatched.Expire"/> finds it, is not missed.</summary>
    public void Expect(long deadline)
    {
        // Either this read sees what a look has reset, or that look sees the deadline.
        Interlocked.MemoryBarrier();
        if (deadline >= Volatile.Read(ref _next))
        {
            return;
        }

        if (deadline <= Now)
        {
            Look();
            return;
        }

        Set(deadline);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _timer.Dispose();
        }
    }

    private void Look()
    {
        IWatched[] watched;
        lock (_gate)
        {
            (_next, watched) = (long.MaxValue, _watched);
        }

        // Outside the lock: what expires may go on right here, and set deadlines of its own.
        var now = Now;
        var next = long.MaxValue;
        foreach (var one in watched)
        {
            next = Math.Min(next, one.Expire(now));
        }

        Interlocked.MemoryBarrier();
        Set(next);
    }

    private void Set(long deadline)
    {
        lock (_gate)
        {
            if (!_disposed && deadline < _next)
            {
                _next = deadline;
                var due = Between(Now, deadline);
                _timer.Change(due > MinGap ? due : MinGap, Timeout.InfiniteTimeSpan);
            }
        }
    }
}
