namespace Millrace.Features.Online;

/// <summary>What tables of open addressing with linear probing have in common. Nothing that is removed leaves a tombstone (Knuth 6.4, algorithm R).</summary>
internal static class LinearProbing
{
    /// <summary>Whether what stands behind a gap moves into it: unless that would put it before its home.</summary>
    /// <param name="at">Where it stands.</param>
    /// <param name="home">Where a search for it begins.</param>
    /// <param name="gap">The gap.</param>
    /// <param name="mask">One less than the number of places, a power of two.</param>
    internal static bool FillsGap(int at, int home, int gap, int mask) => ((at - home) & mask) >= ((at - gap) & mask);
}
