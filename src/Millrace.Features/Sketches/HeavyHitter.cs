namespace Millrace.Features.Sketches;

/// <summary>A key that was counted often.</summary>
/// <param name="Key">Its hash.</param>
/// <param name="Count">Not below what was counted; above it by a bound that <see cref="HeavyHitters"/> states.</param>
internal readonly record struct HeavyHitter(ulong Key, long Count) : IComparable<HeavyHitter>
{
    /// <summary>Counts descending, equal ones by key.</summary>
    public int CompareTo(HeavyHitter other) => Count != other.Count ? other.Count.CompareTo(Count) : Key.CompareTo(other.Key);
}
