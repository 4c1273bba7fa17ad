namespace Millrace.Delivery.Origins;

/// <summary>Whose pace a response is read at.</summary>
internal enum OriginPace
{
    /// <summary>Ours: it goes into the store as fast as it comes.</summary>
    Fill,

    /// <summary>A client's, who may be slow.</summary>
    Pass,
}

/// <summary>
/// The connections to one endpoint: at most so many, the last used first, so that those not needed go idle and are closed. A share of them is kept from
/// passes. Requests beyond wait in order, a bounded number for a bounded time.
/// </summary>
internal sealed class OriginPool : IWatched, IDisposable
{
    private readonly Lock _gate = new();
    private readonly OriginEndpoint _endpoint;
    private readonly DeliveryOptions _options;
    private readonly IConnector _connector;
    private readonly OriginWatch _watch;
    private readonly TimeProvider _time;
    private readonly HashSet<OriginConnection> _all = [];
    private readonly List<OriginConnection> _idle = [];
    private readonly LeaseQueue _queue;
    private readonly int _maxPasses;
    private int _open;
    private int _passes;
    private bool _retired;
    private bool _watched = true;
    private bool _disposed;
    private long _opened;
    private long _reused;

    public OriginPool(OriginEndpoint endpoint, DeliveryOptions options, IConnector connector, OriginWatch watch, TimeProvider time)
    {
        (_endpoint, _options, _connector, _watch, _time) = (endpoint, options, connector, watch, time);
        _queue = new LeaseQueue(options.Origins, watch);
        _maxPasses = Math.Max(1, options.MaxOriginConnections - (int)Math.Ceiling(options.MaxOriginConnections * options.Origins.FillShare));
        watch.Add(this);
    }

    public OriginEndpointStats Stats
    {
        get
        {
            lock (_gate)
            {
                return new OriginEndpointStats
                {
                    Endpoint = _endpoint.ToString(),
                    Open = _open,
                    Idle = _idle.Count(static connection => !connection.IsStale),
                    Passes = _passes,
                    Waiting = _queue.Count,
                    Opened = _opened,
                    Reused = _reused,
                };
            }
        }
    }

    /// <summary>A connection for one request: an idle one, or a new one, or the next that is free. Give it back by <see cref="Return"/>.</summary>
    /// <param name="pace">Whose pace the response will be read at.</param>
    /// <param name="fresh">Whether it must be new, because an idle one has just proved stale.</param>
    /// <param name="connect">Time to connect.</param>
    /// <param name="by">When all waiting for it ends, as the clock's timestamp.</param>
    /// <param name="cancellationToken">The caller.</param>
    /// <exception cref="OriginException">None can be had.</exception>
    public async ValueTask<OriginConnection> LeaseAsync(OriginPace pace, bool fresh, TimeSpan connect, long by, CancellationToken cancellationToken)
    {
        LeaseQueue.Waiter? waiter = null;
        OriginConnection? idle = null;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_watched)
            {
                _watch.Add(this);
                _watched = true;
            }

            if (MayTake(pace) && TryFree(fresh, out idle))
            {
                Take(idle, pace);
            }
            else
            {
                waiter = _queue.Add(pace, fresh, by);
            }
        }

        if (waiter is not null)
        {
            idle = await WaitAsync(waiter, cancellationToken);
        }

        return idle ?? await OpenAsync(pace, by == long.MaxValue ? connect : Within(connect, by), cancellationToken);
    }

    /// <summary>Gives a connection back, to the one who has waited longest or to rest.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="reusable">Whether its response was read to the end, and nothing else speaks against another.</param>
    public void Return(OriginConnection connection, bool reusable)
    {
        var now = _watch.Now;
        var ends = _watch.After(connection.OpenedAt, _options.Origins.MaxAge);
        var until = Math.Min(_watch.After(now, _options.Origins.IdleTimeout), ends);
        reusable = reusable && ends > now && connection.Rest(until);
        if (!reusable)
        {
            connection.Close();
        }

        lock (_gate)
        {
            GiveUp(connection.IsPass ? OriginPace.Pass : OriginPace.Fill);
            if (reusable && !_disposed && !_retired)
            {
                _idle.Add(connection);
            }
            else
            {
                connection.Close();
                _all.Remove(connection);
                _open--;
            }

            ServeWaiting();
        }

        if (reusable)
        {
            _watch.Expect(until);
        }
    }

    /// <summary>No route names the endpoint any more: nothing is kept for later. Requests in hand may still come, and have their connections to themselves.</summary>
    public void Retire()
    {
        lock (_gate)
        {
            _retired = true;
            while (_idle.Count > 0)
            {
                Forget(_idle.Count - 1);
            }
        }

        // The watch lets it go when nothing is left of it.
        _watch.Expect(_watch.Now);
    }

    /// <summary>Whether it has been retired and nothing is left of it.</summary>
    public bool IsGone
    {
        get
        {
            lock (_gate)
            {
                return _retired && _open == 0 && _queue.Count == 0;
            }
        }
    }

    /// <summary>A fill turned out to be for its client alone, at whose pace it is now read.</summary>
    public void BecomePass(OriginConnection connection)
    {
        lock (_gate)
        {
            if (!connection.IsPass)
            {
                connection.IsPass = true;
                _passes++;
            }
        }
    }

    public long Expire(long now)
    {
        long next;
        OriginConnection[] busy;
        lock (_gate)
        {
            next = _queue.Expire(now);
            for (var i = _idle.Count - 1; i >= 0; i--)
            {
                if (_idle[i].Deadline <= now || _idle[i].IsStale)
                {
                    Forget(i);
                }
            }

            busy = [.. _all];
            if (_retired && _open == 0 && _queue.Count == 0)
            {
                _watch.Remove(this);
                _watched = false;
            }
        }

        foreach (var connection in busy)
        {
            connection.ExpireAt(now);
            next = Math.Min(next, connection.Deadline);
        }

        return next;
    }

    public void Dispose()
    {
        _watch.Remove(this);
        OriginConnection[] all;
        lock (_gate)
        {
            _disposed = true;
            all = [.. _all];
            _queue.Refuse();
        }

        Array.ForEach(all, static connection => connection.Close());
    }

    private TimeSpan Within(TimeSpan connect, long by)
    {
        var left = _watch.Between(_watch.Now, by);
        return left < connect ? TimeSpan.FromTicks(Math.Max(1, left.Ticks)) : connect;
    }

    private async ValueTask<OriginConnection> OpenAsync(OriginPace pace, TimeSpan connect, CancellationToken cancellationToken)
    {
        try
        {
            using CancellationTokenSource late = new(connect, _time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
            try
            {
                var stream = await _connector.ConnectAsync(_endpoint, either.Token);
                return Opened(new OriginConnection(stream, _watch) { IsPass = pace == OriginPace.Pass });
            }
            catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
            {
                throw new OriginException(OriginFault.ConnectTimeout, e);
            }
        }
        catch
        {
            lock (_gate)
            {
                GiveUp(pace);
                _open--;
                ServeWaiting();
            }

            throw;
        }
    }

    private OriginConnection Opened(OriginConnection connection)
    {
        lock (_gate)
        {
            _opened++;
            _all.Add(connection);
            if (_disposed)
            {
                connection.Close();
            }
        }

        return connection;
    }

    private async ValueTask<OriginConnection?> WaitAsync(LeaseQueue.Waiter waiter, CancellationToken cancellationToken)
    {
        _watch.Expect(waiter.Deadline);
        using var cancelled = cancellationToken.UnsafeRegister(static (waiter, token) => ((LeaseQueue.Waiter)waiter!).TrySetCanceled(token), waiter);
        try
        {
            return await waiter.Task;
        }
        finally
        {
            lock (_gate)
            {
                _queue.Remove(waiter);
            }
        }
    }

    private bool MayTake(OriginPace pace) => pace == OriginPace.Fill || _passes < _maxPasses;

    /// <summary>Counts a connection, or the place of one to be opened, as taken.</summary>
    private void Take(OriginConnection? idle, OriginPace pace)
    {
        _passes += pace == OriginPace.Pass ? 1 : 0;
        if (idle is null)
        {
            _open++;
            return;
        }

        _reused++;
        idle.ExpectRead(long.MaxValue);
        idle.IsPass = pace == OriginPace.Pass;
    }

    private void GiveUp(OriginPace pace) => _passes -= pace == OriginPace.Pass ? 1 : 0;

    /// <summary>Gives what is free to those who have waited longest and may have it.</summary>
    private void ServeWaiting()
    {
        for (var waiter = _queue.First; waiter is not null;)
        {
            var next = waiter.Next;
            if (MayTake(waiter.Pace))
            {
                if (!TryFree(waiter.Fresh, out var idle))
                {
                    return;
                }

                _queue.Remove(waiter);
                if (waiter.TrySetResult(idle))
                {
                    Take(idle, waiter.Pace);
                }
                else if (idle is not null)
                {
                    _idle.Add(idle);
                }
            }

            waiter = next;
        }
    }

    /// <summary>Finds an idle connection, or (null) the room for another; who needs a new one has an idle one closed for it.</summary>
    private bool TryFree(bool fresh, out OriginConnection? idle)
    {
        idle = fresh ? null : TakeIdle();
        return idle is not null || _open < _options.MaxOriginConnections || DropIdle();
    }

    private OriginConnection? TakeIdle()
    {
        while (_idle.Count > 0)
        {
            var last = _idle[^1];
            if (!last.IsStale)
            {
                _idle.RemoveAt(_idle.Count - 1);
                return last;
            }

            Forget(_idle.Count - 1);
        }

        return null;
    }

    private bool DropIdle()
    {
        if (_idle.Count == 0)
        {
            return false;
        }

        Forget(0);
        return true;
    }

    private void Forget(int index)
    {
        var connection = _idle[index];
        _idle.RemoveAt(index);
        _all.Remove(connection);
        _open--;
        connection.Close();
    }
}
