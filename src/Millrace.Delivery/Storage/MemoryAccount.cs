namespace Millrace.Delivery.Storage;

/// <summary>
/// Bytes of bodies outside the store: arriving, passing through a window, or still being read after they left it
/// (<see cref="DeliveryOptions.FillBytes"/>). Those that are there already are counted whatever the bound says; new ones are refused above it.
/// </summary>
internal sealed class MemoryAccount(long bound)
{
    private long _bytes;

    public long Bytes => Interlocked.Read(ref _bytes);

    public bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _bytes, bytes) <= bound)
        {
            return true;
        }

        Return(bytes);
        return false;
    }

    public void Take(long bytes) => Interlocked.Add(ref _bytes, bytes);

    public void Return(long bytes) => Interlocked.Add(ref _bytes, -bytes);
}
