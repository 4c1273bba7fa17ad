using Millrace.Features.Numerics;

namespace Millrace.Decisions.Candidates.Vectors;

/// <summary>
/// The writer's side of the lists: a row goes to the list with the nearest mean; a list that grew is split; one that is mostly struck entries is copied; rows move when another
/// mean has become nearer. What is published holds every row in at least one list, so that no search misses one that moves.
/// </summary>
internal sealed class VectorLists<TLanes>
    where TLanes : struct, ICodeLanes
{
    private const int SpreadSample = 4096;
    private const ulong SpreadStream = 1UL << 40;

    // Lists among which a row looks for a nearer mean.
    private const int Neighbours = 64;

    private readonly VectorRows _rows;
    private readonly VectorIndexOptions _options;
    private readonly ListSplitter _splitter;
    private readonly VectorScratch _scratch = new();
    private readonly Queue<int> _large = [];
    private readonly float[] _mean;
    private Partition _partition;
    private int[] _members = [];
    private bool[] _right = [];
    private int _listsAtSpread = 1;
    private int _cursor;
    private int _owed;
    private ulong _splits;

    internal VectorLists(VectorRows rows, VectorIndexOptions options)
    {
        _rows = rows;
        _mean = new float[rows.Stride];
        _options = options;
        _splitter = new ListSplitter(rows, options.Seed);
        _partition = Partition.Single(new PostingList(rows.Stride), rows.Stride);
    }

    internal Partition Partition => Volatile.Read(ref _partition);

    internal long Splits => (long)_splits;

    /// <summary>Lists that were given up, their rows with other lists.</summary>
    internal long Merges { get; private set; }

    /// <summary>Rows that went to a list whose mean had become nearer.</summary>
    internal long Moves { get; private set; }

    private int Stride => _rows.Stride;

    /// <summary>Adds a row, whose vector is written already; strikes the entry that it had.</summary>
    internal void Add(int row, bool had)
    {
        _scratch.TakeUnit(_rows.Of(row));
        int at = _partition.Nearest<TLanes>(_scratch);
        PostingList list = _partition.Lists[at];
        (int List, int Entry) before = _rows.Place(row);
        _rows.Place(row) = (at, list.Append(row, _rows.Of(row)));
        if (IsLarge(list)) _large.Enqueue(at);
        if (had) Strike(before);
        SplitLarge();
        _owed += _options.ImprovePerInsert;
        if (_partition.Count == 1 || _owed < Next.Live) return;
        Improve(_owed);
        _owed = 0;
    }

    internal void Remove(int row)
    {
        Strike(_rows.Place(row));
        SplitLarge();
    }

    /// <summary>Looks at the rows of the next lists, at least <paramref name="rows"/> of them, and moves those to which another mean is nearer; returns how many moved.</summary>
    internal int Improve(int rows)
    {
        int moved = 0;
        while (rows > 0 && _partition.Count > 1)
        {
            rows -= Math.Max(1, Next.Live);
            moved += Improve(Next, _cursor++);
        }

        return moved;
    }

    // The list to improve next.
    private PostingList Next => _partition.Lists[_cursor < _partition.Count ? _cursor : _cursor = 0];

    // An eighth of what a list grows to before it is split in halves or quarters: what was just split is far from being given up.
    private bool IsSmall(PostingList list) => list.Live <= _options.ListRows / 8 && _partition.Count > 1;

    private bool IsLarge(PostingList list) => list.Live > (_partition.Count == 1 ? _options.ExactBelow : 2 * _options.ListRows);

    private void Strike((int List, int Entry) place)
    {
        PostingList list = _partition.Lists[place.List];
        list.Strike(place.Entry);
        if (IsSmall(list))
        {
            GiveUp(place.List);
            return;
        }

        if (list.Struck <= list.Live || list.Struck < PostingChunk.Rows || list.Live == 0) return;
        ReadOnlySpan<int> entries = Entries(list);
        PostingList copy = Copy(list, entries, place.List, static _ => true);
        Publish([(place.List, copy, _splitter.Centroid(copy))]);
    }

    private void Split(int at)
    {
        PostingList list = _partition.Lists[at];
        ReadOnlySpan<int> entries = Entries(list);
        Span<bool> right = _right.AsSpan(0, entries.Length);
        Span<int> rows = Members(entries.Length);
        for (int i = 0; i < rows.Length; i++) rows[i] = list.Row(entries[i]);
        _splitter.Part(rows, right, _splits++);
        int added = _partition.Count;
        PostingList first = Copy(list, entries, at, i => !_right[i]);
        PostingList second = Copy(list, entries, added, i => _right[i]);
        _options.Parted?.Invoke();
        Publish([(at, first, _splitter.Centroid(first)), (added, second, _splitter.Centroid(second))]);
        if (IsLarge(first)) _large.Enqueue(at);
        if (IsLarge(second)) _large.Enqueue(added);
        if (_partition.Count >= 2 * _listsAtSpread) MeasureSpread();
    }

    // Its rows go to the lists nearest to them, and the last list takes its number. Whoever reads the set before finds the rows in both.
    private void GiveUp(int at)
    {
        PostingList list = _partition.Lists[at];
        int last = _partition.Count - 1;
        PostingList moved = _partition.Lists[last];
        Partition without = _partition.Without(at);
        foreach (int entry in Entries(list))
        {
            int row = list.Row(entry);
            _scratch.TakeUnit(_rows.Of(row));
            int nearest = without.Nearest<TLanes>(_scratch);
            _rows.Place(row) = (nearest, without.Lists[nearest].Append(list, entry));
            if (IsLarge(without.Lists[nearest])) _large.Enqueue(nearest);
        }

        if (at != last)
        {
            foreach (int entry in Entries(moved))
            {
                ref (int List, int Entry) place = ref _rows.Place(moved.Row(entry));
                if (place.List == last) place.List = at;
            }

            if (IsLarge(moved)) _large.Enqueue(at);
        }

        Volatile.Write(ref _partition, without);
        _listsAtSpread = Math.Min(_listsAtSpread, without.Count);
        Merges++;
    }

    // A row moves to a neighbouring list if at all: only the nearest means are looked at, a hundredth of the work of looking at all of thousands.
    private int Improve(PostingList list, int at)
    {
        ReadOnlySpan<int> entries = Entries(list);
        if (entries.Length == 0) return 0;
        _partition.Mean(at, _mean);
        _scratch.TakeUnit(_mean);
        Span<int> around = stackalloc int[Neighbours];
        around = around[.._partition.Nearest<TLanes>(_scratch, around)];
        around.Sort();
        CentroidBlock centroids = _partition.Centroids(around, Stride);
        int moved = 0;
        for (int i = 0; i < entries.Length; i++)
        {
            int row = list.Row(entries[i]);
            _scratch.TakeUnit(_rows.Of(row));
            float best = float.NegativeInfinity;
            int nearest = around[centroids.Nearer<TLanes>(around.Length, _scratch, ref best)];
            _right[i] = nearest != at && entries.Length - moved > 1;
            if (!_right[i]) continue;
            PostingList target = _partition.Lists[nearest];
            _rows.Place(row) = (nearest, target.Append(list, entries[i]));
            if (IsLarge(target)) _large.Enqueue(nearest);
            moved++;
        }

        PostingList rest = Copy(list, entries, at, i => !_right[i]);
        Publish([(at, rest, _splitter.Centroid(rest))]);
        Moves += moved;
        if (IsSmall(rest)) GiveUp(at);
        SplitLarge();
        return moved;
    }

    private void SplitLarge()
    {
        while (_large.TryDequeue(out int large))
        {
            if (large < _partition.Count && IsLarge(_partition.Lists[large])) Split(large);
        }
    }

    // The entries that were not struck.
    private ReadOnlySpan<int> Entries(PostingList list)
    {
        int count = list.Count;
        var entries = new int[list.Live];
        int live = 0;
        for (int entry = 0; entry < count; entry++)
        {
            if (list.Row(entry) != PostingList.None) entries[live++] = entry;
        }

        if (_right.Length < live) _right = new bool[live];
        return entries;
    }

    private Span<int> Members(int count)
    {
        if (_members.Length < count) _members = new int[count];
        return _members.AsSpan(0, count);
    }

    private PostingList Copy(PostingList list, ReadOnlySpan<int> entries, int at, Func<int, bool> keeps)
    {
        var copy = new PostingList(Stride);
        for (int i = 0; i < entries.Length; i++)
        {
            if (keeps(i)) _rows.Place(list.Row(entries[i])) = (at, copy.Append(list, entries[i]));
        }

        return copy;
    }

    private void Publish(IReadOnlyList<(int At, PostingList List, Centroid Centroid)> changes) =>
        Volatile.Write(ref _partition, _partition.With(changes, Stride));

    // How rows lie about the means of their lists, on a sample; measured anew whenever the lists have doubled.
    private void MeasureSpread()
    {
        _listsAtSpread = _partition.Count;
        var covariance = new double[Stride * Stride];
        var mean = new float[Stride];
        for (int i = 0; i < SpreadSample; i++)
        {
            var (first, second) = Philox.Draw(_options.Seed, SpreadStream + _splits, (ulong)i);
            int at = Philox.ToIndex(first, _partition.Count);
            PostingList list = _partition.Lists[at];
            if (list.Count == 0) continue;
            int row = list.Row(Philox.ToIndex(second, list.Count));
            if (row == PostingList.None) continue;
            _partition.Mean(at, mean);
            ReadOnlySpan<float> unit = _rows.Of(row);
            for (int d = 0; d < Stride; d++) mean[d] = unit[d] - mean[d];
            for (int d = 0; d < Stride; d++)
            {
                for (int e = 0; e < Stride; e++) covariance[(d * Stride) + e] += mean[d] * mean[e];
            }
        }

        double trace = 0;
        for (int d = 0; d < Stride; d++) trace += covariance[(d * Stride) + d];
        if (trace == 0) trace = 1;
        Volatile.Write(ref _partition, _partition.With([.. covariance.Select(value => (float)(value / trace))]));
    }
}
