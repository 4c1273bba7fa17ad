namespace Millrace.Decisions.Candidates.Vectors;

/// <summary>Lists with what is known of each: its mean and how far its rows are from it. The set is immutable, a split makes another; the lists grow.</summary>
internal sealed class Partition
{
    private readonly CentroidBlock[] _blocks;
    private readonly int _room;
    private readonly PostingList[] _lists;

    private Partition(CentroidBlock[] blocks, int room, PostingList[] lists, float[] spread)
    {
        _blocks = blocks;
        _room = room;
        _lists = lists;
        Spread = spread;
    }

    internal int Count => _lists.Length;

    internal ReadOnlySpan<PostingList> Lists => _lists;

    /// <summary>Covariance of rows about the means of their lists, all lists together, row by row; its scale is arbitrary, <see cref="CentroidBlock.Deviation"/> is relative to it.</summary>
    internal float[] Spread { get; }

    internal long Bytes()
    {
        long bytes = 0;
        foreach (CentroidBlock block in _blocks) bytes += block.Bytes;
        foreach (PostingList list in _lists) bytes += list.Bytes;
        return bytes;
    }

    internal static Partition Single(PostingList list, int stride)
    {
        int room = CentroidBlock.ListsOf(stride);
        return new Partition([new CentroidBlock(room, stride)], room, [list], new float[stride * stride]);
    }

    internal Partition With(float[] spread) => new(_blocks, _room, _lists, spread);

    /// <summary>The partition with some lists replaced and others added at the end.</summary>
    internal Partition With(IReadOnlyList<(int At, PostingList List, Centroid Centroid)> changes, int stride)
    {
        int count = Math.Max(_lists.Length, changes.Max(static change => change.At) + 1);
        var lists = new PostingList[count];
        _lists.CopyTo(lists, 0);
        var blocks = new CentroidBlock[(count + _room - 1) / _room];
        _blocks.CopyTo(blocks, 0);
        foreach (int at in changes.Select(change => change.At / _room).Distinct())
        {
            blocks[at] = at < _blocks.Length ? new CentroidBlock(_blocks[at]) : new CentroidBlock(_room, stride);
        }

        foreach (var (at, list, centroid) in changes)
        {
            lists[at] = list;
            blocks[at / _room].Set(at % _room, centroid);
        }

        return new Partition(blocks, _room, lists, Spread);
    }

    /// <summary>The partition without a list, whose number the last one takes.</summary>
    internal Partition Without(int at)
    {
        int last = _lists.Length - 1;
        PostingList[] lists = _lists[..last];
        CentroidBlock[] blocks = _blocks[..((last + _room - 1) / _room)];
        if (at < last)
        {
            lists[at] = _lists[last];
            blocks[at / _room] = new CentroidBlock(_blocks[at / _room]);
            blocks[at / _room].Copy(_blocks[last / _room], last % _room, at % _room);
        }

        return new Partition(blocks, _room, lists, Spread);
    }

    /// <summary>The list whose mean is nearest to the vector in <paramref name="scratch"/>; of equals, the first.</summary>
    internal int Nearest<TLanes>(VectorScratch scratch)
        where TLanes : struct, ICodeLanes
    {
        if (_lists.Length == 1) return 0;
        float best = float.NegativeInfinity;
        int nearest = 0;
        for (int first = 0; first < _lists.Length; first += _room)
        {
            int nearer = _blocks[first / _room].Nearer<TLanes>(Math.Min(_room, _lists.Length - first), scratch, ref best);
            if (nearer >= 0) nearest = first + nearer;
        }

        return nearest;
    }

    /// <summary>The centroids of some lists.</summary>
    internal CentroidBlock Centroids(ReadOnlySpan<int> lists, int stride)
    {
        var block = new CentroidBlock((lists.Length + CodeBlock.Rows - 1) / CodeBlock.Rows * CodeBlock.Rows, stride);
        for (int i = 0; i < lists.Length; i++) block.Copy(_blocks[lists[i] / _room], lists[i] % _room, i);
        return block;
    }

    /// <summary>Writes the lists whose means are nearest to the vector in <paramref name="scratch"/>; returns how many.</summary>
    internal int Nearest<TLanes>(VectorScratch scratch, Span<int> lists)
        where TLanes : struct, ICodeLanes
    {
        NearestCollector nearest = scratch.Nearest;
        nearest.Begin(lists.Length, slack: 0);
        for (int first = 0; first < _lists.Length; first += CodeBlock.Rows)
        {
            var (low, high) = _blocks[first / _room].Nearness<TLanes>(first % _room, scratch);
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
        for (int first = 0; first < _lists.Length; first += CodeBlock.Rows)
        {
            CentroidBlock block = _blocks[first / _room];
            var (low, high) = block.Means<TLanes>(first % _room, scratch);
            for (int i = 0; i < CodeBlock.Rows && first + i < _lists.Length; i++)
            {
                means[first + i] = i < 8 ? low[i] : high[i - 8];
                deviations[first + i] = unit * block.Deviation((first % _room) + i);
            }
        }
    }

    internal void Mean(int list, Span<float> mean) => _blocks[list / _room].Mean(list % _room, mean);

    private float Variance(ReadOnlySpan<float> query)
    {
        float sum = 0;
        for (int i = 0; i < query.Length; i++) sum += query[i] * FloatDot.Of(Spread.AsSpan(i * query.Length, query.Length), query);
        return sum;
    }
}
