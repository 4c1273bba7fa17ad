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
        where TLanes : struct, ICodeLanes => _lists.Length == 1 ? 0 : CentroidBlock.Nearest<TLanes>(_blocks, _lists.Length, scratch);

    /// <summary>The centroids of some lists.</summary>
    internal CentroidBlock[] Centroids(ReadOnlySpan<int> lists, int stride)
    {
        var blocks = new CentroidBlock[(lists.Length + CodeBlock.Rows - 1) / CodeBlock.Rows];
        for (int i = 0; i < lists.Length; i++)
        {
            if (i % CodeBlock.Rows == 0) blocks[i / CodeBlock.Rows] = new CentroidBlock(stride);
            blocks[i / CodeBlock.Rows].Copy(_blocks[lists[i] / CodeBlock.Rows], lists[i] % CodeBlock.Rows, i % CodeBlock.Rows);
        }

        return blocks;
    }

    /// <summary>Writes the lists whose means are nearest to the vector in <paramref name="scratch"/>; returns how many.</summary>
    internal int Nearest<TLanes>(VectorScratch scratch, Span<int> lists)
        where TLanes : struct, ICodeLanes
    {
        NearestCollector nearest = scratch.Nearest;
        nearest.Begin(lists.Length, slack: 0);
        for (int block = 0; block < _blocks.Length; block++)
        {
            var (low, high) = _blocks[block].Nearness<TLanes>(scratch);
            int first = block * CodeBlock.Rows;
            for (int i = 0; i < CodeBlock.Rows && first + i < _lists.Length; i++) nearest.Offer(first + i, i < 8 ? low[i] : high[i - 8]);
        }

        nearest.Settle();
        int count = Math.Min(nearest.Count, lists.Length);
        nearest.CopyRows(lists[..count]);
        return count;
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
