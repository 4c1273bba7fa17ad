using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Tests.Node;

/// <summary>A journal of which a test sees what is read, and holds up what is appended.</summary>
internal sealed class TappedJournal(IJournal journal) : IJournal
{
    /// <summary>Appends wait for it.</summary>
    public Task Appending { get; set; } = Task.CompletedTask;

    /// <summary>One read brings so many facts at most, as one does of large facts.</summary>
    public int Most { get; init; } = int.MaxValue;

    /// <summary>Called after each read with what was read.</summary>
    public Func<JournalStream, IReadOnlyList<StoredFact>, Task> Read { get; init; } = (_, _) => Task.CompletedTask;

    public int Partitions(JournalStream stream) => journal.Partitions(stream);

    public PartitionRange Range(JournalStream stream, int partition) => journal.Range(stream, partition);

    public async ValueTask<Position> AppendAsync(Fact fact, CancellationToken cancellation = default)
    {
        await Appending;
        return await journal.AppendAsync(fact, cancellation);
    }

    public async ValueTask<Position[]> AppendAsync(IReadOnlyList<Fact> facts, CancellationToken cancellation = default)
    {
        await Appending;
        return await journal.AppendAsync(facts, cancellation);
    }

    public async ValueTask<IReadOnlyList<StoredFact>> ReadAsync(
        JournalStream stream, int partition, long from, int maxFacts, CancellationToken cancellation = default)
    {
        var facts = await journal.ReadAsync(stream, partition, from, Math.Min(maxFacts, Most), cancellation);
        await Read(stream, facts);
        return facts;
    }

    public ValueTask WaitAsync(JournalStream stream, int partition, long offset, CancellationToken cancellation = default) =>
        journal.WaitAsync(stream, partition, offset, cancellation);

    public ValueTask<long> SeekAsync(JournalStream stream, int partition, UnixMicros time, CancellationToken cancellation = default) =>
        journal.SeekAsync(stream, partition, time, cancellation);

    public ValueTask<IReadOnlyList<StoredFact>> FindAsync(JournalStream stream, string key, string tenant, int max, CancellationToken cancellation = default) =>
        journal.FindAsync(stream, key, tenant, max, cancellation);

    public ValueTask<long> CommittedAsync(string consumer, JournalStream stream, int partition, CancellationToken cancellation = default) =>
        journal.CommittedAsync(consumer, stream, partition, cancellation);

    public ValueTask CommitAsync(string consumer, Position next, CancellationToken cancellation = default) => journal.CommitAsync(consumer, next, cancellation);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
