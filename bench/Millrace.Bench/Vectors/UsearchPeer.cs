using Cloud.Unum.USearch;
using Millrace.Bench.Features;
using Millrace.Decisions.Candidates.Vectors;

namespace Millrace.Bench.Vectors;

/// <summary>USearch (HNSW, native), on one thread, over the same items and queries, with several breadths of search. It has no filters through .NET.</summary>
internal static class UsearchPeer
{
    private static readonly ulong[] Breadths = [64, 256, 512];

    internal static void Measure(VectorData data, int items, float[][] queries, int take, SearchFigures.Judge judge)
    {
        Console.WriteLine("| USearch | built, s | inserts/s | recall@200 | queries/s/core |\n|---|---|---|---|---|");
        foreach (ulong breadth in Breadths)
        {
            using var index = new USearchIndex(MetricKind.Cos, ScalarKind.Float32, (ulong)data.Dimensions, connectivity: 16, expansionAdd: 128, expansionSearch: breadth);
            double built = Build(index, data, items);
            double recall = 0;
            long began = ThreadClock.Now;
            long judging = 0;
            for (int query = 0; query < queries.Length; query++)
            {
                int count = index.Search(queries[query], take, out ulong[] keys, out float[] distances);
                long before = ThreadClock.Now;
                recall += judge(query, [.. Enumerable.Range(0, count).Select(i => new Neighbour((int)keys[i], 1 - distances[i]))]);
                judging += ThreadClock.Now - before;
            }

            double micros = (ThreadClock.Now - began - judging) / 1e3 / queries.Length;
            Console.WriteLine(FormattableString.Invariant($"| expansion {breadth} | {built:F1} | {items / built:F0} | {recall / queries.Length:F4} | {1e6 / micros:F0} |"));
        }

        Console.WriteLine();
    }

    private static double Build(USearchIndex index, VectorData data, int items)
    {
        var vector = new float[data.Dimensions];
        long began = ThreadClock.Now;
        for (int row = 0; row < items; row++)
        {
            data.Item(row, vector);
            index.Add((ulong)row, vector);
        }

        return (ThreadClock.Now - began) / 1e9;
    }
}
