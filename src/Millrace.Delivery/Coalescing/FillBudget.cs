namespace Millrace.Delivery.Coalescing;

/// <summary>Bytes that arriving bodies may hold together (<see cref="DeliveryOptions.FillBytes"/>).</summary>
internal sealed class FillBudget(long bytes)
{
    private long _left = bytes;

    public bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _left, -bytes) >= 0)
        {
            return true;
        }

        Interlocked.Add(ref _left, bytes);
        return false;
    }

    public void Return(long bytes) => Interlocked.Add(ref _left, bytes);
}
