using Millrace.Decisions.Candidates.Vectors;

namespace Millrace.Bench.Vectors;

/// <summary>Queries with the filters that they are asked under: filters that are spread over the space, and filters that are regions of it, near the query and far from it.</summary>
internal sealed record VectorCases(string Name, float[][] Queries, (string Name, RowBitmap Rows)[] Filters)
{
    private static readonly double[] Shares = [0.1, 0.01, 0.001];

    // Queries far from a filter are of the topics that are least like it, a twentieth of the items.
    private const double Far = 0.05;

    /// <param name="data">The items.</param>
    /// <param name="items">How many there are.</param>
    /// <param name="more">How many will come.</param>
    /// <param name="queries">Queries of each case.</param>
    /// <param name="topics">Whether items have topics, so that filters can be made of whole ones.</param>
    internal static VectorCases[] Of(VectorData data, int items, int more, int queries, bool topics)
    {
        (string, RowBitmap)[] spread = [("all", Spread(items + more, 1)), .. Shares.Select(share => (Said("spread", share), Spread(items + more, share)))];
        float[][] mixed = Queried(queries, data.Dimensions, (number, query) => data.Query(number, items, query));
        if (!topics) return [new VectorCases("anywhere", mixed, spread)];
        int[] near = [.. data.TopicsByNearness()];
        (string, RowBitmap)[] scattered = [.. Shares.Select(share => (Said("scattered topics", share), InTopics(data, items + more, data.Topics(data.TopicsShuffled(), share))))];
        (string, RowBitmap)[] region = [.. Shares.Select(share => (Said("region", share), InTopics(data, items + more, data.Topics(near, share))))];
        HashSet<int> innermost = data.Topics(near, Shares[^1]);
        HashSet<int> outermost = data.Topics(near.Reverse(), Far);
        return
        [
            new VectorCases("anywhere", mixed, [.. spread, .. scattered]),
            new VectorCases("near", Queried(queries, data.Dimensions, (number, query) => data.QueryAt(innermost, number, items, query)), region),
            new VectorCases("far", Queried(queries, data.Dimensions, (number, query) => data.QueryAt(outermost, number, items, query)), region),
        ];
    }

    /// <summary>Rows by a hash of their number.</summary>
    internal static RowBitmap Spread(int rows, double share)
    {
        uint most = (uint)(share * uint.MaxValue);
        return Rows(rows, row => (uint)row * 2_654_435_761u <= most);
    }

    /// <summary>Prints what was found and what it cost, by bitmaps and by asking row by row; returns the least recall.</summary>
    internal double Measure(VectorIndex index, VectorData data, int items, int take, double exactMicros)
    {
        VectorTruth truth = VectorTruth.Of(data, items, Queries, [.. Filters.Select(static filter => filter.Rows)], take);
        Console.WriteLine($"queries {Name}:\n");
        Console.WriteLine("| allowed | recall@200 | worst tenth | queries/s/core | p50 ms | p99 ms | lists | rows scanned | reranked | times the exact scan |\n|---|---|---|---|---|---|---|---|---|---|");
        double lowest = 1;
        for (int filter = 0; filter < Filters.Length; filter++)
        {
            var (name, rows) = Filters[filter];
            SearchFigures.Judge judge = (query, found) => truth.Recall(query, filter, found);
            if (name == "all")
            {
                Print(name, SearchFigures.Measure(index, Queries, static () => new AllRows(), take, judge));
                continue;
            }

            Print(name, SearchFigures.Measure(index, Queries, () => rows, take, judge));
            Print($"{name}, asked row by row", SearchFigures.Measure(index, Queries, () => new AskedRows(rows), take, judge));
        }

        Console.WriteLine();
        return lowest;

        void Print(string name, SearchFigures figures)
        {
            Console.WriteLine(FormattableString.Invariant(
                $"| {name} | {figures.Recall:F4} | {figures.WorstTenth:F3} | {1e6 / figures.Micros:F0} | {figures.Median:F2} | {figures.High:F2} | {figures.Probed:F0} | {figures.Scanned / items:P2} | {figures.Reranked:F0} | {exactMicros / figures.Micros:F1} |"));
            lowest = Math.Min(lowest, figures.Recall);
        }
    }

    private static string Said(string how, double share) => FormattableString.Invariant($"{how} {share * 100:0.#} %");

    private static float[][] Queried(int queries, int dimensions, Action<int, float[]> write)
    {
        var all = new float[queries][];
        for (int number = 0; number < queries; number++) write(number, all[number] = new float[dimensions]);
        return all;
    }

    private static RowBitmap InTopics(VectorData data, int rows, HashSet<int> topics) => Rows(rows, row => topics.Contains(data.Topic(row)));

    private static RowBitmap Rows(int rows, Func<int, bool> allows)
    {
        var words = new ulong[(rows + 63) / 64];
        for (int row = 0; row < rows; row++)
        {
            if (allows(row)) words[row >> 6] |= 1UL << row;
        }

        return RowBitmap.Of(words);
    }
}
