using Millrace.Journal.Facts;
using Millrace.Journal.Facts.Codec;
using Millrace.Journal.Segments;
using Microsoft.Win32.SafeHandles;

namespace Millrace.Journal.Local;

/// <summary>
/// The embedded journal: one directory, one writer thread per partition, group commit. Appending encodes and seals on the caller's thread and never blocks it on the
/// disk; reading does. An append that is queued cannot be cancelled any more.
/// </summary>
public sealed class LocalJournal : IJournal
{
    [ThreadStatic]
    private static AppendBatch? _batch;

    private readonly Dictionary<JournalStream, PartitionLog[]> _streams = [];
    private readonly TimeProvider _clock;
    private readonly SafeFileHandle _directoryLock;
    private readonly FactCodec _codec;
    private readonly ConsumerStore _consumers;
    private readonly ITimer _housekeeping;
    private bool _disposed;

    private LocalJournal(JournalOptions options, TimeProvider clock, ISubjectKeys keys, IJournalFiles files)
    {
        _clock = clock;
        DurableFile.CreateDirectory(files, options.Directory);
        _directoryLock = Lock(options.Directory);
        try
        {
            var layout = JournalLayout.ReadOrCreate(files, options.Directory, options.Partitions);
            _codec = new FactCodec(keys);
            _consumers = new ConsumerStore(files, options.Directory, options.MaxConsumers);
            foreach (var stream in StreamNames.All)
            {
                var logs = new PartitionLog[layout.PartitionsOf(stream)];
                _streams[stream] = logs;
                for (var p = 0; p < logs.Length; p++)
                {
                    logs[p] = new PartitionLog(options, files, clock, keys, _codec, stream, p);
                    CheckConsumers(stream, p, logs[p].Range.End);
                }
            }
        }
        catch
        {
            Close();
            throw;
        }

        _housekeeping = clock.CreateTimer(static state => ((LocalJournal)state!).Tidy(), this, options.Housekeeping, options.Housekeeping);
    }

    /// <summary>Bytes of torn tails that opening has cut: what was written but never acknowledged.</summary>
    public long TornBytes => _streams.Values.SelectMany(p => p).Sum(p => p.TornBytes);

    private IEnumerable<PartitionLog?> Logs => _streams.Values.SelectMany(p => p);

    /// <summary>Opens a journal's directory, or creates it; recovers it after whatever happened.</summary>
    /// <param name="options">Where it is, and its bounds.</param>
    /// <param name="clock">Stamps facts and runs the housekeeping.</param>
    /// <param name="keys">Seal and open what concerns persons; stays the caller's to dispose, after the journal.</param>
    /// <exception cref="JournalLockedException">Another process has it open.</exception>
    /// <exception cref="JournalCorruptException">Something that was acknowledged cannot be read: names the segment and the offset.</exception>
    public static ValueTask<LocalJournal> OpenAsync(JournalOptions options, TimeProvider clock, ISubjectKeys keys) =>
        OpenAsync(options, clock, keys, DiskFiles.Instance);

    public int Partitions(JournalStream stream) => _streams[stream].Length;

    public PartitionRange Range(JournalStream stream, int partition) => LogOf(stream, partition).Range;

    public ValueTask<Position> AppendAsync(Fact fact, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        FactKeys.Check(fact);
        var encoder = (_batch ??= new AppendBatch()).Begin();
        var encoded = Encode(fact, encoder);
        var partition = PartitionOf(fact);
        var log = LogOf(fact.Stream, partition);
        var bytes = encoded.Length + Frame.HeadBytes;
        log.Queue.Reserve(bytes);
        var (done, offset) = AddOrRelease(log, encoder, [encoded], bytes);
        return Acknowledge(done, new Position(fact.Stream, partition, offset));
    }

    public ValueTask<Position[]> AppendAsync(IReadOnlyList<Fact> facts, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(facts);
        cancellation.ThrowIfCancellationRequested();
        foreach (var fact in facts)
        {
            FactKeys.Check(fact);
        }

        var batch = _batch ??= new AppendBatch();
        var encoder = batch.Begin();
        for (var i = 0; i < facts.Count; i++)
        {
            var encoded = Encode(facts[i], encoder);
            batch.PartFor(facts[i].Stream, PartitionOf(facts[i])).Add(encoded, i);
        }

        Reserve(batch.Parts);
        var positions = new Position[facts.Count];
        var done = new Task[batch.Parts.Length];
        for (var p = 0; p < done.Length; p++)
        {
            var part = batch.Parts[p];
            (done[p], var first) = AddOrRelease(LogOf(part.Stream, part.Partition), encoder, part.Facts, part.Bytes);
            part.Place(first, positions);
        }

        return AcknowledgeAll(done, positions);
    }

    public ValueTask<IReadOnlyList<StoredFact>> ReadAsync(
        JournalStream stream, int partition, long from, int maxFacts, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfNegative(from);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxFacts, 1);
        return ValueTask.FromResult(LogOf(stream, partition).Read(from, maxFacts));
    }

    public async ValueTask WaitAsync(JournalStream stream, int partition, long offset, CancellationToken cancellation = default)
    {
        var log = LogOf(stream, partition);
        while (log.NextArrival(offset) is { } next)
        {
            await next.WaitAsync(cancellation);
        }
    }

    public ValueTask<long> SeekAsync(JournalStream stream, int partition, UnixMicros time, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        return ValueTask.FromResult(LogOf(stream, partition).Seek(time));
    }

    public ValueTask<IReadOnlyList<StoredFact>> FindAsync(
        JournalStream stream, string key, string tenant, int max, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        var found = new List<StoredFact>();
        var hash = FactKeys.Hash(tenant, key);
        for (var p = 0; p < Partitions(stream) && found.Count < max; p++)
        {
            LogOf(stream, p).Find(hash, key, tenant, max, found);
        }

        return ValueTask.FromResult<IReadOnlyList<StoredFact>>(found);
    }

    public ValueTask<long> CommittedAsync(string consumer, JournalStream stream, int partition, CancellationToken cancellation = default)
    {
        ConsumerName.Check(consumer);
        LogOf(stream, partition);
        return ValueTask.FromResult(_consumers.Committed(consumer, stream, partition));
    }

    public ValueTask CommitAsync(string consumer, Position next, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        ConsumerName.Check(consumer);
        ConsumerName.CheckNext(next, LogOf(next.Stream, next.Partition).Range);
        _consumers.Commit(consumer, next);
        return ValueTask.CompletedTask;
    }

    /// <summary>Makes what is queued durable, marks the tails, and lets go of the directory.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_disposed)
        {
            _disposed = true;
            await _housekeeping.DisposeAsync();
            Close();
        }
    }

    internal static ValueTask<LocalJournal> OpenAsync(JournalOptions options, TimeProvider clock, ISubjectKeys keys, IJournalFiles files)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Partitions, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.SegmentBytes, 1 << 12, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.QueueBytes, 1 << 12, nameof(options));
        return ValueTask.FromResult(new LocalJournal(options, clock, keys, files));
    }

    /// <summary>What the timer does: retention, sidecars, marks.</summary>
    internal void Tidy()
    {
        foreach (var log in Logs)
        {
            log?.Tidy(UnixMicros.Now(_clock));
        }
    }

    private static SafeFileHandle Lock(string directory)
    {
        try
        {
            return File.OpenHandle(Path.Combine(directory, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new JournalLockedException(directory, e);
        }
    }

    private static async ValueTask<Position> Acknowledge(Task done, Position position)
    {
        await done;
        return position;
    }

    private static async ValueTask<Position[]> AcknowledgeAll(Task[] done, Position[] positions)
    {
        try
        {
            await Task.WhenAll(done);
            return positions;
        }
        catch (Exception first) when (Array.Exists(done, d => d.IsCompletedSuccessfully))
        {
            // A partition that faulted stays so: where another is merely full, that is not the news.
            var reason = done.Select(d => d.Exception?.InnerException).OfType<JournalFaultException>().FirstOrDefault() ?? first;
            throw new JournalPartialException(Durable(done, positions), reason);
        }
    }

    /// <summary>The positions of what is durable. The parts stand in the order in which the facts first need them.</summary>
    private static Position?[] Durable(Task[] done, Position[] positions)
    {
        var parts = new List<(JournalStream, int)>(done.Length);
        var durable = new Position?[positions.Length];
        for (var i = 0; i < positions.Length; i++)
        {
            var key = (positions[i].Stream, positions[i].Partition);
            var part = parts.IndexOf(key);
            if (part < 0)
            {
                part = parts.Count;
                parts.Add(key);
            }

            durable[i] = done[part].IsCompletedSuccessfully ? positions[i] : null;
        }

        return durable;
    }

    private void Reserve(ReadOnlySpan<AppendBatch.Part> parts)
    {
        var reserved = 0;
        try
        {
            for (; reserved < parts.Length; reserved++)
            {
                LogOf(parts[reserved].Stream, parts[reserved].Partition).Queue.Reserve(parts[reserved].Bytes);
            }
        }
        catch (JournalFullException)
        {
            foreach (var part in parts[..reserved])
            {
                LogOf(part.Stream, part.Partition).Queue.Release(part.Bytes);
            }

            throw;
        }
    }

    /// <summary>Queues facts for which room was made. A refusal is what they wait for then: of a batch, other parts may be at the disk already.</summary>
    private static (Task Done, long First) AddOrRelease(PartitionLog log, FieldWriter encoder, ReadOnlySpan<EncodedFact> facts, long bytes)
    {
        try
        {
            return log.Queue.Add(encoder, facts);
        }
        catch (Exception refused)
        {
            log.Queue.Release(bytes);
            return (Task.FromException(refused), -1);
        }
    }

    private int PartitionOf(Fact fact) => FactKeys.Partition(fact, Partitions(fact.Stream));

    private EncodedFact Encode(Fact fact, FieldWriter encoder)
    {
        var start = encoder.Length;
        var key = _codec.Encode(fact, encoder);
        var decision = fact.DecisionKey is { } id && id != fact.Id ? FactKeys.Hash(fact.Tenant, id) : 0;
        return new EncodedFact(start, encoder.Length - start, fact.Received.Value, FactKeys.Hash(fact.Tenant, fact.Id), decision, key);
    }

    private PartitionLog LogOf(JournalStream stream, int partition)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var logs = _streams[stream];
        ArgumentOutOfRangeException.ThrowIfNegative(partition);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(partition, logs.Length);
        return logs[partition];
    }

    /// <summary>A consumer commits durable offsets only: an end before one means that acknowledged facts are gone.</summary>
    private void CheckConsumers(JournalStream stream, int partition, long end)
    {
        var furthest = _consumers.Furthest(stream, partition);
        if (furthest > end)
        {
            throw new JournalCorruptException(
                $"{StreamNames.Of(stream)}/{partition}", end, $"{StreamNames.Of(stream)}/{partition} ends at {end}, though a consumer has dealt with {furthest} facts");
        }
    }

    private void Close()
    {
        foreach (var log in Logs)
        {
            log?.Dispose(); // Null when opening stopped before it.
        }

        _directoryLock.Dispose();
    }
}
