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

    private readonly PartitionLog[][] _streams = Create(); // By stream, an enumeration from 1.
    private readonly TimeProvider _clock;
    private readonly SafeFileHandle _directoryLock;
    private readonly FactCodec _codec;
    private readonly ConsumerStore _consumers;
    private readonly ITimer _housekeeping;
    private readonly IJournalFiles _files;
    private readonly ISubjectKeys _keys;
    private readonly JournalOptions _options;
    private readonly SubjectKeySweeper _sweeper;
    private readonly Lock _tidying = new();
    private JournalFloors _floors;
    private bool _disposed;

    private LocalJournal(JournalOptions options, TimeProvider clock, ISubjectKeys keys, IJournalFiles files)
    {
        (_clock, _files, _keys, _options) = (clock, files, keys, options);
        _sweeper = new SubjectKeySweeper(keys, clock);
        DurableFile.CreateDirectory(files, options.Directory);
        _directoryLock = Lock(options.Directory);
        try
        {
            var layout = JournalLayout.ReadOrCreate(files, options.Directory, options.Partitions, keys.Set);
            _floors = JournalFloors.Read(options.Directory);
            CheckKeys();
            _codec = new FactCodec(keys);
            _consumers = new ConsumerStore(files, options.Directory, options.MaxConsumers);
            foreach (var stream in StreamNames.All)
            {
                var logs = new PartitionLog[layout.PartitionsOf(stream)];
                _streams[(int)stream] = logs;
                for (var p = 0; p < logs.Length; p++)
                {
                    var floor = _floors.Of(stream, p) with { IsWhole = IsWhole(stream) };
                    logs[p] = new PartitionLog(options, files, clock, keys, _codec, stream, p, floor);
                    CheckConsumers(stream, p, logs[p].Range.End);
                }
            }
        }
        catch
        {
            Close(whole: false);
            throw;
        }

        _housekeeping = clock.CreateTimer(static state => ((LocalJournal)state!).Tidy(), this, options.Housekeeping, options.Housekeeping);
    }

    /// <summary>Bytes of torn tails that opening has cut: what was written but never acknowledged.</summary>
    public long TornBytes => _streams.SelectMany(p => p).Sum(p => p.TornBytes);

    private IEnumerable<PartitionLog?> Logs => _streams.SelectMany(p => p);

    /// <summary>Opens a journal's directory, or creates it; recovers it after whatever happened.</summary>
    /// <param name="options">Where it is, and its bounds.</param>
    /// <param name="clock">Stamps facts and runs the housekeeping.</param>
    /// <param name="keys">Seal and open what concerns persons; stays the caller's to dispose, after the journal.</param>
    /// <exception cref="JournalLockedException">Another process has it open.</exception>
    /// <exception cref="JournalCorruptException">Something that was acknowledged cannot be read: names the segment and the offset.</exception>
    /// <exception cref="JournalKeysException">The keys are not those that seal this journal, or an older copy of them.</exception>
    public static ValueTask<LocalJournal> OpenAsync(JournalOptions options, TimeProvider clock, ISubjectKeys keys) =>
        OpenAsync(options, clock, keys, DiskFiles.Instance);

    public int Partitions(JournalStream stream) => _streams[(int)stream].Length;

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
        Reserve(log, bytes, encoded);
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
        var outcome = new BatchOutcome(facts.Count);
        try
        {
            for (var i = 0; i < facts.Count; i++)
            {
                if (TryEncode(facts[i], i, encoder, outcome) is { } encoded)
                {
                    batch.PartFor(facts[i].Stream, PartitionOf(facts[i])).Add(encoded, i);
                }
            }

            Reserve(batch.Parts);
        }
        catch
        {
            foreach (var part in batch.Parts)
            {
                Abandon(part.Facts);
            }

            throw;
        }

        foreach (var part in batch.Parts)
        {
            var (done, first) = AddOrRelease(LogOf(part.Stream, part.Partition), encoder, part.Facts, part.Bytes);
            outcome.Queue(part, first, done);
        }

        return outcome.AcknowledgeAsync();
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
            _sweeper.Stop();
            await _housekeeping.DisposeAsync();
            Close(whole: true);
        }
    }

    internal static ValueTask<LocalJournal> OpenAsync(JournalOptions options, TimeProvider clock, ISubjectKeys keys, IJournalFiles files)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Partitions, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.SegmentBytes, 1 << 12, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.QueueBytes, 1 << 12, nameof(options));
        return ValueTask.FromResult(new LocalJournal(options, clock, keys, files));
    }

    /// <summary>What the timer does: retention, sidecars, marks, floors, keys. What the disk refuses is counted, and due again the next time.</summary>
    internal void Tidy()
    {
        if (!_tidying.TryEnter())
        {
            return; // The last time is still at it.
        }

        try
        {
            foreach (var log in Logs)
            {
                log?.Tidy(UnixMicros.Now(_clock));
            }

            WriteFloors();
            _sweeper.Step([.. Logs.OfType<PartitionLog>()]);
        }
        catch (JournalException)
        {
            JournalMetrics.HousekeepingFault();
        }
        catch (OperationCanceledException)
        {
            // The journal closes.
        }
        finally
        {
            _tidying.Exit();
        }
    }

    private static SafeFileHandle Lock(string directory)
    {
        try
        {
            return File.OpenHandle(Path.Combine(directory, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (IsHeld(e))
        {
            throw new JournalLockedException(directory, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new JournalFaultException($"cannot lock {directory}: {e.Message}", e);
        }
    }

    private static bool IsHeld(IOException e)
    {
        const int WouldBlockLinux = 11, WouldBlockMac = 35, SharingViolation = unchecked((int)0x80070020), LockViolation = unchecked((int)0x80070021);
        return e.HResult is WouldBlockLinux or WouldBlockMac or SharingViolation or LockViolation;
    }

    private static async ValueTask<Position> Acknowledge(Task done, Position position)
    {
        await done;
        return position;
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

    private void Reserve(PartitionLog log, long bytes, in EncodedFact fact)
    {
        try
        {
            log.Queue.Reserve(bytes);
        }
        catch
        {
            Abandon([fact]);
            throw;
        }
    }

    private void Abandon(ReadOnlySpan<EncodedFact> facts)
    {
        foreach (ref readonly var fact in facts)
        {
            _keys.Abandon(fact.SubjectKey);
        }
    }

    /// <summary>Queues facts for which room was made. A refusal is what they wait for then: of a batch, other parts may be at the disk already.</summary>
    private (Task Done, long First) AddOrRelease(PartitionLog log, FieldWriter encoder, ReadOnlySpan<EncodedFact> facts, long bytes)
    {
        try
        {
            return log.Queue.Add(encoder, facts);
        }
        catch (Exception refused)
        {
            log.Queue.Release(bytes);
            Abandon(facts);
            return (Task.FromException(refused), 0);
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

    /// <returns>Null when there is no room for its subject: the facts of others go on.</returns>
    private EncodedFact? TryEncode(Fact fact, int index, FieldWriter encoder, BatchOutcome outcome)
    {
        try
        {
            return Encode(fact, encoder);
        }
        catch (JournalFullException full)
        {
            outcome.Refuse(index, full);
            return null;
        }
    }

    private PartitionLog LogOf(JournalStream stream, int partition)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var logs = _streams[(int)stream];
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

    private void CheckKeys()
    {
        if (_keys.Set != Guid.Empty && _keys.Newest < _floors.NewestKey)
        {
            throw new JournalKeysException(
                $"the subject keys end at {_keys.Newest}, though the journal in {_options.Directory} has facts sealed with keys up to {_floors.NewestKey}: they are an older " +
                "copy, whose erased keys may live again; put the newest key file back, or delete floors.json to go on with this one");
        }
    }

    private static PartitionLog[][] Create()
    {
        var streams = new PartitionLog[(int)StreamNames.All.Max() + 1][];
        Array.Fill(streams, []);
        return streams;
    }

    private bool IsWhole(JournalStream stream) => stream == JournalStream.Control || !_options.Retention.ContainsKey(stream);

    private void WriteFloors()
    {
        var partitions = (
            from stream in StreamNames.All
            from p in Enumerable.Range(0, Partitions(stream))
            select (Stream: stream, Name: JournalFloors.NameOf(stream, p), _streams[(int)stream][p].Range.End)).ToArray();
        var floors = new JournalFloors(
            partitions.ToDictionary(p => p.Name, p => p.End), [.. partitions.Where(p => IsWhole(p.Stream)).Select(p => p.Name)], _keys.Newest);
        if (floors.IsSame(_floors))
        {
            return;
        }

        try
        {
            floors.Write(_files, _options.Directory);
            _floors = floors;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            JournalMetrics.HousekeepingFault();
        }
    }

    /// <param name="whole">Whether every partition is open: then the floors are those of the end.</param>
    private void Close(bool whole)
    {
        foreach (var log in Logs)
        {
            log?.Dispose(); // Null when opening stopped before it.
        }

        if (whole)
        {
            WriteFloors();
        }

        _directoryLock.Dispose();
    }
}
