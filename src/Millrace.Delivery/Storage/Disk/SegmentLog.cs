namespace Millrace.Delivery.Storage.Disk;

/// <summary>The segment files in their order: records are added to the newest, and room is made at the oldest. Only the writer uses it.</summary>
internal sealed class SegmentLog(DiskOptions options, IDiskFiles files, DiskFolder folder, DiskIndex index, DiskCounts counts, Func<ulong> nonce) : IDisposable
{
    private readonly List<ReadOnlyMemory<byte>> _parts = [];
    private readonly LinkedList<Segment> _sealed = new();

    // Forgotten, and still there: they count, for room and for removals, until they can be deleted.
    private readonly List<Segment> _undeleted = [];
    private Segment? _active;
    private uint _nextId = folder.FirstNewId;
    private long _end;
    private long _sealedBytes;
    private int _stagedRemovals;
    private bool _named;

    /// <summary>Bytes on disk, with the room that the newest segment has taken.</summary>
    public long Bytes => Interlocked.Read(ref _sealedBytes) + (Volatile.Read(ref _active) is null ? 0 : options.SegmentBytes);

    public Segment? Oldest => _sealed.First?.Value;

    public IReadOnlyCollection<Segment> Sealed => _sealed;

    /// <summary>Whether no file is left either.</summary>
    public bool IsEmpty => _active is null && _sealed.Count == 0 && _undeleted.Count == 0;

    /// <summary>Removals in all segments so far.</summary>
    public ulong Removals { get; set; }

    /// <summary>Whether a segment more would pass the bounds.</summary>
    public bool IsOverfull =>
        _sealedBytes + (2L * options.SegmentBytes) > options.MaxBytes || _sealed.Count >= DiskOptions.MostSegments || index.IsFull;

    /// <summary>Gives the record its place behind the others and completes its header in the buffer, which stays the caller's; false when the segment has no room for it.</summary>
    public bool TryStage(in DiskRecord record, byte[] buffer, out RecordPlace place)
    {
        place = default;
        if (_active is null || _end + record.Bytes > options.SegmentBytes)
        {
            return false;
        }

        place = new RecordPlace(_active.Id, (uint)_end, record.Bytes);
        record.Write(buffer, _active.Header.SeedAt(_end));
        _parts.Add(buffer.AsMemory(0, record.Bytes));
        _stagedRemovals += record.IsRemoval ? 1 : 0;
        _end += record.Bytes;
        return true;
    }

    /// <summary>Writes what was staged.</summary>
    /// <exception cref="IOException">It failed: none of it counts, and the segment takes no more.</exception>
    public async ValueTask FlushAsync()
    {
        if (_parts.Count == 0)
        {
            return;
        }

        var segment = _active!;
        try
        {
            await segment.File.WriteAsync(_parts, segment.Length);
            counts.Wrote(_end - segment.Length);
            segment.Length = _end;
            Removals += (ulong)_stagedRemovals;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Abandon(segment);
            throw;
        }
        finally
        {
            _parts.Clear();
            _stagedRemovals = 0;
        }
    }

    /// <summary>Makes what was flushed durable, and the segment's name.</summary>
    public void Sync()
    {
        _active?.File.Sync();
        if (!_named)
        {
            files.SyncDirectory(folder.Segments);
            _named = true;
        }
    }

    /// <summary>Ends the newest segment and begins another.</summary>
    /// <exception cref="IOException">It cannot be created.</exception>
    public async ValueTask RollAsync()
    {
        Seal();
        var id = _nextId++;
        SegmentHeader header = new(id, nonce(), Oldest?.Id ?? id, Removals);
        var path = folder.PathOf(id);
        var file = files.Create(path, options.SegmentBytes);
        try
        {
            var bytes = new byte[SegmentHeader.Bytes];
            header.Write(bytes);
            await file.WriteAsync([bytes], 0);
        }
        catch
        {
            file.Dispose();
            files.Delete(path);
            throw;
        }

        Segment segment = new(header, path, file);
        index.Add(segment);
        _end = segment.Length;
        _named = false;
        Volatile.Write(ref _active, segment);
    }

    /// <summary>Takes in a segment that was found at a start, in order.</summary>
    public void Adopt(Segment segment)
    {
        index.Add(segment);
        Append(segment);
    }

    /// <summary>Cuts a segment off behind its last whole record.</summary>
    public void Cut(Segment segment, long length)
    {
        Interlocked.Add(ref _sealedBytes, length - segment.Length);
        segment.Length = length;
        segment.File.Truncate(length);
    }

    /// <summary>Ends the newest segment and gives back the room that it did not use.</summary>
    public void Seal()
    {
        if (_active is not { } segment)
        {
            return;
        }

        Volatile.Write(ref _active, null);
        Append(segment);
        segment.File.Truncate(segment.Length);
    }

    /// <summary>Forgets a segment that is not the newest, and deletes its file.</summary>
    public void Delete(Segment segment)
    {
        _sealed.Remove(segment);
        _undeleted.Add(segment);
        index.Retire(segment);
        DeleteFile(segment);
    }

    /// <summary>Deletes all segments, or those older than one. Every one is tried.</summary>
    public void DeleteAll(Segment? before = null)
    {
        foreach (var segment in _undeleted.ToList())
        {
            DeleteFile(segment);
        }

        if (before is null && _active is { } active)
        {
            Volatile.Write(ref _active, null);
            Append(active);
        }

        IOException? fault = null;
        while (Oldest is { } oldest && oldest != before)
        {
            try
            {
                Delete(oldest);
            }
            catch (IOException e)
            {
                fault = e;
            }
        }

        if (fault is not null)
        {
            throw fault;
        }
    }

    public void Dispose()
    {
        foreach (var segment in _sealed)
        {
            segment.LetGo();
        }

        _active?.LetGo();
    }

    private void DeleteFile(Segment segment)
    {
        // The name goes for good before a younger one does: a removal in a younger segment speaks of what lies here.
        files.Delete(segment.Path);
        files.SyncDirectory(folder.Segments);
        _undeleted.Remove(segment);
        Interlocked.Add(ref _sealedBytes, -segment.Length);
    }

    private void Append(Segment segment)
    {
        _sealed.AddLast(segment);
        Interlocked.Add(ref _sealedBytes, segment.Length);
    }

    /// <summary>What a failed write left behind must not be there at the next start: later removals would not know of it.</summary>
    private void Abandon(Segment segment)
    {
        Volatile.Write(ref _active, null);
        Append(segment);
        try
        {
            segment.File.Truncate(segment.Length);
        }
        catch (IOException)
        {
            Delete(segment);
        }
    }
}
