using System.Collections.Immutable;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Node;

/// <summary>
/// The epochs in the journal. Their numbers go on across restarts, so that the number in a decision names one cut and one time; they stand among the decisions that
/// name them, and leave with those.
/// </summary>
internal sealed class EpochLog(IJournal journal)
{
    private const int ReadBatch = 4096;

    /// <summary>The number of the last epoch that was recorded; 0 when none was.</summary>
    public async Task<long> LastAsync(CancellationToken cancellation)
    {
        var last = 0L;
        for (var partition = 0; partition < journal.Partitions(JournalStream.Decisions); partition++)
        {
            last = Math.Max(last, await LastOfAsync(partition, cancellation));
        }

        return last > 0 ? last : await LastOfControlAsync(cancellation);
    }

    /// <summary>Records an epoch; a decision may name it when this has returned.</summary>
    /// <exception cref="JournalException">The journal refused.</exception>
    public async Task RecordAsync(FeatureSnapshot snapshot, CancellationToken cancellation) => await journal.AppendAsync(
        new EpochFrozen
        {
            Id = $"epoch:{snapshot.Epoch}",
            Time = snapshot.Time,
            Epoch = snapshot.Epoch,
            Until = snapshot.Time,
            Cut = snapshot.Cut.Next,
        },
        cancellation);

    // Epochs are recorded each second or more often while a node runs, in one partition, so that the last is near the end of it.
    private async Task<long> LastOfAsync(int partition, CancellationToken cancellation)
    {
        var range = journal.Range(JournalStream.Decisions, partition);
        for (var end = range.End; end > range.First; end -= ReadBatch)
        {
            var from = Math.Max(range.First, end - ReadBatch);
            var facts = await journal.ReadAsync(JournalStream.Decisions, partition, from, (int)(end - from), cancellation);
            if (facts.Select(stored => stored.Fact).OfType<EpochFrozen>().LastOrDefault() is { } epoch)
            {
                return epoch.Epoch;
            }
        }

        return 0;
    }

    // Earlier releases recorded epochs in the control stream, and counted from 1 at each start.
    private async Task<long> LastOfControlAsync(CancellationToken cancellation)
    {
        var last = 0L;
        var next = 0L;
        while (await journal.ReadAsync(JournalStream.Control, 0, next, ReadBatch, cancellation) is { Count: > 0 } facts)
        {
            last = facts.Select(stored => stored.Fact).OfType<EpochFrozen>().Select(epoch => epoch.Epoch).Append(last).Max();
            next = facts[^1].Position.Offset + 1;
        }

        return last;
    }
}
