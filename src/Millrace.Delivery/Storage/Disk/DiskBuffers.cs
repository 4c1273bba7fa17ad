using System.Buffers;

namespace Millrace.Delivery.Storage.Disk;

/// <summary>
/// Arrays for records. A slice with its header is a little over a power of two, for which the shared pool would give an array of twice the size,
/// so those have a pool of their own.
/// </summary>
internal sealed class DiskBuffers(DiskOptions options)
{
    /// <summary>Room for a head of this size beside a whole slice.</summary>
    private const int HeadBytes = 64 << 10;
    private const int Small = 128 << 10;
    private const int MostKept = 32;

    private readonly Lock _gate = new();
    private readonly Stack<byte[]> _kept = new();

    /// <summary>The largest record that is written.</summary>
    public int Largest { get; } = DiskRecord.BytesFor(options.SliceBytes) + HeadBytes;

    public byte[] Rent(int bytes)
    {
        if (bytes <= Small)
        {
            return ArrayPool<byte>.Shared.Rent(bytes);
        }

        if (bytes > Largest)
        {
            // Written when slices were larger than they are now.
            return GC.AllocateUninitializedArray<byte>(bytes);
        }

        lock (_gate)
        {
            if (_kept.TryPop(out var kept))
            {
                return kept;
            }
        }

        return GC.AllocateUninitializedArray<byte>(Largest);
    }

    public void Return(byte[] buffer)
    {
        if (buffer.Length <= Small)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        else if (buffer.Length == Largest)
        {
            lock (_gate)
            {
                if (_kept.Count < MostKept)
                {
                    _kept.Push(buffer);
                }
            }
        }
    }
}
