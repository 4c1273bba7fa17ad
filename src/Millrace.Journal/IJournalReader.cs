using Millrace.Journal.Facts;

namespace Millrace.Journal;

/// <summary>What can be read of a journal: by a node that holds it open, and by a command that looks at its files.</summary>
public interface IJournalReader
{
    /// <summary>How many partitions <paramref name="stream"/> has; fixed when the journal is created.</summary>
    int Partitions(JournalStream stream);

    /// <summary>The facts that a partition holds durably now.</summary>
    PartitionRange Range(JournalStream stream, int partition);

    /// <summary>Reads up to <paramref name="maxFacts"/> durable facts in order, beginning at offset <paramref name="from"/>.</summary>
    /// <returns>Fewer where facts are large; empty when <paramref name="from"/> is the end. Begins at <see cref="PartitionRange.First"/> when retention has passed <paramref name="from"/>.</returns>
    /// <exception cref="JournalCorruptException">A record in the way is damaged: names the segment and the offset.</exception>
    /// <exception cref="JournalReadException">The disk refused: says whether trying again can help. <see cref="SeekAsync"/> and <see cref="IJournal.FindAsync"/> throw both too.</exception>
    ValueTask<IReadOnlyList<StoredFact>> ReadAsync(JournalStream stream, int partition, long from, int maxFacts, CancellationToken cancellation = default);

    /// <summary>The offset of the first fact whose <see cref="Fact.Received"/> is at or after <paramref name="time"/>; the end when there is none.</summary>
    ValueTask<long> SeekAsync(JournalStream stream, int partition, UnixMicros time, CancellationToken cancellation = default);
}
