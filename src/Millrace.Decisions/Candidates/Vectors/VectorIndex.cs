using System.Runtime.Intrinsics.X86;
using Millrace.Models.Trees;

namespace Millrace.Decisions.Candidates.Vectors;

/// <summary>
/// Nearest neighbours by the cosine of the angle, in memory, with filters, live inserts and removals. Up to <see cref="VectorIndexOptions.ExactBelow"/> rows every answer is exact;
/// above, rows lie in lists about means and a search looks at the lists that promise most. One thread writes at a time; any number search at once, each with its scratch, and wait
/// for nobody. What Add returned from, the next search sees. The same calls in the same order give the same answers on every machine (docs/decisions/0028).
/// </summary>
public sealed class VectorIndex
{
    // What rounding of floats adds to the errors of codes, many times over.
    private const float Rounding = 1e-5f;

    // Rows of vectors that are compared between two looks at whether the search should end.
    private const int RowsPerLook = 256;

    private readonly VectorIndexOptions _options;
    private readonly VectorRows _rows;
    private readonly VectorLists<Avx2Lanes>? _fast;
    private readonly VectorLists<PlainLanes>? _plain;
    private readonly float[] _unit;
    private float _largestScale;
    private double _scales;
    private long _scaled;
    private float _usualScale;
    private int _count;

    /// <summary>An index without rows.</summary>
    public VectorIndex(VectorIndexOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Dimensions, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ListRows, 2);
        _options = options;
        Missed = options.Missed;
        int stride = FloatDot.Padded(options.Dimensions);
        _rows = new VectorRows(stride);
        _unit = new float[stride];
        if (Avx2.IsSupported && (options.Level ?? SimdLevels.Best) != SimdLevel.Scalar) _fast = new VectorLists<Avx2Lanes>(_rows, options);
        else _plain = new VectorLists<PlainLanes>(_rows, options);
    }

    /// <summary>Rows.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Lists that the rows lie in.</summary>
    public int Lists => Partition.Count;

    /// <summary>Splits of lists so far.</summary>
    public long Splits => _fast?.Splits ?? _plain!.Splits;

    /// <summary>Lists that were given up, since few of their rows were left.</summary>
    public long Merges => _fast?.Merges ?? _plain!.Merges;

    /// <summary>Rows that moved to a list whose mean had become nearer.</summary>
    public long Moves => _fast?.Moves ?? _plain!.Moves;

    /// <summary>Memory of vectors, codes and lists; asked of the thread that writes.</summary>
    public long Bytes => _rows.Bytes + Partition.Bytes();

    /// <summary>As <see cref="VectorIndexOptions.Missed"/>, for a benchmark that tries several.</summary>
    internal float Missed { get; set; }

    private Partition Partition => _fast?.Partition ?? _plain!.Partition;

    /// <summary>Adds a row or replaces its vector. False, and nothing changes, when the vector has no direction: zero, or not finite.</summary>
    public bool Add(int row, ReadOnlySpan<float> vector)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        Require(vector);
        if (!FloatDot.Normalise(vector, _unit)) return false;
        NoteScale();
        bool had = _rows.Has(row);
        _rows.Write(row, _unit);
        if (_fast is not null) _fast.Add(row, had);
        else _plain!.Add(row, had);
        if (!had) Volatile.Write(ref _count, _count + 1);
        return true;
    }

    /// <summary>Whether it has a row; asked of the thread that writes.</summary>
    public bool Has(int row) => row >= 0 && _rows.Has(row);

    /// <summary>Removes a row; false when it is not there.</summary>
    public bool Remove(int row)
    {
        if (row < 0 || !_rows.Has(row)) return false;
        _rows.Erase(row);
        if (_fast is not null) _fast.Remove(row);
        else _plain!.Remove(row);
        Volatile.Write(ref _count, _count - 1);
        return true;
    }

    /// <summary>
    /// Maintenance in bounded steps: moves rows to lists whose means have become nearer, looking at <paramref name="rows"/> rows or a list more; returns how many moved.
    /// Searches look at fewer lists afterwards. For the thread that writes, when it has nothing else to do.
    /// </summary>
    public int Improve(int rows) => _fast?.Improve(rows) ?? _plain!.Improve(rows);

    /// <summary>Writes the rows most similar to <paramref name="query"/>, best first, of equal ones the lower row; returns how many.</summary>
    /// <param name="query">Of any length; one without a direction finds nothing.</param>
    /// <param name="take">The most rows wanted.</param>
    /// <param name="filter">Which rows may be answered.</param>
    /// <param name="scratch">Working memory.</param>
    /// <param name="into">Has room for <paramref name="take"/>.</param>
    /// <exception cref="ArgumentException">The query has the wrong number of values, or <paramref name="into"/> too little room.</exception>
    public int Search<TFilter>(ReadOnlySpan<float> query, int take, TFilter filter, VectorScratch scratch, Span<Neighbour> into)
        where TFilter : IRowFilter
    {
        Require(query);
        if (into.Length < take) throw new ArgumentException($"Expected room for {take} rows; got {into.Length}.", nameof(into));
        if (take <= 0 || !scratch.Take(query, _rows.Stride)) return 0;
        Partition partition = Partition;
        if (filter.Count <= _options.ExactAllowed) return Allowed(filter, take, scratch, into);
        if (_fast is not null) Look<Avx2Lanes, TFilter>(partition, take, filter, scratch);
        else Look<PlainLanes, TFilter>(partition, take, filter, scratch);
        return Rerank(take, scratch, into);
    }

    /// <summary>Looks at the vectors of all rows, one after the other: what the index is measured against.</summary>
    internal int SearchExact(ReadOnlySpan<float> query, int take, VectorScratch scratch, Span<Neighbour> into)
    {
        Require(query);
        if (!scratch.Take(query, _rows.Stride)) return 0;
        NearestCollector nearest = scratch.Nearest;
        nearest.Begin(take, slack: 0);
        for (int row = 0; row < _rows.End; row++)
        {
            if (_rows.TryDot(row, scratch.Unit, out float similarity) && similarity >= nearest.Threshold) nearest.Offer(row, similarity);
        }

        return nearest.Best(into);
    }

    private void Look<TLanes, TFilter>(Partition partition, int take, TFilter filter, VectorScratch scratch)
        where TLanes : struct, ICodeLanes
        where TFilter : IRowFilter
    {
        if (partition.Count == 1 || Count <= _options.ExactBelow)
        {
            VectorSearch<TLanes, TFilter>.All(partition, scratch, filter, take, 2 * LargestError(scratch.Scale));
            return;
        }

        // Errors of 64 or more values of a code cancel: their deviation is a step / √12 each, so that a step of both is above three deviations.
        float slack = Volatile.Read(ref _usualScale) + scratch.Scale;
        VectorSearch<TLanes, TFilter>.Probe(partition, scratch, filter, take, slack, Missed * take, Math.Max(1, Count));
    }

    // |q·x − q̂·x̂| ≤ |q|·|x − x̂| + |x̂|·|q − q̂|, and a code is at most half a step wrong in each dimension.
    private float LargestError(float queryScale)
    {
        float half = MathF.Sqrt(_options.Dimensions) / 2;
        float ofRow = half * Volatile.Read(ref _largestScale);
        return ofRow + ((1 + ofRow) * half * queryScale) + Rounding;
    }

    private int Rerank(int take, VectorScratch scratch, Span<Neighbour> into)
    {
        NearestCollector nearest = scratch.Nearest;
        Span<int> rows = scratch.Rows(nearest.Count);
        nearest.CopyRows(rows);
        scratch.Reranked = rows.Length;

        // In the order of memory; and a row that moved between lists during the search, and was found in both, counts once.
        rows.Sort();
        nearest.Begin(take, slack: 0);
        int before = -1;
        foreach (int row in rows)
        {
            if (row != before && _rows.TryDot(row, scratch.Unit, out float similarity) && similarity >= nearest.Threshold) nearest.Offer(row, similarity);
            before = row;
        }

        return nearest.Best(into);
    }

    private int Allowed<TFilter>(TFilter filter, int take, VectorScratch scratch, Span<Neighbour> into)
        where TFilter : IRowFilter
    {
        NearestCollector nearest = scratch.Nearest;
        nearest.Begin(take, slack: 0);
        for (int row = filter.Next(0); row >= 0 && !(scratch.Reranked % RowsPerLook == 0 && filter.IsOver); row = filter.Next(row + 1))
        {
            scratch.Reranked++;
            if (_rows.TryDot(row, scratch.Unit, out float similarity) && similarity >= nearest.Threshold) nearest.Offer(row, similarity);
        }

        return nearest.Best(into);
    }

    private void NoteScale()
    {
        float scale = CodeBlock.ScaleOf(_unit);
        if (scale > _largestScale) Volatile.Write(ref _largestScale, scale);
        _scales += scale;
        _scaled++;
        Volatile.Write(ref _usualScale, (float)(_scales / _scaled));
    }

    private void Require(ReadOnlySpan<float> vector)
    {
        if (vector.Length != _options.Dimensions) throw new ArgumentException($"Expected {_options.Dimensions} values; got {vector.Length}.", nameof(vector));
    }
}
