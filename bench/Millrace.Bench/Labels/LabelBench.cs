using System.Globalization;
using Millrace.Bench.FeaturesAsOf;
using Millrace.Features.Numerics;
using Millrace.Features.PointInTime;
using Millrace.Features.PointInTime.Parquet;
using Millrace.Labels;
using Millrace.Learning.Attribution;
using Millrace.Learning.Training;

namespace Millrace.Bench.Labels;

/// <summary>Builds labels of a generated day, joins them with rows of thirty features and reads the examples: how long, and how much memory.</summary>
internal static class LabelBench
{
    private const int Features = 30;

    public static async Task<int> RunAsync(string directory, int decisions)
    {
        string[] names = [.. Enumerable.Range(0, Features).Select(f => $"f{f}")];
        var (from, to) = (GeneratedJournal.Start, GeneratedJournal.Start + GeneratedJournal.Length);
        var (rows, labels) = (Path.Combine(directory, "rows"), Path.Combine(directory, "labels"));
        await WriteRowsAsync(rows, decisions, names);

        var request = new LabelRequest { From = from, To = to, Into = labels, Outcomes = OutcomeDefinition.Defaults, Tenant = "default" };
        var report = await TimedAsync("labels build", async () =>
        {
            var built = await new LabelRun(new GeneratedJournal(decisions), subject => unchecked((long)StableHash.Of(subject)), request).RunAsync(CancellationToken.None);
            return (built.Rows, built);
        });
        if (report.ByOutcome["impression"].Labelled != report.Rows || report.ByOutcome["click"].Labelled != (decisions + 2) / 3)
        {
            throw new InvalidDataException("labels are not those of the journal");
        }

        var examples = await TimedAsync("examples open", () =>
        {
            var opened = ParquetExamples.Open(new ExampleQuery { Rows = rows, Labels = labels, Label = "click" });
            return Task.FromResult((opened.Count, opened));
        });
        await TimedAsync("examples read", async () =>
        {
            var (read, sum) = (0L, 0.0);
            await foreach (var batch in examples.ReadAsync(CancellationToken.None))
            {
                (read, sum) = (read + batch.Count, sum + batch.Matrix.Span[^1]);
            }

            return (read, sum);
        });
        return 0;
    }

    private static async Task<T> TimedAsync<T>(string what, Func<Task<(long Rows, T Result)>> run)
    {
        GC.Collect();
        PeakMemory.Restart();
        var (started, processor) = (TimeProvider.System.GetTimestamp(), Environment.CpuUsage.TotalTime);
        var (rows, result) = await run();
        var (seconds, used) = (TimeProvider.System.GetElapsedTime(started).TotalSeconds, (Environment.CpuUsage.TotalTime - processor).TotalSeconds);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-14} {rows,12:N0} rows  {seconds,7:N1} s  {rows / seconds,11:N0} rows/s  {used,7:N1} s of processor  {PeakMemory.Mebibytes,6:N0} MiB peak"));
        return result;
    }

    private static async Task WriteRowsAsync(string directory, int decisions, string[] names)
    {
        var items = new RowItem[GeneratedJournal.Places];
        var matrix = new float[items.Length * names.Length];
        var n = 0L;
        foreach (var span in LabelSpan.Cut(GeneratedJournal.Start, GeneratedJournal.Start + GeneratedJournal.Length, TimeSpan.FromHours(1)))
        {
            await using var sink = new ParquetRowSink(directory, new RowSlice(span.From, span.To, [.. names], "generated", 1), new RowFileOptions());
            for (; n < decisions && GeneratedJournal.TimeOf(n, decisions) < span.To; n++)
            {
                for (var place = 0; place < items.Length; place++)
                {
                    items[place] = new RowItem(GeneratedJournal.ItemOf(n, place), "main", place + 1, 0.5);
                }

                for (var i = 0; i < matrix.Length; i++)
                {
                    matrix[i] = (float)Philox.ToUnit(Philox.Draw(1, (ulong)n, (ulong)i).First);
                }

                await sink.WriteAsync(new DecisionRows(GeneratedJournal.IdOf(n), GeneratedJournal.TimeOf(n, decisions), "home", "home@1", 0, "online", items, matrix));
            }

            await sink.CompleteAsync();
        }
    }
}
