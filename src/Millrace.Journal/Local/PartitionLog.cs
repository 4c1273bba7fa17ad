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
    private int _keeping;
    private bool _closed;

    /// <exception cref="JournalCorruptException">Something that was durable cannot be read.</exception>
    public PartitionLog(
        JournalOptions options, IJournalFiles files, TimeProvider clock, ISubjectKeys keys, FactCodec codec, JournalStream stream, int partition)
    {
        (_stream, _options, _files, _keys) = (stream, options, files, keys);
        _tag = JournalMetrics.Tag(stream);
        _directory = DirectoryOf(options.Directory, stream, partition);
        DurableFile.CreateDirectory(files, _directory);
        _reader = new PartitionReader(files, codec, stream, partition);
        _writer = new SegmentWriter(files, clock, stream, partition, _directory);
        var recovery = new PartitionRecovery(files, stream, partition, _directory, readOnly: false);
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
        var found = new List<StoredFact>();
        for (var race = 0; ; race++)
        {
            try
            {
                foreach (var stretch in Stretches(from))
                {
                    if (!_reader.Read(stretch, from, maxFacts, found) || found.Count >= maxFacts)
                    {
                        break;
                    }
                }

                return found;
            }
            catch (FileNotFoundException) when (race < RetentionRaces)
            {
                found.Clear(); // Retention has passed by between the look and the opening: begin at what is left.
            }
        }
    }

    public long Seek(UnixMicros time)
    {
        Segment? segment;
        SegmentStretch stretch;
        lock (_lock)
        {
            segment = _segments.FirstOrDefault(s => s.End > s.First && s.LastReceived >= time.Value);
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
            return Seek(time);
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

    /// <returns>Null when the offset is there; else what completes with the next facts.</returns>
    public Task? NextArrival(long offset)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(LocalJournal));
            return offset < _segments[^1].End ? null : (_arrival ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>Applies retention, writes what sidecars are due, and has the tail marked.</summary>
    public void Tidy(UnixMicros now)
    {
        WriteSidecars();
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
        WriteSidecars();
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
        var failed = false;
        while (true)
        {
            Queue.Wait();
            while (Queue.Take() is { } group)
            {
                failed |= !Commit(group);
            }

            var closed = Queue.IsClosed;
            if ((_tidy || closed) && !failed)
            {
                _tidy = false;
                failed = !TidyTail(closed);
            }

            if (closed)
            {
                return;
            }
        }
    }

    private bool Commit(CommitGroup group)
    {
        try
        {
            _keys.MakeDurable(group.SubjectKey);
            if (_writer.At > SegmentHeader.Bytes && _writer.At + group.Length > _options.SegmentBytes)
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
    /// room for the seal does no harm.
    /// </summary>
    private void Roll()
    {
        var old = _segments[^1];
        var next = _writer.Create(old.End, old.LastReceived, Interlocked.Exchange(ref _spare, null));
        try
        {
            WriteTail(FrameKind.Seal);
        }
        catch (JournalFullException full)
        {
            JournalMetrics.BoundHit(full.Bound);
        }

        _writer.Switch();
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
            Queue.Fault(e as JournalFaultException ?? new JournalFaultException($"{_directory}: {e.Message}", e));
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
        catch (FileNotFoundException)
        {
            // Retention has just deleted the segment: what it held is no longer there to be found.
        }
    }

    private void WriteSidecars()
    {
        if (Interlocked.Exchange(ref _keeping, 1) == 1)
        {
            return;
        }

        try
        {
            foreach (var segment in Segments().Where(s => s.NeedsSidecar))
            {
                WriteSidecar(segment);
            }
        }
        catch (IOException)
        {
            JournalMetrics.Fault(_tag); // The index stays in memory and is tried again; opening rebuilds it at the latest.
        }
        finally
        {
            Volatile.Write(ref _keeping, 0);
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
        var retired = new List<Segment>();
        lock (_lock)
        {
            var bytes = _segments.Sum(s => s.Bytes);
            while (_segments.Length > 1 && !_segments[0].NeedsSidecar && (_segments[0].LastReceived < oldest || bytes > retention.MaxBytes))
            {
                bytes -= _segments[0].Bytes;
                retired.Add(_segments[0]);
                _segments = _segments.RemoveAt(0);
            }
        }

        foreach (var segment in retired)
        {
            File.Delete(segment.IndexPath);
            File.Delete(segment.Path);
            _files.SyncDirectory(_directory); // One by one, so that a power cut cannot leave a gap.
            JournalMetrics.Retired(_tag, segment.Bytes);
        }
    }
}
