using System.Collections.Immutable;
using System.Numerics;

namespace Millrace.Models.Trees;

/// <summary>The categories that a categorical split names, and which way they go; every other value goes the other way.</summary>
/// <param name="Bits">Bit c of word c / 32 is category c.</param>
/// <param name="InsideLeft">Whether the categories named go left: LightGBM's do, XGBoost's go right.</param>
/// <param name="Truncates">Whether values between −1 and 0 are category 0, as LightGBM's conversion to an integer makes them; else they are none.</param>
public sealed record CategorySet(ImmutableArray<uint> Bits, bool InsideLeft, bool Truncates)
{
    /// <summary>Whether a value other than NaN goes left.</summary>
    public bool GoesLeft(float value) => Contains(value) == InsideLeft;

    /// <summary>The categories, ascending.</summary>
    internal IEnumerable<int> Named()
    {
        for (int word = 0; word < Bits.Length; word++)
        {
            for (uint left = Bits[word]; left != 0; left &= left - 1) yield return (32 * word) + BitOperations.TrailingZeroCount(left);
        }
    }

    /// <summary>How many categories.</summary>
    internal int Count => Bits.Sum(static word => BitOperations.PopCount(word));

    private bool Contains(float value)
    {
        if (!(value >= 0 || (Truncates && value > -1)) || value >= Bits.Length * 32f) return false;
        int category = (int)value;
        return (Bits[category >> 5] >> (category & 31) & 1) != 0;
    }

    /// <summary>Equal by content.</summary>
    public bool Equals(CategorySet? other) =>
        other is not null && InsideLeft == other.InsideLeft && Truncates == other.Truncates && Bits.AsSpan().SequenceEqual(other.Bits.AsSpan());

    /// <summary>By content.</summary>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(InsideLeft);
        hash.Add(Truncates);
        foreach (uint word in Bits) hash.Add(word);
        return hash.ToHashCode();
    }
}
