using Millrace.Features.PointInTime;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.FeatureAt;

/// <summary>Looks for the epoch that served at a time.</summary>
internal static class LastEpochs
{
    private static readonly TimeSpan Before = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan After = TimeSpan.FromSeconds(10);

    /// <summary>The last epoch that ended at or before a time and within a minute of it; null when none was recorded.</summary>
    public static async Task<EpochFrozen?> BeforeAsync(IJournalReader journal, UnixMicros time, Action<Position, Exception> skipped, CancellationToken cancellation)
    {
        var reader = new SkippingReader(journal, skipped);
        EpochFrozen? last = null;
        for (var partition = 0; partition < journal.Partitions(JournalStream.Decisions); partition++)
        {
            var next = await journal.SeekAsync(JournalStream.Decisions, partition, time - Before, cancellation);
            var end = await journal.SeekAsync(JournalStream.Decisions, partition, time + After, cancellation);
            while (next < end && await reader.ReadAsync(JournalStream.Decisions, partition, next, cancellation) is { Count: > 0 } batch)
            {
                foreach (var epoch in batch.Select(stored => stored.Fact).OfType<EpochFrozen>().Where(epoch => epoch.Until <= time))
                {
                    last = last is null || epoch.Epoch > last.Epoch ? epoch : last;
                }

                next = batch[^1].Position.Offset + 1;
            }
        }

        return last;
    }
}
