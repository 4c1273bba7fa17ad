using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Millrace.Decisions.Candidates.Vectors;

/// <summary>Of a list's rows: their mean, and the square root of their mean square distance from it.</summary>
internal readonly record struct Centroid(float[] Mean, float Deviation);

/// <summary>
/// The centroids of up to <see cref="ListsOf"/> lists, as codes side by side: every insert reads all of them, and sixteen at a time they lay scattered over the heap.
/// </summary>
internal sealed class CentroidBlock
{
    // Below the size from which an array counts as large, for each change copies one.
    private const int MostBytes = 65_536;

    private readonly int _stride;
    private readonly byte[] _codes;
    private readonly float[] _scales;
    private readonly float[] _halfSquares;
    private readonly float[] _deviations;

    /// <param name="lists">Room for so many, a multiple of <see cref="CodeBlock.Rows"/>.</param>
    /// <param name="stride">Values per centroid.</param>
    internal CentroidBlock(int lists, int stride)
    {
        _stride = stride;
        _codes = new byte[lists * stride];
        _codes.AsSpan().Fill(CodeBlock.Zero);
        _scales = new float[lists];
        _halfSquares = new float[lists];
        _deviations = new float[lists];
    }

    internal CentroidBlock(CentroidBlock other)
    {
        _stride = other._stride;
        _codes = [.. other._codes];
        _scales = [.. other._scales];
        _halfSquares = [.. other._halfSquares];
        _deviations = [.. other._deviations];
    }

    internal long Bytes => _codes.Length + (3L * sizeof(float) * _scales.Length) + 160;

    /// <summary>How many lists a block of a partition has room for.</summary>
    internal static int ListsOf(int stride) => Math.Max(1, MostBytes / stride / CodeBlock.Rows) * CodeBlock.Rows;

    /// <summary>How far a list's rows are from its mean.</summary>
    internal float Deviation(int list) => _deviations[list];

    internal void Set(int list, Centroid centroid)
    {
        _scales[list] = CodeBlock.Write(Codes(list), list % CodeBlock.Rows, centroid.Mean);

        // Half the squared length of each mean: a vector is nearest to the mean of which similarity less this is largest.
        _halfSquares[list] = FloatDot.Of(centroid.Mean, centroid.Mean) / 2;
        _deviations[list] = centroid.Deviation;
    }

    /// <summary>Makes <paramref name="toList"/> what <paramref name="list"/> of another block is.</summary>
    internal void Copy(CentroidBlock from, int list, int toList)
    {
        CodeBlock.Copy(from.Codes(list), list % CodeBlock.Rows, Codes(toList), toList % CodeBlock.Rows);
        _scales[toList] = from._scales[list];
        _halfSquares[toList] = from._halfSquares[list];
        _deviations[toList] = from._deviations[list];
    }

    /// <summary>Looks among the first <paramref name="count"/> lists for one that is nearer to the vector in <paramref name="scratch"/> than <paramref name="best"/>; −1 when none is.</summary>
    internal int Nearer<TLanes>(int count, VectorScratch scratch, ref float best)
        where TLanes : struct, ICodeLanes
    {
        int nearest = -1;
        for (int first = 0; first < count; first += CodeBlock.Rows)
        {
            var (low, high) = Nearness<TLanes>(first, scratch);
            if (!Vector256.GreaterThanAny(Vector256.Max(low, high), Vector256.Create(best))) continue;
            for (int i = 0; i < CodeBlock.Rows && first + i < count; i++)
            {
                float value = i < 8 ? low[i] : high[i - 8];
                if (value > best) (best, nearest) = (value, first + i);
            }
        }

        return nearest;
    }

    /// <summary>The larger, the nearer: half of what is left of the squared distance when the vector's own length is left out. Of sixteen lists.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal (Vector256<float> Low, Vector256<float> High) Nearness<TLanes>(int first, VectorScratch scratch)
        where TLanes : struct, ICodeLanes
    {
        var (low, high) = Means<TLanes>(first, scratch);
        ref float half = ref MemoryMarshal.GetArrayDataReference(_halfSquares);
        return (low - Vector256.LoadUnsafe(ref half, (nuint)first), high - Vector256.LoadUnsafe(ref half, (nuint)first + 8));
    }

    internal void Mean(int list, Span<float> mean)
    {
        ReadOnlySpan<byte> codes = Codes(list);
        int lane = list % CodeBlock.Rows;
        for (int i = 0; i < mean.Length; i++)
        {
            mean[i] = (codes[(i / 4 * CodeBlock.Rows * 4) + (lane * 4) + (i % 4)] - CodeBlock.Zero) * _scales[list];
        }
    }

    /// <summary>Similarities of the query in <paramref name="scratch"/> to the means of sixteen lists.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal (Vector256<float> Low, Vector256<float> High) Means<TLanes>(int first, VectorScratch scratch)
        where TLanes : struct, ICodeLanes
    {
        ref byte codes = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_codes), (nint)first * _stride);
        var (low, high) = TLanes.Dot(ref codes, ref scratch.Words, scratch.Groups);
        Vector256<int> offset = Vector256.Create(scratch.Offset);
        Vector256<float> scale = Vector256.Create(scratch.Scale);
        ref float scales = ref MemoryMarshal.GetArrayDataReference(_scales);
        return (
            Vector256.ConvertToSingle(low - offset) * Vector256.LoadUnsafe(ref scales, (nuint)first) * scale,
            Vector256.ConvertToSingle(high - offset) * Vector256.LoadUnsafe(ref scales, (nuint)first + 8) * scale);
    }

    private Span<byte> Codes(int list) => _codes.AsSpan(list / CodeBlock.Rows * CodeBlock.Rows * _stride, CodeBlock.Rows * _stride);
}
