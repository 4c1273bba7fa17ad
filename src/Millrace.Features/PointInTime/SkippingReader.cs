using Millrace.Journal;

namespace Millrace.Features.PointInTime;

/// <summary>Reads partitions in batches, for the fold that serves and for every walk alike: a record that is whole and no fact is passed over, and what stands before it comes first.</summary>
/// <param name="journal">What is read.</param>
/// <param name="skipped">Told of each record, and each fact, that is passed over.</param>
/// <param name="rest">Called before each batch; null when the reader need not rest.</param>
internal sealed class SkippingReader(IJournalReader journal, Action<Position, Exception> skipped, Func<CancellationToken, ValueTask>? rest = null)
{
    private const int Batch = 1024; // Longer lists stand among the large objects (docs/results/journal.md).

    /// <summary>Passes over a fact that cannot be folded.</summary>
    internal void Skip(Position position, Exception fault) => skipped(position, fault);

    /// <summary>Whether retention has taken what stood at an offset.</summary>
    internal bool IsRetired(JournalStream stream, int partition, long offset) => offset < journal.Range(stream, partition).First;

    /// <summary>Where a partition ends now.</summary>
    internal long EndOf(JournalStream stream, int partition) => journal.Range(stream, partition).End;

    /// <summary>The next facts of a partition, in order; empty at its end.</summary>
    internal async Task<IReadOnlyList<StoredFact>> ReadAsync(JournalStream stream, int partition, long from, CancellationToken cancellation)
    {
        await (rest?.Invoke(cancellation) ?? ValueTask.CompletedTask);
        var most = Batch;
        while (true)
        {
            try
            {
                return await journal.ReadAsync(stream, partition, from, most, cancellation);
            }
            catch (JournalCorruptException bad) when (bad.Offset > from)
            {
                most = (int)Math.Min(Batch, bad.Offset - from);
            }
            catch (JournalCorruptException bad) when (bad.Offset == from)
            {
                skipped(new Position(stream, partition, from), bad);
                (from, most) = (from + 1, Batch);
            }
        }
    }
}
