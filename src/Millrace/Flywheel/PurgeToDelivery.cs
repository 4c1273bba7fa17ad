using Microsoft.Extensions.Logging;
using Millrace.Delivery.Purge;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Node;

namespace Millrace.Flywheel;

/// <summary>
/// Joint purge→journal: a purge is a control fact first. This follower applies each to the delivery plane, in the journal's order, and lets the
/// one who purged wait until that has happened. When the journal cannot be read, it says so at once and tries again until it can.
/// </summary>
internal sealed class PurgeToDelivery : IAsyncDisposable
{
    private const int MaxRead = 256;

    // Who waits asks for its count right after; a purge that nobody waits for is not asked for at all.
    private const int MaxCounts = 4_096;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly IJournal _journal;
    private readonly Func<PurgeRequest, int> _purge;
    private readonly Action<bool> _touch;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<long, int> _counts = [];
    private readonly Queue<long> _counted = new();
    private readonly Task _following;
    private TaskCompletionSource _moved = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _applied;
    private Exception? _lost;

    /// <param name="journal">Whose control stream is followed, from its end on: a cache that has just started holds nothing to void.</param>
    /// <param name="purge">Purges the plane; returns how many stored responses left.</param>
    /// <param name="touch">Told false when following fails, and true when all that was missed has been applied.</param>
    /// <param name="clock">Times the retries.</param>
    /// <param name="log">Told when following fails and when it goes on.</param>
    public PurgeToDelivery(IJournal journal, Func<PurgeRequest, int> purge, Action<bool> touch, TimeProvider clock, ILogger log)
    {
        (_journal, _purge, _touch, _clock, _log) = (journal, purge, touch, clock, log);
        _applied = journal.Range(JournalStream.Control, 0).End;
        _following = FollowAsync();
    }

    /// <summary>Returns while purges are followed.</summary>
    /// <exception cref="JournalFaultException">They are not, for now.</exception>
    public void ThrowIfLost()
    {
        lock (_lock)
        {
            if (_lost is not null)
            {
                throw new JournalFaultException("purges cannot be followed now; they will be obeyed when the journal can be read", _lost);
            }
        }
    }

    /// <summary>Completes when every control fact before <paramref name="position"/>, and it, has been applied here.</summary>
    /// <returns>How many stored responses the purge at the position took away.</returns>
    /// <exception cref="JournalFaultException">Purges are not followed now.</exception>
    public async Task<int> WaitAsync(Position position, CancellationToken cancellation)
    {
        while (true)
        {
            Task moved;
            lock (_lock)
            {
                if (_applied > position.Offset)
                {
                    return _counts.GetValueOrDefault(position.Offset);
                }

                ThrowIfLost();
                moved = _moved.Task;
            }

            await moved.WaitAsync(cancellation);
        }
    }

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
                    await ApplyNextAsync();
                    pause = FirstPause;
                }
                catch (Exception broken) when (!_stop.IsCancellationRequested)
                {
                    // A control fact that cannot be read may be a purge: going on past it would serve what was voided and say nothing.
                    Lose(broken);
                    await Task.Delay(pause, _clock, _stop.Token);
                    pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
                }
            }
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
            // The node stops.
        }
    }

    private async Task ApplyNextAsync()
    {
        if (_lost is null)
        {
            await _journal.WaitAsync(JournalStream.Control, 0, _applied, _stop.Token);
        }

        var facts = await _journal.ReadAsync(JournalStream.Control, 0, _applied, MaxRead, _stop.Token);
        foreach (var stored in facts)
        {
            if (stored.Fact is Purged purge)
            {
                Count(stored.Position.Offset, _purge(new PurgeRequest { Urls = purge.Urls, Keys = purge.Keys, Route = purge.Route }));
            }
        }

        var found = false;
        lock (_lock)
        {
            _applied = facts.Count > 0 ? facts[^1].Position.Offset + 1 : _applied;
            if (_lost is not null && _applied >= _journal.Range(JournalStream.Control, 0).End)
            {
                (found, _lost) = (true, null);
            }
        }

        Wake();
        if (found)
        {
            _touch(true);
            _log.LogWarning(NodeEvents.PurgesFollowed, "Purges are followed again; all that were missed are obeyed");
        }
    }

    private void Lose(Exception broken)
    {
        // This loop alone writes it. The plane stops trusting before anybody is told.
        var first = _lost is null;
        if (first)
        {
            _touch(false);
        }

        lock (_lock)
        {
            _lost = broken;
        }

        if (first)
        {
            _log.LogCritical(NodeEvents.PurgesLost, broken, "Purges cannot be followed: strict and bounded routes ask their origins about all that is held until they can");
        }

        Wake();
    }

    private void Count(long offset, int left)
    {
        lock (_lock)
        {
            _counts[offset] = left;
            _counted.Enqueue(offset);
            if (_counted.Count > MaxCounts)
            {
                _counts.Remove(_counted.Dequeue());
            }
        }
    }

    private void Wake()
    {
        TaskCompletionSource moved;
        lock (_lock)
        {
            (moved, _moved) = (_moved, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        moved.SetResult();
    }
}
