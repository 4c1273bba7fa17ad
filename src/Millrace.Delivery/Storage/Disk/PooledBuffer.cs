namespace Millrace.Delivery.Storage.Disk;

/// <summary>Bytes that were read and checked, until they are let go.</summary>
internal sealed class PooledBuffer(DiskBuffers buffers, MemoryAccount account, byte[] bytes, int offset, int length) : IDisposable
{
    private byte[]? _bytes = bytes;

    public ReadOnlyMemory<byte> Memory => _bytes is { } held ? held.AsMemory(offset, length) : throw new ObjectDisposedException(nameof(PooledBuffer));

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _bytes, null) is { } held)
        {
            account.Return(held.Length);
            buffers.Return(held);
        }
    }
}
