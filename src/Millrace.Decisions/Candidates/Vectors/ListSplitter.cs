using Millrace.Features.Numerics;

namespace Millrace.Decisions.Candidates.Vectors;

/// <summary>Parts a list's rows in two by k-means with two means, started far apart and run on a sample; parts at the median when one side would be nearly empty.</summary>
internal sealed class ListSplitter(VectorRows vectors, ulong seed)
{
    private const int Sample = 512;
    private const int Rounds = 6;

    // A side with less than an eighth of the rows does not pay for its list.
    private const int LeastShare = 8;

    private readonly float[] _first = new float[vectors.Stride];
    private readonly float[] _second = new float[vectors.Stride];
    private readonly float[] _axis = new float[vectors.Stride];
    private readonly double[] _sums = new double[2 * vectors.Stride];
    private float[] _places = [];

    /// <summary>Writes which side each row goes to; neither is empty. Needs two rows.</summary>
    internal void Part(ReadOnlySpan<int> rows, Span<bool> right, ulong stream)
    {
        Start(rows, stream);
        int step = Math.Max(1, rows.Length / Sample);
        for (int round = 0; round < Rounds; round++) Improve(rows, step);
        if (_places.Length < rows.Length) _places = new float[rows.Length];
        Span<float> places = _places.AsSpan(0, rows.Length);
        float middle = Axis();
        int count = 0;
        for (int i = 0; i < rows.Length; i++)
        {
            places[i] = FloatDot.Of(vectors.Of(rows[i]), _axis) - middle;
            right[i] = places[i] > 0;
            if (right[i]) count++;
        }

        if (Math.Min(count, rows.Length - count) < Math.Max(1, rows.Length / LeastShare)) AtMedian(places, right);
    }

    /// <summary>The mean of rows and their distance from it.</summary>
    internal Centroid Centroid(PostingList list)
    {
        var mean = new float[vectors.Stride];
        Span<double> sums = _sums.AsSpan(0, mean.Length);
        sums.Clear();
        int count = list.Count;
        for (int entry = 0; entry < count; entry++) Add(vectors.Of(list.Row(entry)), sums);
        for (int i = 0; i < mean.Length; i++) mean[i] = (float)(sums[i] / count);

        // Rows have length 1: the mean square distance from the mean is 1 less the mean's own square.
        return new Centroid(mean, MathF.Sqrt(MathF.Max(0, 1 - FloatDot.Of(mean, mean))));
    }

    // A row by chance; the row farthest from it; and the row farthest from that one.
    private void Start(ReadOnlySpan<int> rows, ulong stream)
    {
        int step = Math.Max(1, rows.Length / Sample);
        int chance = rows[Philox.ToIndex(Philox.Draw(seed, stream, 0).First, rows.Length)];
        int one = Farthest(rows, step, chance);
        int other = Farthest(rows, step, one);
        vectors.Of(one).CopyTo(_first);
        vectors.Of(other).CopyTo(_second);
    }

    private int Farthest(ReadOnlySpan<int> rows, int step, int from)
    {
        int farthest = from;
        float least = float.PositiveInfinity;
        for (int i = 0; i < rows.Length; i += step)
        {
            float similarity = FloatDot.Of(vectors.Of(rows[i]), vectors.Of(from));
            if (similarity < least) (least, farthest) = (similarity, rows[i]);
        }

        return farthest;
    }

    private void Improve(ReadOnlySpan<int> rows, int step)
    {
        float middle = Axis();
        _sums.AsSpan().Clear();
        int firsts = 0;
        int seconds = 0;
        for (int i = 0; i < rows.Length; i += step)
        {
            ReadOnlySpan<float> unit = vectors.Of(rows[i]);
            bool second = FloatDot.Of(unit, _axis) > middle;
            Add(unit, _sums.AsSpan(second ? vectors.Stride : 0, vectors.Stride));
            if (second) seconds++;
            else firsts++;
        }

        if (firsts == 0 || seconds == 0) return;
        for (int i = 0; i < vectors.Stride; i++)
        {
            _first[i] = (float)(_sums[i] / firsts);
            _second[i] = (float)(_sums[vectors.Stride + i] / seconds);
        }
    }

    // From the first mean to the second; returns where the middle between them is along it.
    private float Axis()
    {
        for (int i = 0; i < _axis.Length; i++) _axis[i] = _second[i] - _first[i];
        return (FloatDot.Of(_second, _second) - FloatDot.Of(_first, _first)) / 2;
    }

    private static void AtMedian(ReadOnlySpan<float> places, Span<bool> right)
    {
        int[] order = [.. Enumerable.Range(0, places.Length)];
        float[] keys = [.. places];
        Array.Sort(order, (a, b) => keys[a] != keys[b] ? keys[a].CompareTo(keys[b]) : a.CompareTo(b));
        for (int i = 0; i < order.Length; i++) right[order[i]] = i >= order.Length / 2;
    }

    private static void Add(ReadOnlySpan<float> unit, Span<double> sums)
    {
        for (int i = 0; i < unit.Length; i++) sums[i] += unit[i];
    }
}
