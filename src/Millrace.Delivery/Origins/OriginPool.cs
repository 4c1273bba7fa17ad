namespace Millrace.Delivery.Origins;

/// <summary>Leases the connections to one endpoint, and opens them. Requests beyond its places wait in order.</summary>
internal sealed class OriginPool : IWatched, IDisposable
{
    private readonly Lock _gate = new();
    private readonly OriginEndpoint _endpoint;
    private readonly DeliveryOptions _options;
    private readonly IConnector _connector;
    private readonly OriginWatch _watch;
    private readonly TimeProvider _time;
    private readonly OriginPlaces _places;
    private readonly LeaseQueue _queue;
    private bool _retired;
    private bool _watched = true;
    private bool _disposed;

    public OriginPool(OriginEndpoint endpoint, DeliveryOptions options, IConnector connector, OriginWatch watch, TimeProvider time)
    {
        (_endpoint, _options, _connector, _watch, _time) = (endpoint, options, connector, watch, time);
        var max = options.MaxOriginConnections;
        _places = new OriginPlaces(max, Math.Max(1, max - (int)Math.Ceiling(max * options.Origins.FillShare)));
        _queue = new LeaseQueue(options.Origins, watch);
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
                    Open = _places.Open,
                    Idle = _places.Idle,
                    Passes = _places.Passes,
                    Waiting = _queue.Count,
                    Opened = _places.Opened,
                    Reused = _places.Reused,
                };
            }
        }
    }

    /// <summary>Whether it has been retired and nothing is left of it.</summary>
    public bool IsGone
    {
        get
        {
            lock (_gate)
            {
                return _retired && IsEmpty;
            }
        }
    }

    private bool IsEmpty => _places.Open == 0 && _queue.Count == 0;

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
        OriginConnection? idle;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_watched)
            {
                _watch.Add(this);
                _watched = true;
            }

            if (!_places.TryTake(pace, fresh, out idle))
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
            _places.Return(connection, reusable && !_disposed && !_retired);
            ServeWaiting();
        }

        if (reusable)
        {
            _watch.Expect(until);
        }
    }

    /// <summary>A fill turned out to be for its client alone, at whose pace it is now read.</summary>
    public void BecomePass(OriginConnection connection)
    {
        lock (_gate)
        {
            _places.BecomePass(connection);
        }
    }

    /// <summary>No route names the endpoint any more: nothing is kept for later. Requests in hand may still come, and have their connections to themselves.</summary>
    public void Retire()
    {
        lock (_gate)
        {
            _retired = true;
            _places.Expire();
        }

        // The watch lets it go when nothing is left of it.
        _watch.Expect(_watch.Now);
    }

    public long Expire(long now)
    {
        long next;
        OriginConnection[] left;
        lock (_gate)
        {
            next = _queue.Expire(now);
            _places.Expire(now);
            left = _places.Connections;
            if (_retired && IsEmpty)
            {
                _watch.Remove(this);
                _watched = false;
            }
        }

        foreach (var connection in left)
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
            all = _places.Connections;
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
                _places.Leave(pace);
                ServeWaiting();
            }

            throw;
        }
    }

    private OriginConnection Opened(OriginConnection connection)
    {
        lock (_gate)
        {
            _places.Fill(connection);
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

    /// <summary>Gives what is free to those who have waited longest and may have it.</summary>
    private void ServeWaiting()
    {
        for (var waiter = _queue.First; waiter is not null;)
        {
            var next = waiter.Next;
            if (waiter.Task.IsCompleted)
            {
                _queue.Remove(waiter);
            }
            else if (_places.MayTake(waiter.Pace))
            {
                if (!_places.TryTake(waiter.Pace, waiter.Fresh, out var idle))
                {
                    return;
                }

                // Taken before it is told: it may go on at once, on another thread, and sets deadlines of its own.
                _queue.Remove(waiter);
                if (!waiter.TrySetResult(idle))
                {
                    GiveUp(idle, waiter.Pace);
                }
            }

            waiter = next;
        }
    }

    /// <summary>One who waited has left this very moment.</summary>
    private void GiveUp(OriginConnection? idle, OriginPace pace)
    {
        if (idle is null)
        {
            _places.Leave(pace);
        }
        else
        {
            _places.Return(idle, rests: false);
        }
    }
}
