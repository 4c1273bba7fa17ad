namespace Millrace.Delivery.Storage.Disk;

/// <summary>The bounds of a disk tier. Each is counted when hit (<see cref="DiskReason"/>).</summary>
internal sealed record DiskOptions
{
    /// <summary>A process has this many segments open at most; larger disks need larger segments.</summary>
    public const int MostSegments = 4096;

    /// <summary>The folder; one process at a time has it.</summary>
    public required string Folder { get; init; }

    /// <summary>Bytes on disk, four segments or more. 10 GiB holds a million objects of 10 KiB.</summary>
    public long MaxBytes { get; init; } = 10L << 30;

    /// <summary>Bytes of a segment file: the unit in which room is made. 64 MiB is written at once and forgotten at once, and 10 GiB are 160 of them.</summary>
    public int SegmentBytes { get; init; } = 64 << 20;

    /// <summary>Bytes of a body's slice, which is read and checked as a whole. 1 MiB is what nginx's documentation of slices suggests.</summary>
    public int SliceBytes { get; init; } = 1 << 20;

    /// <summary>Bodies up to this size lie in one record with their head, so that a small object costs one read.</summary>
    public int InlineBytes { get; init; } = 64 << 10;

    /// <summary>Heads and slices in the index, at about 80 bytes a head (measured) and 44 a slice (counted). Beyond it the oldest segment leaves.</summary>
    public int MaxIndexEntries { get; init; } = 1 << 20;

    /// <summary>Memory of what waits to be written. Beyond it what comes is dropped: a cache may.</summary>
    public long QueueBytes { get; init; } = 32L << 20;

    /// <summary>Records that wait to be written. Beyond it what comes is dropped.</summary>
    public int QueueRecords { get; init; } = 4096;

    /// <summary>Objects on their way to disk at once; more are dropped.</summary>
    public int MaxFills { get; init; } = 1024;

    /// <summary>Memory of what has been read and not been let go. Beyond it reads find nothing.</summary>
    public long ReadBytes { get; init; } = 64L << 20;

    /// <summary>Removals that wait to be written. Beyond it everything is removed: one record says so.</summary>
    public int MaxRemovals { get; init; } = 65_536;

    /// <summary>The share of a segment that may be written anew when it is reclaimed, because it was asked for: a half keeps the disk's writes below twice what comes.</summary>
    public double ReinsertShare { get; init; } = 0.5;

    /// <summary>How long nothing is written after a write has failed.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <exception cref="ArgumentException">All faults, one a line.</exception>
    public void Validate()
    {
        List<string> faults = [];
        Check(Folder.Length > 0, nameof(Folder), "a path");
        Check(SliceBytes is >= 4096 and <= 16 << 20, nameof(SliceBytes), "4 KiB to 16 MiB");
        Check(SegmentBytes >= 4L * SliceBytes && SegmentBytes <= 1 << 30, nameof(SegmentBytes), "four slices to 1 GiB");
        Check(MaxBytes >= 4L * SegmentBytes, nameof(MaxBytes), "four segments or more");
        Check(MaxBytes / SegmentBytes <= MostSegments, nameof(SegmentBytes), $"at least 1/{MostSegments} of {nameof(MaxBytes)}");
        Check(InlineBytes >= 0 && InlineBytes <= SliceBytes, nameof(InlineBytes), "zero to a slice");
        Check(MaxIndexEntries is > 0 and <= 1 << 28, nameof(MaxIndexEntries), "1 to 268,435,456");
        Check(QueueBytes >= 2L * SliceBytes, nameof(QueueBytes), "two slices or more");
        Check(QueueRecords > 0, nameof(QueueRecords), "one or more");
        Check(MaxFills > 0, nameof(MaxFills), "one or more");
        Check(ReadBytes >= 2L * SliceBytes, nameof(ReadBytes), "two slices or more");
        Check(MaxRemovals > 0, nameof(MaxRemovals), "one or more");
        Check(ReinsertShare is >= 0 and <= 0.5, nameof(ReinsertShare), "0 to 0.5");
        Check(RetryAfter > TimeSpan.Zero && RetryAfter <= TimeSpan.FromDays(1), nameof(RetryAfter), "a time above zero and at most a day");
        if (faults.Count > 0)
        {
            throw new ArgumentException(string.Join(Environment.NewLine, faults));
        }

        void Check(bool holds, string name, string expected)
        {
            if (!holds)
            {
                faults.Add($"{name}: expected {expected}");
            }
        }
    }
}
