using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Millrace.Decisions.Candidates.Vectors;

/// <summary>Lists with what is known of each: its mean and how far its rows are from it. The set is immutable, a split makes another; the lists grow.</summary>
internal sealed class Partition
{
    private readonly CentroidBlock[] _blocks;
    private readonly PostingList[] _lists;

    private Partition(CentroidBlock[] blocks, PostingList[] lists, float[] spread)
    {
        _blocks = blocks;
        _lists = lists;
        Spread = spread;
    }

    internal int Count => _lists.Length;

    internal ReadOnlySpan<PostingList> Lists => _lists;

    /// <summary>Covariance of rows about the means of their lists, all lists together, row by row; its scale is arbitrary, <see cref="CentroidBlock.Deviations"/> are relative to it.</summary>
    internal float[] Spread { get; }

    internal long Bytes(int stride)
    {
        long bytes = (long)_blocks.Length * CentroidBlock.BytesOf(stride);
        foreach (PostingList list in _lists) bytes += list.Bytes;
        return bytes;
    }

    internal static Partition Single(PostingList list, int stride)
    {
        var block = new CentroidBlock(stride);
        return new Partition([block], [list], new float[stride * stride]);
    }

    internal Partition With(float[] spread) => new(_blocks, _lists, spread);

    /// <summary>The partition with some lists replaced and others added at the end.</summary>
    internal Partition With(IReadOnlyList<(int At, PostingList List, Centroid Centroid)> changes, int stride)
    {
        int count = Math.Max(_lists.Length, changes.Max(static change => change.At) + 1);
        var lists = new PostingList[count];
        _lists.CopyTo(lists, 0);
        var blocks = new CentroidBlock[(count + CodeBlock.Rows - 1) / CodeBlock.Rows];
        _blocks.CopyTo(blocks, 0);
        foreach (int at in changes.Select(static change => change.At / CodeBlock.Rows).Distinct())
        {
            blocks[at] = at < _blocks.Length ? new CentroidBlock(_blocks[at]) : new CentroidBlock(stride);
        }

        foreach (var (at, list, centroid) in changes)
        {
            lists[at] = list;
            blocks[at / CodeBlock.Rows].Set(at % CodeBlock.Rows, centroid);
        }

        return new Partition(blocks, lists, Spread);
    }

    /// <summary>The list whose mean is nearest to the vector in <paramref name="scratch"/>; of equals, the first.</summary>
    internal int Nearest<TLanes>(VectorScratch scratch)
        where TLanes : struct, ICodeLanes
    {
        if (_lists.Length == 1) return 0;
        float best = float.NegativeInfinity;
        int list = 0;
        for (int block = 0; block < _blocks.Length; block++)
        {
            CentroidBlock centroids = _blocks[block];
            var (low, high) = centroids.Means<TLanes>(scratch);
            low -= Vector256.LoadUnsafe(ref centroids.HalfSquare[0]);
            high -= Vector256.LoadUnsafe(ref centroids.HalfSquare[8]);
            Vector256<float> most = Vector256.Max(low, high);
            if (!Vector256.GreaterThanAny(most, Vector256.Create(best))) continue;
            for (int i = 0; i < CodeBlock.Rows && (block * CodeBlock.Rows) + i < _lists.Length; i++)
            {
                float value = i < 8 ? low[i] : high[i - 8];
                if (value > best) (best, list) = (value, (block * CodeBlock.Rows) + i);
            }
        }

        return list;
    }

    /// <summary>Writes of each list the similarity of the query in <paramref name="scratch"/> to its mean, and how far the similarities of its rows are from that.</summary>
    internal void Expect<TLanes>(VectorScratch scratch, Span<float> means, Span<float> deviations)
        where TLanes : struct, ICodeLanes
    {
        float unit = MathF.Sqrt(MathF.Max(0, Variance(scratch.Unit)));
        for (int block = 0; block < _blocks.Length; block++)
        {
            var (low, high) = _blocks[block].Means<TLanes>(scratch);
            int first = block * CodeBlock.Rows;
            for (int i = 0; i < CodeBlock.Rows && first + i < _lists.Length; i++)
            {
                means[first + i] = i < 8 ? low[i] : high[i - 8];
                deviations[first + i] = unit * _blocks[block].Deviations[i];
            }
        }
    }

    internal void Mean(int list, Span<float> mean) => _blocks[list / CodeBlock.Rows].Mean(list % CodeBlock.Rows, mean);

    private float Variance(ReadOnlySpan<float> query)
    {
        float sum = 0;
        for (int i = 0; i < query.Length; i++) sum += query[i] * FloatDot.Of(Spread.AsSpan(i * query.Length, query.Length), query);
        return sum;
    }
}

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
