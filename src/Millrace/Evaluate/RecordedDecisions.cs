using System.Runtime.CompilerServices;
using Millrace.Features.PointInTime;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Evaluate;

/// <summary>The decisions that a journal recorded of a surface in a time, in the order of its partitions.</summary>
internal static class RecordedDecisions
{
    public static async IAsyncEnumerable<Decided> ReadAsync(
        IJournalReader journal, SkippingReader reader, string surface, UnixMicros from, UnixMicros to, [EnumeratorCancellation] CancellationToken cancellation)
    {
        for (var partition = 0; partition < journal.Partitions(JournalStream.Decisions); partition++)
        {
            var next = journal.Range(JournalStream.Decisions, partition).First;
            while (await reader.ReadAsync(JournalStream.Decisions, partition, next, cancellation) is { Count: > 0 } facts)
            {
                cancellation.ThrowIfCancellationRequested();
                foreach (var decided in facts.Select(stored => stored.Fact).OfType<Decided>())
                {
                    if (decided.Surface == surface && decided.Time >= from && decided.Time < to)
                    {
                        yield return decided;
                    }
                }

                next = facts[^1].Position.Offset + 1;
            }
        }
    }
}
