using Millrace.Journal;

namespace Millrace.Tests.Learning.Attribution;

/// <summary>Stands before a journal, to change what is read of it.</summary>
internal abstract class JournalBefore(IJournalReader journal) : IJournalReader
{
    protected IJournalReader Journal => journal;

    public int Partitions(JournalStream stream) => journal.Partitions(stream);

    public PartitionRange Range(JournalStream stream, int partition) => journal.Range(stream, partition);

    public virtual ValueTask<IReadOnlyList<StoredFact>> ReadAsync(JournalStream stream, int partition, long from, int maxFacts, CancellationToken cancellation = default) =>
        journal.ReadAsync(stream, partition, from, maxFacts, cancellation);

    public ValueTask<long> SeekAsync(JournalStream stream, int partition, UnixMicros time, CancellationToken cancellation = default) => journal.SeekAsync(stream, partition, time, cancellation);
}
