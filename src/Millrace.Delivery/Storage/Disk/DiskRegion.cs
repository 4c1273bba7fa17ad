using Microsoft.Win32.SafeHandles;

namespace Millrace.Delivery.Storage.Disk;

/// <summary>
/// Where a slice's bytes lie in an open file, for a kernel that copies from file to socket by itself. The bytes were checked when the region was
/// opened; the file stays open, and its bytes unchanged, until the region is disposed.
/// </summary>
internal sealed class DiskRegion : IDisposable
{
    private Segment? _segment;

    private DiskRegion(Segment segment, long offset, int length) => (_segment, Offset, Length) = (segment, offset, length);

    public SafeFileHandle Handle => _segment?.File.Handle ?? throw new ObjectDisposedException(nameof(DiskRegion));

    public long Offset { get; }

    public int Length { get; }

    /// <summary>A region of a segment that the caller has leased, with a lease of its own.</summary>
    public static DiskRegion Open(Segment segment, long offset, int length)
    {
        segment.Lease();
        return new DiskRegion(segment, offset, length);
    }

    public void Dispose() => Interlocked.Exchange(ref _segment, null)?.LetGo();
}
