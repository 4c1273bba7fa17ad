namespace Millrace.Delivery.Storage.Disk;

/// <summary>Bytes that were read and checked, until they are let go.</summary>
internal sealed class PooledBuffer(DiskBuffers buffers, MemoryAccount account, byte[] bytes) : IDisposable
{
    private byte[]? _bytes = bytes;
    private int _offset;
    private int _length;

    public ReadOnlyMemory<byte> Memory => _bytes is { } held ? held.AsMemory(_offset, _length) : throw new ObjectDisposedException(nameof(PooledBuffer));

    /// <summary>Says which of the bytes have been checked.</summary>
    public void Show(int offset, int length) => (_offset, _length) = (offset, length);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _bytes, null) is { } held)
        {
            account.Return(held.Length);
            buffers.Return(held);
        }
    }
}
