using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;

namespace Millrace.Tests.Flywheel;

/// <summary>A journal whose reads can be made to fail, and which tells when one has.</summary>
internal sealed class FailingJournal(TimeProvider clock) : IJournal
{
    private readonly MemoryJournal _inner = new(clock);
    private TaskCompletionSource _failed = new();

    public bool Broken { get; set; }

    /// <summary>Completes at the next failed read.</summary>
    public Task NextFailure => _failed.Task;

    public int Partitions(JournalStream stream) => _inner.Partitions(stream);

    public PartitionRange Range(JournalStream stream, int partition) => _inner.Range(stream, partition);

    public ValueTask<Position> AppendAsync(Fact fact, CancellationToken cancellation = default) => _inner.AppendAsync(fact, cancellation);

    public ValueTask<Position[]> AppendAsync(IReadOnlyList<Fact> facts, CancellationToken cancellation = default) => _inner.AppendAsync(facts, cancellation);

    public ValueTask<IReadOnlyList<StoredFact>> ReadAsync(JournalStream stream, int partition, long from, int maxFacts, CancellationToken cancellation = default)
    {
        if (!Broken)
        {
            return _inner.ReadAsync(stream, partition, from, maxFacts, cancellation);
        }

        var failed = _failed;
        _failed = new();
        failed.SetResult();
        throw new JournalCorruptException("00000000.log", from, "planted");
    }

    public ValueTask WaitAsync(JournalStream stream, int partition, long offset, CancellationToken cancellation = default) => _inner.WaitAsync(stream, partition, offset, cancellation);

    public ValueTask<long> SeekAsync(JournalStream stream, int partition, UnixMicros time, CancellationToken cancellation = default) => _inner.SeekAsync(stream, partition, time, cancellation);

    public ValueTask<IReadOnlyList<StoredFact>> FindAsync(JournalStream stream, string key, string tenant, int max, CancellationToken cancellation = default) =>
        _inner.FindAsync(stream, key, tenant, max, cancellation);

    public ValueTask<long> CommittedAsync(string consumer, JournalStream stream, int partition, CancellationToken cancellation = default) => _inner.CommittedAsync(consumer, stream, partition, cancellation);

    public ValueTask CommitAsync(string consumer, Position next, CancellationToken cancellation = default) => _inner.CommitAsync(consumer, next, cancellation);

    public ValueTask DisposeAsync() => _inner.DisposeAsync();
}
