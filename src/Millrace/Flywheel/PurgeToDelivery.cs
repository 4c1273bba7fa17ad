using Microsoft.Extensions.Logging;
using Millrace.Delivery.Purge;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Node;

namespace Millrace.Flywheel;

/// <summary>
/// Joint purge→journal: a purge is a control fact first. This follower applies each to the delivery plane, in the journal's order, and lets the
/// one who purged wait until that has happened.
/// </summary>
internal sealed class PurgeToDelivery : IAsyncDisposable
{
    private const int MaxRead = 256;

    private readonly IJournal _journal;
    private readonly Action<PurgeRequest> _purge;
    private readonly ILogger _log;
    private readonly Action _lost;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly Task _following;
    private TaskCompletionSource _moved = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _applied;
    private Exception? _end;

    /// <param name="journal">Whose control stream is followed, from its end on: a cache that has just started holds nothing to void.</param>
    /// <param name="purge">Purges the plane.</param>
    /// <param name="log">Told when following fails.</param>
    /// <param name="lost">Called when following has ended for good.</param>
    public PurgeToDelivery(IJournal journal, Action<PurgeRequest> purge, ILogger log, Action lost)
    {
        (_journal, _purge, _log, _lost) = (journal, purge, log, lost);
        _applied = journal.Range(JournalStream.Control, 0).End;
        _following = FollowAsync();
    }

    /// <summary>Returns while purges are followed.</summary>
    /// <exception cref="JournalFaultException">They are not, until the node is started again.</exception>
    public void ThrowIfLost()
    {
        lock (_lock)
        {
            if (_end is not null)
            {
                throw new JournalFaultException("purges are no longer followed; start the node again", _end);
            }
        }
    }

    /// <summary>Completes when every control fact before <paramref name="position"/>, and it, has been applied here.</summary>
    /// <exception cref="JournalFaultException">Purges are no longer followed.</exception>
    public async Task WaitAsync(Position position, CancellationToken cancellation)
    {
        while (true)
        {
            Task moved;
            lock (_lock)
            {
                if (_applied > position.Offset)
                {
                    return;
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
        var next = _applied;
        try
        {
            while (true)
            {
                await _journal.WaitAsync(JournalStream.Control, 0, next, _stop.Token);
                foreach (var stored in await _journal.ReadAsync(JournalStream.Control, 0, next, MaxRead, _stop.Token))
                {
                    if (stored.Fact is Purged purge)
                    {
                        _purge(new PurgeRequest { Urls = purge.Urls, Keys = purge.Keys, Route = purge.Route });
                    }

                    next = stored.Position.Offset + 1;
                }

                Wake(next);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The node stops.
        }
        catch (Exception broken)
        {
            // A control fact that cannot be read may be a purge: going on past it would serve what was voided and say nothing.
            _lost();
            Wake(next, broken);
            _log.LogCritical(NodeEvents.PurgesLost, broken, "Purges can no longer be followed: cached responses may outlive their purge until the node is started again");
        }
    }

    private void Wake(long next, Exception? end = null)
    {
        TaskCompletionSource moved;
        lock (_lock)
        {
            (_applied, _end) = (next, end);
            (moved, _moved) = (_moved, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        moved.SetResult();
    }
}
