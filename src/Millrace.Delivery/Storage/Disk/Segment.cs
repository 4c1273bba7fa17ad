namespace Millrace.Delivery.Storage.Disk;

/// <summary>A segment file that is open. Readers lease it, so that it stays open until the last has gone, though its name may be gone already.</summary>
internal sealed class Segment(SegmentHeader header, string path, IDiskFile file)
{
    private int _leases = 1;
    private long _length = SegmentHeader.Bytes;

    public SegmentHeader Header { get; } = header;

    public uint Id => Header.Id;

    public string Path { get; } = path;

    public IDiskFile File { get; } = file;

    /// <summary>Where its last whole record ends.</summary>
    public long Length
    {
        get => Volatile.Read(ref _length);
        set => Volatile.Write(ref _length, value);
    }

    /// <summary>Records in it that the index points to. Under the index's lock.</summary>
    public int Live { get; set; }

    /// <summary>Only under the index's lock, which has it open, or by who has a lease.</summary>
    public void Lease() => Interlocked.Increment(ref _leases);

    public void LetGo()
    {
        if (Interlocked.Decrement(ref _leases) == 0)
        {
            File.Dispose();
        }
    }
}
