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
        // Epochs are recorded each second or more often while a node runs, all in one partition, so that the last is near the end of it.
        var ranges = Enumerable.Range(0, journal.Partitions(JournalStream.Decisions)).Select(partition => journal.Range(JournalStream.Decisions, partition)).ToArray();
        for (long back = ReadBatch; ranges.Any(range => range.End - back + ReadBatch > range.First); back += ReadBatch)
        {
            for (var partition = 0; partition < ranges.Length; partition++)
            {
                if (await LastOfAsync(partition, ranges[partition], back, cancellation) is { } last)
                {
                    return last;
                }
            }
        }

        return await LastOfControlAsync(cancellation);
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
            Definitions = snapshot.Definitions,
        },
        cancellation);

    /// <summary>The last epoch of a partition's facts from <paramref name="back"/> before its end; null when there is none in a batch of them.</summary>
    private async Task<long?> LastOfAsync(int partition, PartitionRange range, long back, CancellationToken cancellation)
    {
        var (from, to) = (Math.Max(range.First, range.End - back), range.End - back + ReadBatch);
        if (from >= to)
        {
            return null;
        }

        // One read ends early where records are large: the last epoch of its facts need not be the last of them all, and a number that is given twice would name two cuts.
        long? last = null;
        while (from < to && await journal.ReadAsync(JournalStream.Decisions, partition, from, (int)(to - from), cancellation) is { Count: > 0 } facts)
        {
            last = facts.Select(stored => stored.Fact).OfType<EpochFrozen>().LastOrDefault()?.Epoch ?? last;
            from = facts[^1].Position.Offset + 1;
        }

        return last;
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
