namespace Millrace.Delivery.Storage.Disk;

/// <summary>A head that was read and checked, with the body where that is small. Its memory is valid until it is disposed.</summary>
internal sealed class DiskHead(PooledBuffer payload, in DiskRecord record) : IDisposable
{
    private readonly int _headBytes = record.HeadBytes;
    private readonly int _bodyBytes = record.PayloadBytes - record.HeadBytes;

    /// <summary>What was committed as the head.</summary>
    public ReadOnlyMemory<byte> Head => payload.Memory.Slice(_bodyBytes, _headBytes);

    /// <summary>The body of an inline entry (<see cref="DiskEntry.IsInline"/>); else empty.</summary>
    public ReadOnlyMemory<byte> Body => payload.Memory[.._bodyBytes];

    public void Dispose() => payload.Dispose();
}
