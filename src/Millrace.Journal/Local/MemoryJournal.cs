using Millrace.Journal.Facts;

namespace Millrace.Journal.Local;

/// <summary>
/// The journal in memory, for tests, backtests and simulations: every call completes on the caller's thread, so the order of facts is the order of
/// calls. Durable means: until disposed. Facts are held as they are, unsealed.
/// </summary>
public sealed class MemoryJournal : IJournal
{
    private readonly Lock _lock = new();
    private readonly TimeProvider _clock;
    private readonly MemoryJournalOptions _options;
    private readonly Dictionary<JournalStream, MemoryPartition[]> _streams = [];
    private readonly Dictionary<(string Consumer, JournalStream Stream, int Partition), long> _committed = [];
    private int _held;
    private bool _disposed;

    public MemoryJournal(TimeProvider clock, MemoryJournalOptions? options = null)
    {
        _clock = clock;
        _options = options ?? new MemoryJournalOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.Partitions, 1, nameof(options));
        foreach (var stream in Enum.GetValues<JournalStream>())
        {
            var partitions = stream == JournalStream.Control ? 1 : _options.Partitions;
            var keep = stream == JournalStream.Control ? null : _options.KeepFacts;
            _streams[stream] = [.. Enumerable.Range(0, partitions).Select(p => new MemoryPartition(stream, p, keep))];
        }
    }

    public int Partitions(JournalStream stream) => _streams[stream].Length;

    public PartitionRange Range(JournalStream stream, int partition)
    {
        lock (_lock)
        {
            return PartitionOf(stream, partition).Range;
        }
    }

    public ValueTask<Position> AppendAsync(Fact fact, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        FactKeys.Check(fact);
        lock (_lock)
        {
            Admit(1);
            return ValueTask.FromResult(Append(fact));
        }
    }

    public ValueTask<Position[]> AppendAsync(IReadOnlyList<Fact> facts, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(facts);
        cancellation.ThrowIfCancellationRequested();
        foreach (var fact in facts)
        {
            FactKeys.Check(fact);
        }

        lock (_lock)
        {
            Admit(facts.Count);
            var positions = new Position[facts.Count];
            for (var i = 0; i < positions.Length; i++)
            {
                positions[i] = Append(facts[i]);
            }

            return ValueTask.FromResult(positions);
        }
    }

    public ValueTask<IReadOnlyList<StoredFact>> ReadAsync(
        JournalStream stream, int partition, long from, int maxFacts, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfNegative(from);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxFacts, 1);
        lock (_lock)
        {
            return ValueTask.FromResult(PartitionOf(stream, partition).Read(from, maxFacts));
        }
    }

    public async ValueTask WaitAsync(JournalStream stream, int partition, long offset, CancellationToken cancellation = default)
    {
        while (NextArrival(stream, partition, offset) is { } next)
        {
            await next.WaitAsync(cancellation);
        }
    }

    public ValueTask<long> SeekAsync(JournalStream stream, int partition, UnixMicros time, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        lock (_lock)
        {
            return ValueTask.FromResult(PartitionOf(stream, partition).Seek(time));
        }
    }

    public ValueTask<IReadOnlyList<StoredFact>> FindAsync(
        JournalStream stream, string key, string tenant, int max, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        var found = new List<StoredFact>();
        var hash = FactKeys.Hash(tenant, key);
        lock (_lock)
        {
            foreach (var partition in _streams[stream])
            {
                partition.Find(hash, key, tenant, max, found);
            }
        }

        return ValueTask.FromResult<IReadOnlyList<StoredFact>>(found);
    }

    public ValueTask<long> CommittedAsync(string consumer, JournalStream stream, int partition, CancellationToken cancellation = default)
    {
        ConsumerName.Check(consumer);
        lock (_lock)
        {
            PartitionOf(stream, partition);
            return ValueTask.FromResult(_committed.GetValueOrDefault((consumer, stream, partition)));
        }
    }

    public ValueTask CommitAsync(string consumer, Position next, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        ConsumerName.Check(consumer);
        lock (_lock)
        {
            ConsumerName.CheckNext(next, PartitionOf(next.Stream, next.Partition).Range);
            _committed[(consumer, next.Stream, next.Partition)] = next.Offset;
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Ends every wait with an <see cref="ObjectDisposedException"/>.</summary>
    public ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _disposed = true;
            foreach (var partition in _streams.Values.SelectMany(p => p))
            {
                partition.Close();
            }
        }

        return ValueTask.CompletedTask;
    }

    private Task? NextArrival(JournalStream stream, int partition, long offset)
    {
        lock (_lock)
        {
            var awaited = PartitionOf(stream, partition);
            return offset < awaited.Range.End ? null : awaited.NextArrival();
        }
    }

    private MemoryPartition PartitionOf(JournalStream stream, int partition)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var partitions = _streams[stream];
        ArgumentOutOfRangeException.ThrowIfNegative(partition);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(partition, partitions.Length);
        return partitions[partition];
    }

    private void Admit(int facts)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_held + facts > _options.MaxFacts)
        {
            throw new JournalFullException("maxFacts", $"the journal in memory holds {_held} facts of at most {_options.MaxFacts}, {facts} more do not fit");
        }
    }

    private Position Append(Fact fact)
    {
        var partition = PartitionOf(fact.Stream, FactKeys.Partition(fact, _streams[fact.Stream].Length));
        var position = partition.Append(fact, UnixMicros.Now(_clock), out var forgotten);
        _held += 1 - forgotten;
        return position;
    }
}
