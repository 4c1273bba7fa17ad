namespace Millrace.Delivery.Storage.Disk;

/// <summary>Finds room for what is written: for the next segment, on a disk that others have filled, and in the index. Only the writer uses it.</summary>
internal sealed class DiskRoom(DiskFolder folder, SegmentLog log, SegmentReclaim reclaim, DiskIndex index, DiskCounts counts)
{
    /// <summary>Whether the disk is at fault, rather than we.</summary>
    public static bool IsOfTheDisk(Exception e) => e is IOException or UnauthorizedAccessException;

    /// <summary>Begins the next segment, and lets the oldest go while there are too many.</summary>
    /// <exception cref="IOException">There is no room, or the disk fails.</exception>
    public async ValueTask RollAsync()
    {
        await WithRoomAsync(log.RollAsync);
        while (log.Oldest is not null && log.IsOverfull)
        {
            await reclaim.ReclaimOldestAsync();
        }
    }

    /// <summary>Writes; where that fails, another may have filled the disk: what this cache holds longest is room for what comes, and it is tried once more.</summary>
    /// <exception cref="IOException">It failed again.</exception>
    public async ValueTask WithRoomAsync(Func<ValueTask> write)
    {
        try
        {
            await write();
        }
        catch (Exception e) when (IsOfTheDisk(e))
        {
            counts.Hit(DiskReason.NoSpace);
            folder.DeleteSetAside();
            if (log.Oldest is { } oldest)
            {
                log.Delete(oldest);
            }

            await write();
        }
    }

    /// <summary>Makes room in a full index, at the oldest segment that can leave. Nothing may be staged.</summary>
    /// <exception cref="IOException">A write failed.</exception>
    public async ValueTask MakeIndexRoomAsync()
    {
        counts.Hit(DiskReason.IndexFull);
        if (log.Oldest is null)
        {
            await RollAsync();
        }

        while (index.IsFull && log.Oldest is not null)
        {
            await reclaim.ReclaimOldestAsync();
        }
    }
}
