namespace Millrace.Journal.Segments;

/// <summary>The end of a partition's active segment on disk. One thread calls it.</summary>
internal sealed class SegmentWriter(IJournalFiles files, TimeProvider clock, JournalStream stream, int partition, string directory) : IDisposable
{
    private IJournalFile? _file;
    private IJournalFile? _next;
    private long _at;

    /// <summary>The byte at which the next frame goes; what stands before is durable.</summary>
    public long At => _at;

    /// <summary>Goes on writing a segment that recovery has brought to its end.</summary>
    public void Continue(Segment segment)
    {
        _file = files.Open(segment.Path, writable: true);
        _at = segment.Bytes;
    }

    /// <summary>Creates the segment that begins at an offset, durable in itself and in its directory; <see cref="Switch"/> goes on in it.</summary>
    /// <exception cref="JournalFullException">
    /// The disk is full, or the process has too many files open: no fact was written. An empty file may remain, so the segment before may not grow any more.
    /// </exception>
    public Segment Create(long first, long lastReceived, OffsetIndex? spare = null)
    {
        var path = Path.Combine(directory, Segment.NameOf(first));
        _next?.Dispose();
        _next = null;
        _next = Open(path);
        try
        {
            _next.Truncate(0);
            _next.Write(new SegmentHeader(stream, partition, first, UnixMicros.Now(clock)).ToBytes(), 0);
            _next.Sync();
            files.SyncDirectory(directory);
        }
        catch (IOException full) when (IsDiskFull(full))
        {
            Discard(path);
            throw Full(full);
        }

        return new Segment(path, first, lastReceived, spare);
    }

    /// <summary>Goes on in the segment that was created last.</summary>
    public void Switch()
    {
        _file?.Dispose();
        (_file, _next, _at) = (_next, null, SegmentHeader.Bytes);
    }

    /// <summary>Writes frames and syncs them.</summary>
    /// <exception cref="JournalFullException">The disk is full; nothing of it remains.</exception>
    /// <exception cref="JournalFaultException">The disk failed; what remains is unknown.</exception>
    public void Append(ReadOnlySpan<byte> frames)
    {
        var file = _file!;
        try
        {
            file.Write(frames, _at);
        }
        catch (IOException full) when (IsDiskFull(full))
        {
            TakeBack(file, full);
            throw Full(full);
        }
        catch (IOException fault)
        {
            throw Fault("write", fault);
        }

        try
        {
            file.Sync();
        }
        catch (IOException fault)
        {
            throw Fault("sync", fault);
        }

        _at += frames.Length;
    }

    public void Dispose()
    {
        _next?.Dispose();
        _file?.Dispose();
    }

    public static bool IsDiskFull(IOException e)
    {
        const int NoSpace = 28, Quota = 122, WindowsDiskFull = unchecked((int)0x80070070);
        return e.HResult is NoSpace or Quota or WindowsDiskFull;
    }

    private static bool IsOutOfFiles(IOException e)
    {
        const int SystemTable = 23, ProcessTable = 24;
        return e.HResult is SystemTable or ProcessTable;
    }

    private IJournalFile Open(string path)
    {
        try
        {
            return files.Open(path, writable: true);
        }
        catch (IOException full) when (IsDiskFull(full))
        {
            throw Full(full);
        }
        catch (IOException full) when (IsOutOfFiles(full))
        {
            throw new JournalFullException("openFiles", $"cannot create {path}: {full.Message}");
        }
    }

    private void Discard(string path)
    {
        try
        {
            files.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is empty, and the next attempt begins it anew.
        }
    }

    /// <summary>Synced, for what a power cut brought back of it would stand before the next segment.</summary>
    private void TakeBack(IJournalFile file, IOException full)
    {
        try
        {
            file.Truncate(_at);
            file.Sync();
        }
        catch (IOException)
        {
            throw Fault("write", full);
        }
    }

    private JournalFullException Full(IOException full) => new("disk", $"the disk of {directory} is full: {full.Message}");

    private JournalFaultException Fault(string what, IOException inner) => new($"cannot {what} in {directory}: {inner.Message}", inner);
}
