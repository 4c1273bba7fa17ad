using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Millrace.Features.Text;

/// <summary>
/// Vectors of bytes from −127 to 127, of texts and of supplied embeddings. Their products are whole numbers, so that the order of summing and the width of the
/// machine's registers leave no trace; the cosine adds one root and one division, which IEEE 754 rounds exactly.
/// </summary>
internal static class Int8Vector
{
    internal const int Most = 127;

    /// <summary>Places of a vector in a cell of an item's row.</summary>
    internal const int InCell = sizeof(uint);

    /// <summary>Scales <paramref name="counts"/> so that the greatest becomes ±127, in whole numbers, halves away from zero; zeros stay zeros.</summary>
    internal static void FromCounts(ReadOnlySpan<int> counts, Span<sbyte> vector)
    {
        long greatest = 0;
        foreach (int count in counts) greatest = Math.Max(greatest, Math.Abs((long)count));
        if (greatest == 0)
        {
            vector[..counts.Length].Clear();
            return;
        }

        // What 32 bits hold is divided in a third of the time.
        bool small = greatest < uint.MaxValue / (4 * Most);
        for (int i = 0; i < counts.Length; i++)
        {
            long size = small ? ((2 * Most * (uint)Math.Abs(counts[i])) + (uint)greatest) / (2 * (uint)greatest) : ((2 * Most * Math.Abs((long)counts[i])) + greatest) / (2 * greatest);
            vector[i] = (sbyte)(counts[i] < 0 ? -size : size);
        }
    }

    /// <summary>
    /// Rounds an embedding to <paramref name="vector"/>·<paramref name="scale"/>, halves to even, each value off by at most half the scale (and the rounding of the scale
    /// to a float). Returns false, and a vector that means nothing, when a value is not finite.
    /// </summary>
    internal static bool TryFromFloats(ReadOnlySpan<float> values, Span<sbyte> vector, out float scale)
    {
        double greatest = 0;
        scale = 0;
        foreach (float value in values)
        {
            if (!float.IsFinite(value)) return false;
            greatest = Math.Max(greatest, Math.Abs(value));
        }

        scale = (float)(greatest / Most);
        double divisor = greatest == 0 ? 1 : greatest;
        for (int i = 0; i < values.Length; i++) vector[i] = (sbyte)Math.Round(values[i] * (double)Most / divisor);
        return true;
    }

    /// <summary>Adds <paramref name="vector"/> to <paramref name="sum"/>: vectors of several items, in any order, before <see cref="FromCounts"/>.</summary>
    internal static void AddTo(Span<int> sum, ReadOnlySpan<sbyte> vector)
    {
        ref sbyte from = ref MemoryMarshal.GetReference(vector);
        int at = 0;
        for (; at + Vector256<int>.Count <= vector.Length; at += Vector256<int>.Count)
        {
            Vector128<sbyte> places = Vector64.LoadUnsafe(ref from, (nuint)at).ToVector128Unsafe();
            (Vector256.WidenLower(Vector128.WidenLower(places).ToVector256Unsafe()) + Vector256.Create<int>(sum[at..])).CopyTo(sum[at..]);
        }

        for (; at < vector.Length; at++) sum[at] += vector[at];
    }

    /// <summary>The cosine of two vectors of equal length, −1 to 1; NaN when one of them is all zeros and has no direction.</summary>
    internal static double Cosine(ReadOnlySpan<sbyte> left, ReadOnlySpan<sbyte> right) => Cosine(Dot(left, right), Dot(left, left), Dot(right, right));

    /// <summary>The cosine from the dot product and the two squared lengths, for whoever keeps these.</summary>
    internal static double Cosine(int dot, int leftSquared, int rightSquared) =>
        leftSquared == 0 || rightSquared == 0 ? double.NaN : dot / Math.Sqrt((double)((long)leftSquared * rightSquared));

    /// <summary>The sum of products; exact for at most 131,072 places.</summary>
    internal static int Dot(ReadOnlySpan<sbyte> left, ReadOnlySpan<sbyte> right)
    {
        right = right[..left.Length];
        ref sbyte l = ref MemoryMarshal.GetReference(left);
        ref sbyte r = ref MemoryMarshal.GetReference(right);
        Vector256<int> sums = Vector256<int>.Zero;
        int at = 0;
        for (; at + Vector128<sbyte>.Count <= left.Length; at += Vector128<sbyte>.Count)
        {
            sums += Products(Widen(ref l, at), Widen(ref r, at));
        }

        int sum = Vector256.Sum(sums);
        for (; at < left.Length; at++) sum += left[at] * right[at];
        return sum;
    }

    /// <summary>Adds the products of four places of many vectors with the same places of one.</summary>
    /// <param name="sums">A sum for each of the many; whole lanes of eight.</param>
    /// <param name="cells">Their four places.</param>
    /// <param name="four">Those of the one.</param>
    internal static void AddProducts(Span<int> sums, ReadOnlySpan<uint> cells, ReadOnlySpan<sbyte> four)
    {
        cells = cells[..sums.Length];
        Vector256<short> even = Vector256.Create(Pair(four[0], four[2])).AsInt16();
        Vector256<short> odd = Vector256.Create(Pair(four[1], four[3])).AsInt16();
        for (int i = 0; i < sums.Length; i += Vector256<int>.Count)
        {
            Vector256<short> places = Vector256.Create<uint>(cells[i..]).AsInt16();
            (Vector256.Create<int>(sums[i..]) + Products((places << 8) >> 8, even) + Products(places >> 8, odd)).CopyTo(sums[i..]);
        }
    }

    private static int Pair(sbyte low, sbyte high) => (low & 0xFFFF) + (high << 16);

    private static Vector256<short> Widen(ref sbyte from, int at) => Vector256.WidenLower(Vector128.LoadUnsafe(ref from, (nuint)at).ToVector256Unsafe());

    /// <summary>The products, neighbours in one sum.</summary>
    private static Vector256<int> Products(Vector256<short> left, Vector256<short> right)
    {
        if (Avx2.IsSupported) return Avx2.MultiplyAddAdjacent(left, right);
        // A product of two bytes fits a short, the sum of two would not.
        Vector256<int> products = (left * right).AsInt32();
        return ((products << 16) >> 16) + (products >> 16);
    }
}
