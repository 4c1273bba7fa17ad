namespace Millrace.Delivery.Storage.Disk;

/// <summary>What the tier counts, by any thread.</summary>
internal sealed class DiskCounts
{
    private readonly long[] _reasons = new long[Enum.GetValues<DiskReason>().Length];
    private long _writtenBytes;
    private long _reinsertedBytes;
    private long _readBytes;
    private long _reclaimed;

    public long WrittenBytes => Interlocked.Read(ref _writtenBytes);

    public long ReinsertedBytes => Interlocked.Read(ref _reinsertedBytes);

    public long ReadBytes => Interlocked.Read(ref _readBytes);

    public long SegmentsReclaimed => Interlocked.Read(ref _reclaimed);

    public long Of(DiskReason reason) => Interlocked.Read(ref _reasons[(int)reason]);

    public void Hit(DiskReason reason) => Interlocked.Increment(ref _reasons[(int)reason]);

    public void Wrote(long bytes) => Interlocked.Add(ref _writtenBytes, bytes);

    public void Reinserted(long bytes) => Interlocked.Add(ref _reinsertedBytes, bytes);

    public void Read(long bytes) => Interlocked.Add(ref _readBytes, bytes);

    public void Reclaimed() => Interlocked.Increment(ref _reclaimed);

    public IReadOnlyDictionary<DiskReason, long> ByReason => Enum.GetValues<DiskReason>().ToDictionary(static reason => reason, Of);
}
