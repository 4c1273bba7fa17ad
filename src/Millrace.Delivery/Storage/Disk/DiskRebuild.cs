namespace Millrace.Delivery.Storage.Disk;

/// <summary>
/// Reads the segments' headers at a start and fills the index, oldest first, as they were written. Payloads are not read: each read checks its own.
/// </summary>
internal sealed class DiskRebuild(IDiskFiles files, DiskFolder folder, SegmentLog log, DiskIndex index, DiskCounts counts)
{
    private long _bytesFound;
    private long _bytesRead;

    /// <summary>Between 0 and 1.</summary>
    public double Progress => index.IsReady ? 1 : Interlocked.Read(ref _bytesFound) is > 0 and var found ? (double)Interlocked.Read(ref _bytesRead) / found : 0;

    public async ValueTask RunAsync()
    {
        foreach (var id in folder.Found)
        {
            if (await TryOpenAsync(id) is { } segment)
            {
                Interlocked.Add(ref _bytesFound, segment.Length);
                log.Adopt(segment);
            }
        }

        DeleteReclaimed();
        Segment? before = null;
        foreach (var segment in log.Sealed.ToList())
        {
            if (before is not null && segment.Header.Removals != log.Removals)
            {
                // Removals are missing, and nobody knows what they spoke of: what is older goes.
                counts.Hit(DiskReason.RemovalsLost);
                log.DeleteAll(segment);
            }

            before = segment;
            log.Removals = segment.Header.Removals;
            await ReplayAsync(segment);
        }

        index.Open();
    }

    /// <summary>The segment, or null when it is none, and is deleted.</summary>
    private async ValueTask<Segment?> TryOpenAsync(uint id)
    {
        var path = folder.PathOf(id);
        IDiskFile? file = null;
        try
        {
            file = files.Open(path);
            var bytes = new byte[SegmentHeader.Bytes];
            var read = await file.ReadAsync(bytes, 0, CancellationToken.None);
            if (SegmentHeader.TryRead(bytes.AsSpan(0, read), out var header) && header.Id == id)
            {
                return new Segment(header, path, file) { Length = file.Length };
            }
        }
        catch (IOException)
        {
            counts.Hit(DiskReason.ReadFailed);
        }

        counts.Hit(DiskReason.SegmentDamaged);
        file?.Dispose();
        files.Delete(path);
        return null;
    }

    /// <summary>Deletes anew what was deleted before, where a power cut undid that.</summary>
    private void DeleteReclaimed()
    {
        var oldest = log.Sealed.Count == 0 ? 0 : log.Sealed.Max(static segment => segment.Header.Oldest);
        while (log.Oldest is { } segment && segment.Id < oldest)
        {
            log.Delete(segment);
        }
    }

    private async ValueTask ReplayAsync(Segment segment)
    {
        var length = segment.Length;
        SegmentScan scan = new(segment.File, segment.Header, length);
        var torn = false;
        try
        {
            while (await scan.MoveNextAsync())
            {
                index.Replay(scan.Record, scan.Place);
                log.Removals += scan.Record.IsRemoval ? 1UL : 0;
            }

            torn = scan.IsTorn;
        }
        catch (IOException)
        {
            counts.Hit(DiskReason.ReadFailed);
            torn = true;
        }

        Interlocked.Add(ref _bytesRead, length);
        if (scan.End == SegmentHeader.Bytes)
        {
            log.Delete(segment);
        }
        else if (torn)
        {
            // What follows must not come back at the next start, when less is known of what was removed.
            counts.Hit(DiskReason.Torn);
            log.Cut(segment, scan.End);
        }

        while (index.IsFull && log.Oldest is { } oldest && oldest.Id <= segment.Id)
        {
            counts.Hit(DiskReason.IndexFull);
            log.Delete(oldest);
        }
    }
}
