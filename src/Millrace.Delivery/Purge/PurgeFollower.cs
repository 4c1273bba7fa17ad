namespace Millrace.Delivery.Purge;

/// <summary>
/// Follows a feed: obeys its purges in order, renews the plane's lease, and lets whoever purged wait until it is done. When the feed cannot be read it says
/// so at once and tries again until it can; the lease runs out meanwhile. Dispose it before what the feed reads from.
/// </summary>
public sealed class PurgeFollower : IAsyncDisposable
{
    private const int MaxRead = 256;

    // Who waits asks for its count right after; a purge that nobody waits for is not asked for at all.
    private const int MaxCounts = 4_096;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly IPurgeFeed _feed;
    private readonly Func<PurgeBatch, int[]> _obey;
    private readonly PurgeTouch _touch;
    private readonly Action<Exception?> _told;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<long, int> _counts = [];
    private readonly Queue<long> _counted = new();
    private readonly TaskCompletionSource _caughtUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _following;
    private TaskCompletionSource _moved = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _next;
    private Exception? _lost;

    internal PurgeFollower(IPurgeFeed feed, long from, Func<PurgeBatch, int[]> obey, PurgeTouch touch, TimeProvider time, Action<Exception?> told)
    {
        (_feed, _next, _obey, _touch, _time, _told) = (feed, from, obey, touch, time, told);
        touch.Begin();
        _following = FollowAsync();
    }

    /// <summary>The feed's name.</summary>
    internal string Feed => _feed.Name;

    /// <summary>One past the last offset that has been obeyed, which no copy contradicts any more.</summary>
    internal long Next
    {
        get
        {
            lock (_gate)
            {
                return _next;
            }
        }
    }

    /// <summary>Completes when all that was acknowledged at the start has been obeyed.</summary>
    public Task CaughtUp => _caughtUp.Task;

    /// <summary>Why the feed cannot be read now, or null.</summary>
    public Exception? Lost
    {
        get
        {
            lock (_gate)
            {
                return _lost;
            }
        }
    }

    /// <summary>Completes when everything up to <paramref name="offset"/>, and it, has been obeyed here.</summary>
    /// <returns>How many stored responses the purge at the offset touched.</returns>
    /// <exception cref="IOException">The feed cannot be read now; what went wrong is inside.</exception>
    public async Task<int> WaitAsync(long offset, CancellationToken cancellation)
    {
        while (true)
        {
            Task moved;
            lock (_gate)
            {
                if (_next > offset)
                {
                    return _counts.GetValueOrDefault(offset);
                }

                if (_lost is not null)
                {
                    throw new IOException("Purges cannot be followed now; they will be obeyed when their feed can be read.", _lost);
                }

                moved = _moved.Task;
            }

            await moved.WaitAsync(cancellation);
        }
    }

    /// <summary>Stops following; the plane's lease runs out.</summary>
    public async ValueTask DisposeAsync()
    {
        _stop.Cancel();
        await _following;
        _stop.Dispose();
    }

    private async Task FollowAsync()
    {
        var pause = FirstPause;
        try
        {
            while (true)
            {
                try
                {
                    await ObeyNextAsync();
                    pause = FirstPause;
                }
                catch (Exception broken) when (!_stop.IsCancellationRequested)
                {
                    // What cannot be read may be a purge: going on past it would serve what was voided and say nothing.
                    Lose(broken);
                    await Task.Delay(pause, _time, _stop.Token);
                    pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
                }
            }
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
            _caughtUp.TrySetCanceled();
        }
    }

    private async Task ObeyNextAsync()
    {
        var sent = _time.GetTimestamp();
        var batch = await _feed.ReadAsync(_next, MaxRead, _stop.Token);
        var touched = _obey(batch);
        if (!batch.IsWhole)
        {
            Note(batch, touched);
            return;
        }

        _touch.Renew(sent);
        Regain();
        Note(batch, touched);
        _caughtUp.TrySetResult();

        // Five looks to a lease: one that is slow, or lost, costs nothing.
        await _feed.WaitAsync(_next, _touch.Lease / 5, _stop.Token);
    }

    private void Regain()
    {
        bool regained;
        lock (_gate)
        {
            (regained, _lost) = (_lost is not null, null);
        }

        if (regained)
        {
            _told(null);
        }
    }

    private void Note(PurgeBatch batch, int[] touched)
    {
        TaskCompletionSource moved;
        lock (_gate)
        {
            for (var i = 0; i < batch.Orders.Count; i++)
            {
                _counts[batch.Orders[i].Offset] = touched[i];
                _counted.Enqueue(batch.Orders[i].Offset);
                if (_counted.Count > MaxCounts)
                {
                    _counts.Remove(_counted.Dequeue());
                }
            }

            if (_next == batch.Next)
            {
                return;
            }

            _next = batch.Next;
            (moved, _moved) = (_moved, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        moved.SetResult();
    }

    private void Lose(Exception broken)
    {
        TaskCompletionSource moved;
        bool first;
        lock (_gate)
        {
            (first, _lost) = (_lost is null, broken);
            (moved, _moved) = (_moved, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        if (first)
        {
            _told(broken);
        }

        moved.SetResult();
    }
}
