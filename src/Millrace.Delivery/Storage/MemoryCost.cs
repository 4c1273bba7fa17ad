namespace Millrace.Delivery.Storage;

/// <summary>What things take of the managed heap in 64-bit .NET.</summary>
internal static class MemoryCost
{
    private const int ArrayHead = 24;

    /// <summary>An array, or a string, whose elements take so many bytes.</summary>
    public static long OfArray(long elementBytes) => ArrayHead + ((elementBytes + 7) & ~7);
}
