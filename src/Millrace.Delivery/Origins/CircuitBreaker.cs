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

/// <summary>The circuit breaker of one server. Times are the clock's timestamps; thread-safe.</summary>
internal sealed class CircuitBreaker(BreakerOptions options, OriginWatch watch)
{
    private readonly Lock _gate = new();
    private long _windowEnds;
    private long _opensUntil;
    private int _requests;
    private int _failures;
    private int _successes;
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
    public bool TryEnter(long now)
    {
        lock (_gate)
        {
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
                (_state, _successes) = (BreakerState.HalfOpen, 0);
            }

            return _trying = true;
        }
    }

    /// <summary>Tells how a request ended: well, badly, or (null) in a way that says nothing of the server.</summary>
    public void Ended(bool? well, long now)
    {
        lock (_gate)
        {
            if (_state == BreakerState.Closed)
            {
                Count(well, now);
            }
            else if (_state == BreakerState.HalfOpen)
            {
                Tried(well, now);
            }
        }
    }

    private void Count(bool? well, long now)
    {
        if (well is null || options.FailureShare <= 0)
        {
            return;
        }

        if (now >= _windowEnds)
        {
            (_windowEnds, _requests, _failures) = (watch.After(now, options.Window), 0, 0);
        }

        _requests++;
        _failures += well.Value ? 0 : 1;
        if (_requests >= options.MinRequests && _failures >= options.FailureShare * _requests)
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
            (_state, _windowEnds) = (BreakerState.Closed, 0);
        }
    }

    private void Open(long now) => (_state, _opensUntil, _trying) = (BreakerState.Open, watch.After(now, options.Open), false);
}
