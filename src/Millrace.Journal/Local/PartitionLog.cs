using System.Buffers;
using System.Collections.Immutable;
using Millrace.Journal.Facts.Codec;
using Millrace.Journal.Segments;

namespace Millrace.Journal.Local;

/// <summary>
/// One partition on disk. One thread of its own writes: it takes all facts that queued during the last sync, writes them behind one mark, and syncs once.
/// </summary>
internal sealed class PartitionLog : IDisposable
{
    private const int RetentionRaces = 10;
    private readonly Lock _lock = new();
    private readonly Lock _deleting = new();
    private readonly Lock _keeping = new(); // Held while sidecars are written.
    private readonly Queue<Segment> _retired = []; // Out of sight; their files go as soon as the disk lets them.
    private readonly JournalStream _stream;
    private readonly JournalOptions _options;
    private readonly IJournalFiles _files;
    private readonly ISubjectKeys _keys;
    private readonly PartitionReader _reader;
    private readonly SegmentWriter _writer;
    private readonly Thread _thread;
    private readonly KeyValuePair<string, object?> _tag;
    private readonly string _directory;
    private ImmutableArray<Segment> _segments;
    private TaskCompletionSource? _arrival;
    private OffsetIndex? _spare; // Of a segment that has its sidecar, cleared: growing one anew costs more than filling it.
    private long _marked;
    private long _oldest = long.MinValue;
    private volatile bool _tidy;
    private bool _kept;
    private bool _rollDue;
    private bool _closed;

    /// <exception cref="JournalCorruptException">Something that was durable cannot be read.</exception>
    public PartitionLog(
        JournalOptions options, IJournalFiles files, TimeProvider clock, ISubjectKeys keys, FactCodec codec, JournalStream stream, int partition, PartitionFloor floor)
    {
        (_stream, _options, _files, _keys) = (stream, options, files, keys);
        _tag = JournalMetrics.Tag(stream);
        _directory = DirectoryOf(options.Directory, stream, partition);
        DurableFile.CreateDirectory(files, Path.GetDirectoryName(_directory)!);
        DurableFile.CreateDirectory(files, _directory);
        files.SyncDirectory(_directory); // The last segment's entry: creating it may have failed between its sync and the directory's.
        _reader = new PartitionReader(files, codec, stream, partition);
        _writer = new SegmentWriter(files, clock, stream, partition, _directory);
        var recovery = new PartitionRecovery(files, stream, partition, _directory, readOnly: false, floor);
        var segments = recovery.Run();
        TornBytes = recovery.TornBytes;
        JournalMetrics.Torn(_tag, TornBytes);
        if (segments.Count == 0 || segments[^1].IsSealed)
        {
            segments.Add(_writer.Create(segments.Count == 0 ? 0 : segments[^1].End, segments.Count == 0 ? long.MinValue : segments[^1].LastReceived));
            _writer.Switch();
        }
        else
        {
            _writer.Continue(segments[^1]);
        }

        _segments = [.. segments];
        _marked = segments[^1].First;
        Queue = new AppendQueue(clock, options.QueueBytes, $"{StreamNames.Of(stream)}/{partition}", segments[^1].End, segments[^1].LastReceived);
        WriteSidecars();
        _thread = new Thread(Run) { IsBackground = true, Name = $"journal {StreamNames.Of(stream)}/{partition}" };
        _thread.Start();
    }

    public AppendQueue Queue { get; }

    /// <summary>What recovery cut.</summary>
    public long TornBytes { get; }

    public PartitionRange Range
    {
        get
        {
            lock (_lock)
            {
                return new PartitionRange(_segments[0].First, _segments[^1].End);
            }
        }
    }

    public static string DirectoryOf(string directory, JournalStream stream, int partition) =>
        Path.Combine(directory, StreamNames.Of(stream), partition.ToString(System.Globalization.CultureInfo.InvariantCulture));

    public IReadOnlyList<StoredFact> Read(long from, int maxFacts)
    {
        for (var race = 0; ; race++)
        {
            // Retention may pass by between the look and the opening: begin again at what is left.
            var found = new List<StoredFact>();
            var bytes = PartitionReader.MostBytes;
            foreach (var stretch in Stretches(from))
            {
                try
                {
                    _reader.Read(stretch, from, maxFacts, found, ref bytes);
                }
                catch (FileNotFoundException) when (race < RetentionRaces)
                {
                    found = null;
                    break;
                }
                catch (FileNotFoundException)
                {
                    throw _reader.Missing(stretch.Segment, stretch.Segment.First);
                }

                if (bytes < 0 || found.Count >= maxFacts)
                {
                    break;
                }
            }

            if (found is not null)
            {
                return found;
            }
        }
    }

    public long Seek(UnixMicros time)
    {
        for (var race = 0; ; race++)
        {
            SegmentStretch stretch;
            lock (_lock)
            {
                var segment = _segments.FirstOrDefault(s => s.End > s.First && s.LastReceived >= time.Value);
                if (segment is null)
                {
                    return _segments[^1].End;
                }

                stretch = new SegmentStretch(segment, segment.PointBeforeTime(time.Value), segment.End, segment.Bytes);
            }

            try
            {
                return _reader.Seek(stretch, time);
            }
            catch (FileNotFoundException)
            {
                if (race >= RetentionRaces)
                {
                    throw _reader.Missing(stretch.Segment, stretch.Segment.First);
                }
            }
        }
    }

    public void Find(ulong hash, string key, string tenant, int max, List<StoredFact> into)
    {
        var offsets = new List<long>();
        foreach (var segment in Segments())
        {
            FindIn(segment, hash, offsets);
        }

        foreach (var offset in offsets)
        {
            if (into.Count < max && Read(offset, 1) is [var stored] && stored.Position.Offset == offset && FactKeys.Matches(stored.Fact, key, tenant))
            {
                into.Add(stored);
            }
        }
    }

    /// <summary>Names the key of every stored fact that is sealed with one.</summary>
    /// <exception cref="JournalCorruptException">A record is damaged.</exception>
    /// <exception cref="JournalReadException">The disk refused.</exception>
    public void VisitKeys(Action<long> onKey)
    {
        foreach (var stretch in Stretches(0))
        {
            try
            {
                _reader.VisitKeys(stretch with { Start = new SegmentPoint(stretch.Segment.First, 0, SegmentHeader.Bytes) }, onKey);
            }
            catch (FileNotFoundException) when (!Segments().Contains(stretch.Segment))
            {
                // Retention has just deleted it: its facts need no key any more.
            }
            catch (FileNotFoundException)
            {
                throw _reader.Missing(stretch.Segment, stretch.Segment.First);
            }
        }
    }

    /// <returns>Null when the offset is there; else what completes with the next facts.</returns>
    public Task? NextArrival(long offset)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(LocalJournal));
            return offset < _segments[^1].End ? null : (_arrival ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>Applies retention, writes what sidecars are due, and has the tail marked. What the disk refuses is counted and tried again the next time.</summary>
    public void Tidy(UnixMicros now)
    {
        lock (_keeping)
        {
            // Waits for one that is being written: retention passes over a segment whose sidecar is due.
            if (!_kept)
            {
                WriteDueSidecars();
            }
        }

        var retention = _stream == JournalStream.Control ? null : _options.Retention.GetValueOrDefault(_stream);
        if (retention is not null)
        {
            Retire(retention, now);
        }

        _tidy = true;
        Queue.Wake();
    }

    public void Dispose()
    {
        Queue.Close();
        _thread.Join();
        Queue.Dispose();
        lock (_keeping)
        {
            WriteDueSidecars();
            _kept = true; // What the pool still wants to write would find the directory in other hands.
        }

        _writer.Dispose();
        lock (_lock)
        {
            _closed = true;
            _arrival?.TrySetException(new ObjectDisposedException(nameof(LocalJournal)));
            _ = _arrival?.Task.Exception;
        }
    }

    private void Run()
    {
        // Once failed, a queue takes nothing more: it has failed what it held.
        var failed = false;
        var ended = false;
        while (!ended)
        {
            Queue.Wait();
            Queue.Gather();
            while (Queue.Take(out ended) is { } group)
            {
                failed |= !Commit(group);
                Queue.Gather();
            }

            if ((_tidy || ended) && !failed)
            {
                _tidy = false;
                failed = !TidyTail(ended);
            }
        }
    }

    private bool Commit(CommitGroup group)
    {
        try
        {
            _keys.MakeDurable(group.SubjectKey);
            if (_rollDue || (_writer.At > SegmentHeader.Bytes && _writer.At + group.Length > _options.SegmentBytes))
            {
                Roll();
            }

            var at = _writer.At;
            _writer.Append(group.Finish(group.Facts[0].Offset));
            Publish(group, at);
            JournalMetrics.Committed(_tag, group.Facts.Count, group.Length);
            Queue.Succeeded(group);
            return true;
        }
        catch (JournalFullException full)
        {
            JournalMetrics.BoundHit(full.Bound);
            Queue.Failed(group, full, Range.End);
            return true;
        }
        catch (Exception e) when (e is JournalFaultException or IOException or UnauthorizedAccessException)
        {
            JournalMetrics.Fault(_tag);
            Queue.Failed(group, e as JournalFaultException ?? new JournalFaultException($"{_directory}: {e.Message}", e), Range.End);
            return false;
        }
    }

    private void Publish(CommitGroup group, long at)
    {
        TaskCompletionSource? arrival;
        lock (_lock)
        {
            var active = _segments[^1];
            foreach (var fact in group.Facts)
            {
                active.Note(fact.Offset, fact.Received, at + fact.At);
            }

            foreach (var (hash, offset) in group.Keys)
            {
                active.NoteKey(hash, offset);
            }

            active.Extend(group.Facts[^1].Offset + 1, at + group.Length, group.Facts[^1].Received);
            _marked = group.Facts[0].Offset;
            (arrival, _arrival) = (_arrival, null);
        }

        arrival?.TrySetResult();
    }

    /// <summary>
    /// Begins the next segment and seals the active one. The seal is for people: a segment before another ends where that one begins, so a disk that has no
    /// room for the seal does no harm. An attempt that is refused may leave the next one's file behind, so the active one does not grow past it: the roll stays due.
    /// </summary>
    private void Roll()
    {
        _rollDue = true;
        var old = _segments[^1];
        var next = _writer.Create(old.End, old.LastReceived, Interlocked.Exchange(ref _spare, null) ?? old.IndexLikeItsOwn());
        try
        {
            WriteTail(FrameKind.Seal);
        }
        catch (JournalFullException full)
        {
            JournalMetrics.BoundHit(full.Bound);
        }

        _writer.Switch();
        _rollDue = false;
        lock (_lock)
        {
            old.IsSealed = true;
            _segments = _segments.Add(next);
            _marked = next.First;
        }

        ThreadPool.UnsafeQueueUserWorkItem(static log => log.WriteSidecars(), this, preferLocal: false);
    }

    /// <summary>
    /// A mark behind the last facts says that they were durable, so that damage to them later is told from a torn tail. An active segment past its age is
    /// sealed, so that retention can take it.
    /// </summary>
    private bool TidyTail(bool closing)
    {
        var active = _segments[^1];
        try
        {
            if (!closing && active.End > active.First && active.LastReceived < _oldest)
            {
                Roll();
            }
            else if (active.End != _marked)
            {
                WriteTail(FrameKind.Mark);
                _marked = active.End;
            }

            return true;
        }
        catch (JournalFullException full)
        {
            JournalMetrics.BoundHit(full.Bound);
            return true;
        }
        catch (Exception e) when (e is JournalFaultException or IOException or UnauthorizedAccessException)
        {
            JournalMetrics.Fault(_tag);
            Queue.Fault(e as JournalFaultException ?? new JournalFaultException($"{_directory}: {e.Message}", e), Range.End);
            return false;
        }
    }

    private void WriteTail(FrameKind kind)
    {
        var active = _segments[^1];
        var mark = new byte[Frame.MarkBytes];
        Frame.WriteMark(mark, kind, active.End, active.End, active.LastReceived);
        _writer.Append(mark);
        lock (_lock)
        {
            active.Extend(active.End, _writer.At, active.LastReceived);
        }
    }

    private ImmutableArray<Segment> Segments()
    {
        lock (_lock)
        {
            return _segments;
        }
    }

    private List<SegmentStretch> Stretches(long from)
    {
        lock (_lock)
        {
            return [.. _segments.Where(s => s.End > from && s.End > s.First).Select(s => new SegmentStretch(s, s.PointBefore(from), s.End, s.Bytes))];
        }
    }

    private void FindIn(Segment segment, ulong hash, List<long> offsets)
    {
        lock (_lock)
        {
            if (segment.TryFindInMemory(hash, offsets))
            {
                return;
            }
        }

        try
        {
            segment.FindInSidecar(_files, hash, offsets);
        }
        catch (FileNotFoundException) when (!Segments().Contains(segment))
        {
            // Retention has just deleted the segment: what it held is no longer there to be found.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new JournalReadException(segment.IndexPath, e);
        }
    }

    private void WriteSidecars()
    {
        if (!_keeping.TryEnter())
        {
            return;
        }

        try
        {
            if (!_kept)
            {
                WriteDueSidecars();
            }
        }
        finally
        {
            _keeping.Exit();
        }
    }

    private void WriteDueSidecars()
    {
        try
        {
            foreach (var segment in Segments().Where(s => s.NeedsSidecar))
            {
                WriteSidecar(segment);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            JournalMetrics.Fault(_tag); // The index stays in memory and is tried again; opening rebuilds it at the latest.
        }
    }

    private void WriteSidecar(Segment segment)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(segment.SidecarBytes);
        try
        {
            var sidecar = bytes.AsSpan(0, segment.SidecarBytes);
            segment.BuildSidecar(sidecar);
            DurableFile.Replace(_files, segment.IndexPath, sidecar);
            var index = SegmentIndex.Parse(sidecar)!;
            OffsetIndex replaced;
            lock (_lock)
            {
                replaced = segment.UseSidecar(index);
            }

            replaced.Clear();
            Volatile.Write(ref _spare, replaced);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private void Retire(Retention retention, UnixMicros now)
    {
        var oldest = retention.MaxAge is { } age ? (now - age).Value : long.MinValue;
        Volatile.Write(ref _oldest, oldest);
        lock (_deleting)
        {
            Hide(retention, oldest);
            try
            {
                DeleteRetired();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                JournalMetrics.Fault(_tag);
            }
        }
    }

    /// <summary>Takes what is past retention out of sight.</summary>
    private void Hide(Retention retention, long oldest)
    {
        lock (_lock)
        {
            var bytes = _segments.Sum(s => s.Bytes);
            while (_segments.Length > 1 && !_segments[0].NeedsSidecar && (_segments[0].LastReceived < oldest || bytes > retention.MaxBytes))
            {
                bytes -= _segments[0].Bytes;
                _retired.Enqueue(_segments[0]);
                _segments = _segments.RemoveAt(0);
            }
        }
    }

    /// <summary>Oldest first, and each durably before the next, so that neither a power cut nor a disk that refuses can leave a gap.</summary>
    private void DeleteRetired()
    {
        while (_retired.TryPeek(out var segment))
        {
            _files.Delete(segment.IndexPath);
            _files.Delete(segment.Path);
            _files.SyncDirectory(_directory);
            JournalMetrics.Retired(_tag, segment.Bytes);
            _retired.Dequeue();
        }
    }
}
