using Microsoft.Extensions.Logging;
using Millrace.Features.Online;
using Millrace.Journal;

namespace Millrace.Node;

/// <summary>Numbers epochs and freezes them: each is recorded before decisions may name it. One writer.</summary>
/// <param name="journal">Where they are recorded.</param>
/// <param name="clock">Ends the windows.</param>
/// <param name="readiness">Held when the journal fails.</param>
/// <param name="log">Told of what is not recorded.</param>
internal sealed class EpochFreezer(IJournal journal, TimeProvider clock, Readiness readiness, ILogger log)
{
    // Without new facts windows still move: within the 2 s that a decider's copy may be stale.
    internal static readonly TimeSpan IdleInterval = TimeSpan.FromSeconds(1);

    private readonly EpochLog _epochs = new(journal);
    private readonly Backoff _unwritable = new(clock, FeatureFolding.Interval, FeatureFolding.LongestWait);
    private long _frozen;
    private long _epoch;

    /// <summary>Goes on after the last epoch that was recorded.</summary>
    /// <exception cref="JournalException">The journal cannot be read.</exception>
    public async Task BeginAsync(FeatureFolder folder, CancellationToken cancellation)
    {
        _epoch = await _epochs.LastAsync(cancellation);
        folder.ContinueAfter(_epoch);
    }

    /// <summary>Whether the next is due though nothing was folded.</summary>
    public bool IsDue => _frozen == 0 || clock.GetElapsedTime(_frozen) >= IdleInterval;

    /// <summary>Records an epoch, then publishes it. One that the journal does not take is published all the same: features are fresh even while the disk is full.</summary>
    public async Task FreezeAsync(FoldedGeneration generation, CancellationToken cancellation)
    {
        generation.Folder.ContinueAfter(_epoch);
        var snapshot = generation.Folder.Draft(UnixMicros.Now(clock));
        _epoch = snapshot.Epoch;
        _frozen = clock.GetTimestamp();
        generation.Changed = false;
        if (_unwritable.IsDue)
        {
            await RecordAsync(snapshot, cancellation);
        }

        generation.Folder.Publish(snapshot);
    }

    private async Task RecordAsync(FeatureSnapshot snapshot, CancellationToken cancellation)
    {
        try
        {
            await _epochs.RecordAsync(snapshot, cancellation);
            _unwritable.Succeed();
        }
        catch (Exception refused) when (refused is JournalFullException or JournalFaultException)
        {
            _unwritable.Fail();
            if (refused is JournalFaultException)
            {
                readiness.Hold(UnreadyReason.JournalFault);
            }

            log.LogError(NodeEvents.FoldingStalled, refused, "Epoch {Epoch} is not recorded; folding goes on", snapshot.Epoch);
        }
    }
}
