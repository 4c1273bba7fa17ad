namespace Millrace.Delivery.Storage;

/// <summary>
/// Bytes of bodies outside the store: arriving, passing through a window, or still being read after they left it
/// (<see cref="DeliveryOptions.FillBytes"/>). Those that are there already are counted whatever the bound says; new ones are refused above it.
/// </summary>
internal sealed class MemoryAccount(long bound)
{
    private long _bytes;

    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Takes so many bytes unless they pass the bound; a refusal is not seen by anybody else.</summary>
    public bool TryTake(long bytes)
    {
        for (var seen = Bytes; ;)
        {
            if (seen > bound - bytes)
            {
                return false;
            }

            var before = Interlocked.CompareExchange(ref _bytes, seen + bytes, seen);
            if (before == seen)
            {
                return true;
            }

            seen = before;
        }
    }

    public void Take(long bytes) => Interlocked.Add(ref _bytes, bytes);

    public void Return(long bytes) => Interlocked.Add(ref _bytes, -bytes);
}
