using Microsoft.Extensions.Logging;
using Millrace.Delivery;
using Millrace.Delivery.Purge;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Flywheel;

/// <summary>
/// Joint purge→journal: a purge is a control fact first. This follower applies each to the delivery plane, in the journal's order, and lets the
/// one who purged wait until that has happened.
/// </summary>
internal sealed class PurgeToDelivery : IAsyncDisposable
{
    private const int MaxRead = 256;

    private readonly IJournal _journal;
    private readonly DeliveryPlane _delivery;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly Task _following;
    private TaskCompletionSource _moved = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _applied;

    /// <param name="journal">Whose control stream is followed, from its end on: a cache that has just started holds nothing to void.</param>
    /// <param name="delivery">The plane that is purged.</param>
    /// <param name="log">Told when following fails.</param>
    public PurgeToDelivery(IJournal journal, DeliveryPlane delivery, ILogger log)
    {
        (_journal, _delivery, _log) = (journal, delivery, log);
        _applied = journal.Range(JournalStream.Control, 0).End;
        _following = FollowAsync();
    }

    /// <summary>Completes when every control fact before <paramref name="position"/>, and it, has been applied here.</summary>
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
                        _delivery.Purge(new PurgeRequest { Urls = purge.Urls, Keys = purge.Keys, Route = purge.Route });
                    }

                    next = stored.Position.Offset + 1;
                }

                Applied(next);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The node stops.
        }
        catch (JournalException broken)
        {
            _log.LogCritical(broken, "Purges can no longer be followed: cached responses may outlive their purge until the node is started again");
        }
    }

    private void Applied(long next)
    {
        TaskCompletionSource moved;
        lock (_lock)
        {
            _applied = next;
            (moved, _moved) = (_moved, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        moved.SetResult();
    }
}
