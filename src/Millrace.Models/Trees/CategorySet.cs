using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Millrace.Models.Trees;

/// <summary>The categories that a categorical split names, and which way they go; every other value goes the other way.</summary>
/// <param name="Bits">Bit c of word c / 32 is category c.</param>
/// <param name="InsideLeft">Whether the categories named go left: LightGBM's do, XGBoost's go right.</param>
/// <param name="Truncates">Whether values between −1 and 0 are category 0, as LightGBM's conversion to an integer makes them; else they are none.</param>
public sealed record CategorySet(ImmutableArray<uint> Bits, bool InsideLeft, bool Truncates)
{
    // Sets are keys while forests are compiled, and may have many words.
    private readonly int _hash = Hash(Bits, InsideLeft, Truncates);

    /// <summary>Bit c of word c / 32 is category c.</summary>
    public ImmutableArray<uint> Bits { get; } = Bits;

    /// <summary>Whether the categories named go left.</summary>
    public bool InsideLeft { get; } = InsideLeft;

    /// <summary>Whether values between −1 and 0 are category 0.</summary>
    public bool Truncates { get; } = Truncates;

    /// <summary>How many categories.</summary>
    internal int Count { get; } = Bits.Sum(static word => BitOperations.PopCount(word));

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

    private bool Contains(float value)
    {
        if (!(value >= 0 || (Truncates && value > -1)) || value >= Bits.Length * 32f) return false;
        int category = (int)value;
        return (Bits[category >> 5] >> (category & 31) & 1) != 0;
    }

    /// <summary>Equal by content.</summary>
    public bool Equals(CategorySet? other) =>
        other is not null && _hash == other._hash && InsideLeft == other.InsideLeft && Truncates == other.Truncates && Bits.AsSpan().SequenceEqual(other.Bits.AsSpan());

    /// <summary>By content.</summary>
    public override int GetHashCode() => _hash;

    private static int Hash(ImmutableArray<uint> bits, bool insideLeft, bool truncates)
    {
        var hash = default(HashCode);
        hash.Add(insideLeft);
        hash.Add(truncates);
        hash.AddBytes(MemoryMarshal.AsBytes(bits.AsSpan()));
        return hash.ToHashCode();
    }
}
