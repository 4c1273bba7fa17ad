using System.Diagnostics;
using Millrace.Bench.Features;
using Millrace.Decisions.Candidates.Vectors;

namespace Millrace.Bench.Vectors;

/// <summary>What searches found and cost: means over the queries, milliseconds of the wall's clock for the quantiles, microseconds of the processor for the mean.</summary>
internal sealed record SearchFigures(
    double Recall, double WorstTenth, double Micros, double Median, double High, double Probed, double Scanned, double Reranked)
{
    internal delegate double Judge(int query, ReadOnlySpan<Neighbour> found);

    internal static SearchFigures Measure<TFilter>(VectorIndex index, float[][] queries, Func<TFilter> filter, int take, Judge judge)
        where TFilter : IRowFilter
    {
        var scratch = new VectorScratch();
        var into = new Neighbour[take];
        var recalls = new List<double>();
        var millis = new List<double>();
        long processor = 0;
        double probed = 0;
        double scanned = 0;
        double reranked = 0;

        // Once to warm the JIT and the caches of what all queries read.
        for (int query = 0; query < Math.Min(queries.Length, 30); query++) index.Search(queries[query], take, filter(), scratch, into);
        for (int query = 0; query < queries.Length; query++)
        {
            long began = Stopwatch.GetTimestamp();
            long busy = ThreadClock.Now;
            int count = index.Search(queries[query], take, filter(), scratch, into);
            processor += ThreadClock.Now - busy;
            millis.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            recalls.Add(judge(query, into.AsSpan(0, count)));
            probed += scratch.Probed;
            scanned += scratch.Scanned;
            reranked += scratch.Reranked;
        }

        millis.Sort();
        recalls.Sort();
        double n = queries.Length;
        return new SearchFigures(
            recalls.Average(), recalls[queries.Length / 10], processor / 1e3 / n, millis[queries.Length / 2], millis[queries.Length * 99 / 100], probed / n, scanned / n, reranked / n);
    }
}
