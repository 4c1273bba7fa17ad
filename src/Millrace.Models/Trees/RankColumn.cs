using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Millrace.Models.Trees;

/// <summary>Turns one input column into columns of bytes, of which a split needs one comparison: ranks among the thresholds of all splits on the column.</summary>
/// <param name="Input">The input column.</param>
/// <param name="Guide">Its thresholds; null when no numeric split reads it.</param>
/// <param name="Ranked">The columns of ranks to write.</param>
/// <param name="Categorical">The columns of categorical splits to write.</param>
internal sealed record RankColumn(int Input, RankGuide? Guide, RankVariant[] Ranked, CategoryCodes[] Categorical)
{
    /// <summary>Writes this input's columns for one block of rows.</summary>
    /// <param name="rows">Row-major values from the block's first row on.</param>
    /// <param name="stride">Values per row.</param>
    /// <param name="count">Rows in the block.</param>
    /// <param name="block">Room for the block's columns, <see cref="ForestProgram.BlockRows"/> bytes each.</param>
    /// <param name="values">Room for the column's values.</param>
    /// <param name="ranks">Room for their ranks.</param>
    internal void Write(ReadOnlySpan<float> rows, int stride, int count, Span<sbyte> block, Span<float> values, Span<int> ranks)
    {
        for (int row = 0, at = Input; row < count; row++, at += stride) values[row] = rows[at];
        int padded = (count + 63) & ~63;
        values[count..padded].Clear();
        values = values[..padded];
        ranks = ranks[..padded];
        Guide?.Ranks(values, ranks);
        foreach (var variant in Ranked) variant.Write(values, ranks, block);
        foreach (var codes in Categorical) codes.Write(values, block, MemoryMarshal.AsBytes(ranks)[..padded]);
    }
}

/// <summary>Columns of ranks of one stretch of 255 thresholds: one for each side that splits send missing values to.</summary>
/// <param name="FirstRank">The rank at which the stretch begins; a byte holds what is above it, at most 255, less 128.</param>
/// <param name="Missing">What is missing.</param>
/// <param name="Sides">Where a column is written, and its rank of what is missing: it goes left everywhere, or right, or as 0 does.</param>
internal sealed record RankVariant(int FirstRank, MissingRule Missing, (int Column, sbyte Fill)[] Sides)
{
    internal void Write(ReadOnlySpan<float> values, ReadOnlySpan<int> ranks, Span<sbyte> block)
    {
        Vector256<int> first = Vector256.Create(FirstRank);
        Vector256<int> bias = Vector256.Create(128);
        Vector256<float> band = Vector256.Create(Missing == MissingRule.Zero ? TreeNode.ZeroBand : -1);
        ref float value = ref MemoryMarshal.GetReference(values);
        ref int rank = ref MemoryMarshal.GetReference(ranks);
        for (int i = 0; i < values.Length; i += Vector256<sbyte>.Count)
        {
            Vector256<sbyte> stretch = Narrow(Rank(ref rank, i), Rank(ref rank, i + 8), Rank(ref rank, i + 16), Rank(ref rank, i + 24));
            Vector256<sbyte> missing = Narrow(Gone(ref value, i), Gone(ref value, i + 8), Gone(ref value, i + 16), Gone(ref value, i + 24));
            foreach (var (column, fill) in Sides)
            {
                Vector256.ConditionalSelect(missing, Vector256.Create(fill), stretch).CopyTo(block[((column * ForestProgram.BlockRows) + i)..]);
            }
        }

        Vector256<int> Rank(ref int start, int at) =>
            Vector256.Min(Vector256.Max(Vector256.LoadUnsafe(ref start, (nuint)at) - first, Vector256<int>.Zero), Vector256.Create(255)) - bias;

        // NaN, or within the band around 0.
        Vector256<int> Gone(ref float start, int at) => ~Vector256.GreaterThan(Vector256.Abs(Vector256.LoadUnsafe(ref start, (nuint)at)), band).AsInt32();
    }

    private static Vector256<sbyte> Narrow(Vector256<int> a, Vector256<int> b, Vector256<int> c, Vector256<int> d) =>
        Vector256.Narrow(Vector256.Narrow(a, b), Vector256.Narrow(c, d));
}
