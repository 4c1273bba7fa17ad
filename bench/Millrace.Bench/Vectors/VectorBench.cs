using System.Diagnostics;
using System.Globalization;
using Millrace.Bench.Features;
using Millrace.Decisions.Candidates.Vectors;

namespace Millrace.Bench.Vectors;

/// <summary>Nearest neighbours at size: how fast the index is built, what it weighs, what it finds of the exact answer and what a search costs, by the share of rows that a filter allows.</summary>
internal static class VectorBench
{
    private const int Take = 200;
    private const int Inserts = 20_000;

    /// <param name="items">Rows.</param>
    /// <param name="dimensions">Values per vector.</param>
    /// <param name="queries">Queries per filter.</param>
    /// <param name="options">clustered or sphere; passes of maintenance after the build; <c>usearch</c> to measure that beside.</param>
    internal static int Run(int items, int dimensions, int queries, string[] options)
    {
        string kind = options is [var said, ..] ? said : "clustered";
        int improve = options is [_, var passes, ..] ? int.Parse(passes, CultureInfo.InvariantCulture) : 0;
        var data = new VectorData(dimensions, topics: Math.Clamp(items / 1_000, 10, 2_000), clustered: kind == "clustered");
        var index = new VectorIndex(new VectorIndexOptions { Dimensions = dimensions });
        Console.WriteLine($"{items} items of {dimensions}, {kind}, {queries} queries, load {File.ReadAllText("/proc/loadavg").Trim()}");
        Build(index, data, items, improve);
        var cases = VectorCases.Of(data, items, Inserts, queries, kind == "clustered");
        double exact = ExactMicros(index, cases[0].Queries);
        Console.WriteLine(FormattableString.Invariant($"exact scan of all vectors: {exact / 1e3:F1} ms a query\n"));
        double lowest = 1;
        foreach (VectorCases set in cases) lowest = Math.Min(lowest, set.Measure(index, data, items, Take, exact));
        float[][] asked = cases[0].Queries;
        if (options is [_, _, "usearch"])
        {
            VectorTruth truth = VectorTruth.Of(data, items, asked, [VectorCases.Spread(items, 1)], Take);
            UsearchPeer.Measure(data, items, asked, Take, (query, found) => truth.Recall(query, 0, found));
        }

        Live(index, data, items, asked);
        return lowest >= 0.95 ? 0 : 1;
    }

    private static void Build(VectorIndex index, VectorData data, int items, int improve)
    {
        var vector = new float[data.Dimensions];
        long making = 0;
        long began = ThreadClock.Now;
        for (int row = 0; row < items; row++)
        {
            long before = row % 64 == 63 ? ThreadClock.Now : 0;
            data.Item(row, vector);
            if (row % 64 == 63) making += 64 * (ThreadClock.Now - before);
            index.Add(row, vector);
        }

        double seconds = (ThreadClock.Now - began - making) / 1e9;
        Console.WriteLine(FormattableString.Invariant(
            $"built in {seconds:F1} s of processor, {items / seconds:F0} inserts/s; {index.Lists} lists, {index.Splits} splits; {index.Bytes / 1e6:F0} MB counted, {Environment.WorkingSet / 1e6:F0} MB of the process"));
        for (int pass = 0; pass < improve; pass++)
        {
            began = ThreadClock.Now;
            int moved = index.Improve(items);
            Console.WriteLine(FormattableString.Invariant($"maintenance of all rows: {(ThreadClock.Now - began) / 1e9:F1} s, {moved} moved, {index.Lists} lists"));
        }
    }

    // Every row's floats, in order: what an index is measured against.
    private static double ExactMicros(VectorIndex index, float[][] queries)
    {
        var scratch = new VectorScratch();
        var into = new Neighbour[Take];
        int runs = Math.Min(queries.Length, 5);
        index.SearchExact(queries[0], Take, scratch, into);
        long began = ThreadClock.Now;
        for (int i = 0; i < runs; i++) index.SearchExact(queries[i], Take, scratch, into);
        return (ThreadClock.Now - began) / 1e3 / runs;
    }

    /// <summary>Inserts while another thread searches without pause; each new item is looked for at once.</summary>
    private static void Live(VectorIndex index, VectorData data, int items, float[][] queries)
    {
        using var stop = new CancellationTokenSource();
        int searches = 0;
        var searcher = new Thread(() =>
        {
            var scratch = new VectorScratch();
            var into = new Neighbour[Take];
            for (; !stop.IsCancellationRequested; searches++) index.Search(queries[searches % queries.Length], Take, new AllRows(), scratch, into);
        });
        searcher.Start();
        var own = new VectorScratch();
        var found = new Neighbour[Take];
        var vector = new float[data.Dimensions];
        var millis = new List<double>();
        double latest = 0;
        int missing = 0;
        for (int row = items; row < items + Inserts; row++)
        {
            data.Item(row, vector);
            long began = Stopwatch.GetTimestamp();
            index.Add(row, vector);
            millis.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            if (row % 100 != 0) continue;
            int count = index.Search(vector, Take, new AllRows(), own, found);
            if (!found.AsSpan(0, count).ToArray().Any(neighbour => neighbour.Row == row)) missing++;
            latest = Math.Max(latest, Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }

        stop.Cancel();
        searcher.Join();
        double total = millis.Sum();
        millis.Sort();
        Console.WriteLine(FormattableString.Invariant(
            $"live: {Inserts} inserts at {Inserts / total * 1e3:F0}/s beside {searches} searches of another thread; an insert p50 {millis[Inserts / 2] * 1e3:F0} µs, p99 {millis[Inserts * 99 / 100] * 1e3:F0} µs, longest {millis[^1]:F1} ms; new items found at most {latest:F1} ms after their insert began, {missing} of {Inserts / 100} not found"));
    }
}
