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
    private static FieldWriter? _encoder;

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
        var encoder = _encoder ??= new FieldWriter();
        encoder.Clear();
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

        var encoder = _encoder ??= new FieldWriter();
        encoder.Clear();
        var batches = new List<Batch>();
        for (var i = 0; i < facts.Count; i++)
        {
            BatchFor(facts[i], facts.Count, batches).Add(Encode(facts[i], encoder), i);
        }

        Reserve(batches);
        var positions = new Position[facts.Count];
        foreach (var batch in batches)
        {
            batch.Queue(encoder, positions);
        }

        return AcknowledgeAll(batches, positions);
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

    private static async ValueTask<Position[]> AcknowledgeAll(List<Batch> batches, Position[] positions)
    {
        try
        {
            await Task.WhenAll(batches.Select(b => b.Done));
            return positions;
        }
        catch (Exception first) when (batches.Exists(b => b.Done.IsCompletedSuccessfully))
        {
            // A partition that faulted stays so: where another is merely full, that is not the news.
            var reason = batches.Select(b => b.Done.Exception?.InnerException).OfType<JournalFaultException>().FirstOrDefault() ?? first;
            var durable = new Position?[positions.Length];
            foreach (var index in batches.Where(b => b.Done.IsCompletedSuccessfully).SelectMany(b => b.Indexes))
            {
                durable[index] = positions[index];
            }

            throw new JournalPartialException(durable, reason);
        }
    }

    private static void Reserve(IEnumerable<Batch> batches)
    {
        var reserved = new List<Batch>();
        try
        {
            foreach (var batch in batches)
            {
                batch.Log.Queue.Reserve(batch.Bytes);
                reserved.Add(batch);
            }
        }
        catch (JournalFullException)
        {
            reserved.ForEach(b => b.Log.Queue.Release(b.Bytes));
            throw;
        }
    }

    private static (Task Done, long First) AddOrRelease(PartitionLog log, FieldWriter encoder, ReadOnlySpan<EncodedFact> facts, long bytes)
    {
        try
        {
            return log.Queue.Add(encoder, facts);
        }
        catch
        {
            log.Queue.Release(bytes);
            throw;
        }
    }

    private Batch BatchFor(Fact fact, int facts, List<Batch> batches)
    {
        var (stream, partition) = (fact.Stream, PartitionOf(fact));
        foreach (var batch in batches)
        {
            if (batch.Stream == stream && batch.Partition == partition)
            {
                return batch;
            }
        }

        var fresh = new Batch(stream, partition, LogOf(stream, partition), facts);
        batches.Add(fresh);
        return fresh;
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

    /// <summary>The part of an append that goes to one partition.</summary>
    private sealed class Batch(JournalStream stream, int partition, PartitionLog log, int most)
    {
        private readonly List<EncodedFact> _facts = new(most);

        public JournalStream Stream { get; } = stream;

        public int Partition { get; } = partition;

        public PartitionLog Log { get; } = log;

        public List<int> Indexes { get; } = new(most);

        public long Bytes { get; private set; }

        /// <summary>Completes when the facts are durable, or fails.</summary>
        public Task Done { get; private set; } = Task.CompletedTask;

        public void Add(EncodedFact fact, int index)
        {
            _facts.Add(fact);
            Indexes.Add(index);
            Bytes += fact.Length + Frame.HeadBytes;
        }

        /// <summary>Queues the facts and notes their positions. A partition that takes none fails <see cref="Done"/>: others may be at the disk already.</summary>
        public void Queue(FieldWriter encoder, Position[] positions)
        {
            try
            {
                (Done, var first) = AddOrRelease(Log, encoder, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_facts), Bytes);
                for (var i = 0; i < Indexes.Count; i++)
                {
                    positions[Indexes[i]] = new Position(Stream, Partition, first + i);
                }
            }
            catch (Exception refused) when (refused is JournalException or ObjectDisposedException)
            {
                Done = Task.FromException(refused);
            }
        }
    }
}
