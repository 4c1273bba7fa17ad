using Millrace.Decisions.Candidates.Vectors;

namespace Millrace.Bench.Vectors;

/// <summary>The exact answers, from the data themselves and not from the index: one pass over all items for all queries and filters.</summary>
internal sealed class VectorTruth
{
    private const int BlockRows = 256;

    private readonly PriorityQueue<int, float>[,] _best;
    private readonly float[][] _queries;

    private VectorTruth(float[][] queries, int filters)
    {
        _queries = queries;
        _best = new PriorityQueue<int, float>[queries.Length, filters];
        for (int query = 0; query < queries.Length; query++)
        {
            for (int filter = 0; filter < filters; filter++) _best[query, filter] = new PriorityQueue<int, float>();
        }
    }

    internal static VectorTruth Of(VectorData data, int items, float[][] queries, RowBitmap[] filters, int take)
    {
        var truth = new VectorTruth([.. queries.Select(Unit)], filters.Length);
        int stride = FloatDot.Padded(data.Dimensions);
        var block = new float[BlockRows * stride];
        var item = new float[data.Dimensions];
        for (int first = 0; first < items; first += BlockRows)
        {
            int rows = Math.Min(BlockRows, items - first);
            for (int i = 0; i < rows; i++)
            {
                data.Item(first + i, item);
                FloatDot.Normalise(item, block.AsSpan(i * stride, stride));
            }

            for (int query = 0; query < queries.Length; query++) truth.Look(query, block, stride, first, rows, filters, take);
        }

        return truth;
    }

    /// <summary>How many of the exact answer's rows are among <paramref name="found"/>, as a share.</summary>
    internal double Recall(int query, int filter, ReadOnlySpan<Neighbour> found)
    {
        PriorityQueue<int, float> best = _best[query, filter];
        if (best.Count == 0) return 1;
        var rows = new HashSet<int>();
        foreach (Neighbour neighbour in found) rows.Add(neighbour.Row);
        return best.UnorderedItems.Count(item => rows.Contains(item.Element)) / (double)best.Count;
    }

    private void Look(int query, float[] block, int stride, int first, int rows, RowBitmap[] filters, int take)
    {
        for (int i = 0; i < rows; i++)
        {
            float similarity = FloatDot.Of(block.AsSpan(i * stride, stride), _queries[query]);
            for (int filter = 0; filter < filters.Length; filter++)
            {
                PriorityQueue<int, float> best = _best[query, filter];
                best.TryPeek(out _, out float least);
                if ((best.Count == take && similarity <= least) || !filters[filter].Allows(first + i)) continue;
                if (best.Count < take) best.Enqueue(first + i, similarity);
                else best.EnqueueDequeue(first + i, similarity);
            }
        }
    }

    private static float[] Unit(float[] query)
    {
        var unit = new float[FloatDot.Padded(query.Length)];
        FloatDot.Normalise(query, unit);
        return unit;
    }
}
