using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Millrace.Decisions.Candidates.Vectors;

/// <summary>Of a list's rows: their mean, and the square root of their mean square distance from it.</summary>
internal readonly record struct Centroid(float[] Mean, float Deviation);

/// <summary>The centroids of sixteen lists, as codes.</summary>
internal sealed class CentroidBlock
{
    private readonly byte[] _codes;
    private readonly float[] _scales = new float[CodeBlock.Rows];

    internal CentroidBlock(int stride)
    {
        _codes = new byte[CodeBlock.Rows * stride];
        _codes.AsSpan().Fill(CodeBlock.Zero);
    }

    internal CentroidBlock(CentroidBlock other)
    {
        _codes = [.. other._codes];
        _scales = [.. other._scales];
        HalfSquare = [.. other.HalfSquare];
        Deviations = [.. other.Deviations];
    }

    /// <summary>Half the squared length of each mean: a vector is nearest to the mean of which similarity less this is largest.</summary>
    internal float[] HalfSquare { get; } = new float[CodeBlock.Rows];

    internal float[] Deviations { get; } = new float[CodeBlock.Rows];

    internal static long BytesOf(int stride) => (CodeBlock.Rows * (stride + (3 * sizeof(float)))) + 160;

    internal void Set(int lane, Centroid centroid)
    {
        _scales[lane] = CodeBlock.Write(_codes, lane, centroid.Mean);
        HalfSquare[lane] = FloatDot.Of(centroid.Mean, centroid.Mean) / 2;
        Deviations[lane] = centroid.Deviation;
    }

    /// <summary>Makes lane <paramref name="toLane"/> what lane <paramref name="lane"/> of another block is.</summary>
    internal void Copy(CentroidBlock from, int lane, int toLane)
    {
        CodeBlock.Copy(from._codes, lane, _codes, toLane);
        _scales[toLane] = from._scales[lane];
        HalfSquare[toLane] = from.HalfSquare[lane];
        Deviations[toLane] = from.Deviations[lane];
    }

    /// <summary>The first of the <paramref name="count"/> centroids in <paramref name="blocks"/> that is nearest to the vector in <paramref name="scratch"/>.</summary>
    internal static int Nearest<TLanes>(ReadOnlySpan<CentroidBlock> blocks, int count, VectorScratch scratch)
        where TLanes : struct, ICodeLanes
    {
        float best = float.NegativeInfinity;
        int nearest = 0;
        for (int block = 0; block < blocks.Length; block++)
        {
            var (low, high) = blocks[block].Nearness<TLanes>(scratch);
            if (!Vector256.GreaterThanAny(Vector256.Max(low, high), Vector256.Create(best))) continue;
            int first = block * CodeBlock.Rows;
            for (int i = 0; i < CodeBlock.Rows && first + i < count; i++)
            {
                float value = i < 8 ? low[i] : high[i - 8];
                if (value > best) (best, nearest) = (value, first + i);
            }
        }

        return nearest;
    }

    /// <summary>The larger, the nearer: half of what is left of the squared distance when the vector's own length is left out.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal (Vector256<float> Low, Vector256<float> High) Nearness<TLanes>(VectorScratch scratch)
        where TLanes : struct, ICodeLanes
    {
        var (low, high) = Means<TLanes>(scratch);
        return (low - Vector256.LoadUnsafe(ref HalfSquare[0]), high - Vector256.LoadUnsafe(ref HalfSquare[8]));
    }

    internal void Mean(int lane, Span<float> mean)
    {
        for (int i = 0; i < mean.Length; i++)
        {
            mean[i] = (_codes[(i / 4 * CodeBlock.Rows * 4) + (lane * 4) + (i % 4)] - CodeBlock.Zero) * _scales[lane];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal (Vector256<float> Low, Vector256<float> High) Means<TLanes>(VectorScratch scratch)
        where TLanes : struct, ICodeLanes
    {
        var (low, high) = TLanes.Dot(ref MemoryMarshal.GetArrayDataReference(_codes), ref scratch.Words, scratch.Groups);
        Vector256<int> offset = Vector256.Create(scratch.Offset);
        Vector256<float> scale = Vector256.Create(scratch.Scale);
        return (
            Vector256.ConvertToSingle(low - offset) * Vector256.LoadUnsafe(ref _scales[0]) * scale,
            Vector256.ConvertToSingle(high - offset) * Vector256.LoadUnsafe(ref _scales[8]) * scale);
    }
}
