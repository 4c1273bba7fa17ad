namespace Millrace.Delivery.Origins;

/// <summary>What a breaker lets through.</summary>
public enum BreakerState
{
    /// <summary>Everything.</summary>
    Closed,

    /// <summary>Nothing.</summary>
    Open,

    /// <summary>One request at a time.</summary>
    HalfOpen,
}

/// <summary>Leave for one request. What becomes of it counts only while the breaker is as it was when it gave the leave.</summary>
/// <param name="Generation">How many times the breaker had changed.</param>
internal readonly record struct BreakerTicket(int Generation);

/// <summary>
/// The circuit breaker of one server. Each request that it lets through has a ticket of its present generation, and each change begins another: so a request
/// from before it opened neither closes it nor opens it again. Times are the clock's timestamps; thread-safe.
/// </summary>
internal sealed class CircuitBreaker(BreakerOptions options, OriginWatch watch)
{
    private readonly Lock _gate = new();
    private long _windowEnds;
    private long _opensUntil;
    private int _requests;
    private int _failures;
    private int _successes;
    private int _generation;
    private bool _trying;
    private BreakerState _state;

    public BreakerState State(long now)
    {
        lock (_gate)
        {
            return _state == BreakerState.Open && now >= _opensUntil ? BreakerState.HalfOpen : _state;
        }
    }

    /// <summary>Whether a request could go now.</summary>
    public bool WouldAllow(long now)
    {
        lock (_gate)
        {
            return _state switch { BreakerState.Closed => true, BreakerState.Open => now >= _opensUntil, _ => !_trying };
        }
    }

    /// <summary>Takes leave for a request, whose end must be told; half-open it is the one try.</summary>
    public bool TryEnter(long now, out BreakerTicket ticket)
    {
        lock (_gate)
        {
            ticket = new BreakerTicket(_generation);
            if (_state == BreakerState.Closed)
            {
                return true;
            }

            if (_trying || (_state == BreakerState.Open && now < _opensUntil))
            {
                return false;
            }

            if (_state == BreakerState.Open)
            {
                Become(BreakerState.HalfOpen);
                (_successes, ticket) = (0, new BreakerTicket(_generation));
            }

            return _trying = true;
        }
    }

    /// <summary>Tells how a request came to its head: well, badly, or (null) in a way that says nothing of the server.</summary>
    public void Ended(BreakerTicket ticket, bool? well, long now)
    {
        lock (_gate)
        {
            if (ticket.Generation != _generation)
            {
                return;
            }

            if (_state == BreakerState.HalfOpen)
            {
                Tried(well, now);
            }
            else if (well is not null)
            {
                TurnWindow(now);
                _requests++;
                Count(well.Value ? 0 : 1, now);
            }
        }
    }

    /// <summary>Tells that the body failed of a request whose head was told as good: it was one failure, and no success.</summary>
    public void BodyFailed(BreakerTicket ticket, long now)
    {
        lock (_gate)
        {
            if (ticket.Generation != _generation)
            {
                return;
            }

            if (_state == BreakerState.HalfOpen)
            {
                // Whether another try is out by now or not: the server has just shown that it is not well.
                Open(now);
                return;
            }

            // Its head may have been counted in the window before.
            TurnWindow(now);
            _requests = Math.Max(_requests, _failures + 1);
            Count(1, now);
        }
    }

    private void TurnWindow(long now)
    {
        if (now >= _windowEnds)
        {
            (_windowEnds, _requests, _failures) = (watch.After(now, options.Window), 0, 0);
        }
    }

    private void Count(int failures, long now)
    {
        _failures += failures;
        if (options.FailureShare > 0 && _requests >= options.MinRequests && _failures >= options.FailureShare * _requests)
        {
            Open(now);
        }
    }

    private void Tried(bool? well, long now)
    {
        _trying = false;
        if (well == false)
        {
            Open(now);
        }
        else if (well == true && ++_successes >= options.Successes)
        {
            Become(BreakerState.Closed);
            _windowEnds = 0;
        }
    }

    private void Open(long now)
    {
        Become(BreakerState.Open);
        (_opensUntil, _trying) = (watch.After(now, options.Open), false);
    }

    private void Become(BreakerState state) => (_state, _generation) = (state, _generation + 1);
}
