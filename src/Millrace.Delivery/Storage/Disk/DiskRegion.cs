using Microsoft.Win32.SafeHandles;

namespace Millrace.Delivery.Storage.Disk;

/// <summary>
/// Where a slice's bytes lie in an open file, for a kernel that copies from file to socket by itself. The bytes were checked when the region was
/// opened; the file stays open, and its bytes unchanged, until the region is disposed.
/// </summary>
internal sealed class DiskRegion(Segment segment, long offset, int length) : IDisposable
{
    private Segment? _segment = segment;

    public SafeFileHandle Handle => _segment?.File.Handle ?? throw new ObjectDisposedException(nameof(DiskRegion));

    public long Offset { get; } = offset;

    public int Length { get; } = length;

    public void Dispose() => Interlocked.Exchange(ref _segment, null)?.LetGo();
}
