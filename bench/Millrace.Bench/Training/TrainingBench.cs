using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Millrace.Learning.DuckDb;
using Millrace.Learning.Training;
using Millrace.Learning.Training.LightGbm;
using Millrace.Learning.Training.Slices;

namespace Millrace.Bench.Training;

/// <summary>
/// Training out of core: examples of 30 features from Parquet through DuckDB, beside LightGBM's own loader of text, each in a process of its own for its peak of memory; and how many examples
/// suffice. Times are the processor's, of one thread of LightGBM.
/// </summary>
internal static class TrainingBench
{
    internal const int ValidRows = 100_000;
    internal const long ValidFrom = 10_000_000_000;
    private static readonly TrainingSettings Settings = new()
    {
        Objective = "binary",
        Rounds = 100,
        CheckpointEvery = 0,
        Other = ImmutableSortedDictionary<string, string>.Empty.Add("num_leaves", "63"),
    };

    /// <param name="directory">Takes the files: about 130 B an example, and 320 B as text.</param>
    /// <param name="sizes">How many examples, ascending.</param>
    /// <param name="trees">Trees of each training.</param>
    internal static async Task<int> RunAsync(string directory, long[] sizes, int trees)
    {
        if (LightGbmLibrary.Absence is { } absence)
        {
            Console.WriteLine($"skipped: {absence}");
            return 77;
        }

        var (train, valid, text) = (Path.Combine(directory, "train.parquet"), Path.Combine(directory, "valid.parquet"), Path.Combine(directory, "train.csv"));
        TrainingData.Write(train, sizes[^1], 0);
        var least = TrainingData.Write(valid, ValidRows, ValidFrom);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{trees} trees of 63 leaves; no model can have a log loss below {least:F6}"));
        Console.WriteLine("| examples | from | reading, CPU s | trees, CPU s | elapsed s | peak MiB | log loss later | above the least |\n|---|---|---|---|---|---|---|---|");
        var ours = new List<(long Rows, Child Child)>();
        foreach (var size in sizes)
        {
            var child = await ChildAsync("train-parquet", train, valid, size, trees);
            ours.Add((size, child));
            Row(size, "Parquet", child, least);

            // Text in turn with it, of the same rows.
            Cut(train, text, size);
            Row(size, "text", await ChildAsync("train-text", text, valid, size, trees), least);
            File.Delete(text);
        }

        if (ours.Count > 1)
        {
            var ((fewer, before), (more, last)) = (ours[^2], ours[^1]);
            double Slope(Func<Child, double> of) => (of(last) - of(before)) / (more - fewer);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"10⁹ examples, by the line through the last two: {(Slope(c => c.Reading) + Slope(c => c.Trees)) * 1e9 / 3600:N1} CPU hours, {Slope(c => c.PeakMebibytes) * 1e9 / 1024:N0} GiB"));
        }

        return 0;
    }

    /// <summary>One training from Parquet, in this process; prints one line of JSON.</summary>
    internal static async Task<int> ParquetAsync(string train, string valid, long rows, int trees)
    {
        var examples = new ParquetFile(train, rows, valid, ValidRows);
        var settings = Settings with { Rounds = trees };
        var clock = Stopwatch.StartNew();
        using var data = await BinnedSlices.LoadAsync(examples, new TimeSlices(ValidFrom), settings, null, null, CancellationToken.None);
        var reading = Cpu();
        var forest = new ForestTrainer(data, settings).Train(null, null, CancellationToken.None);
        Print(reading, Cpu() - reading, clock.Elapsed.TotalSeconds, forest.Curve.Valid[^1][0]);
        return 0;
    }

    /// <summary>One training from text by LightGBM's own loader, in this process.</summary>
    internal static int Text(string train, long rows, int trees)
    {
        var settings = Settings with { Rounds = trees };
        var parameters = settings.Text([]) + " header=false label_column=0";
        var clock = Stopwatch.StartNew();
        LightGbmLibrary.Check(LightGbmLibrary.LGBM_SetMaxThreads(settings.Threads));
        using var data = LightGbmDataset.FromFile(train, parameters, (int)rows);
        var reading = Cpu();
        using var booster = LightGbmBooster.Create(data, parameters);
        for (var i = 0; i < trees; i++) booster.Update();
        Print(reading, Cpu() - reading, clock.Elapsed.TotalSeconds, double.NaN);
        return 0;
    }

    private static void Cut(string parquet, string csv, long rows)
    {
        using var store = DuckDbSession.InMemory(new DuckDbOptions { Threads = 2 });
        var columns = string.Join(", ", Enumerable.Range(0, TrainingData.Columns).Select(column => $"f{column}"));
        store.Execute($"copy (select label, {columns} from read_parquet({DuckDbSession.Text(parquet)}) limit {rows}) to {DuckDbSession.Text(csv)} (format csv, header false)");
    }

    private static void Row(long rows, string from, Child child, double least) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"| {rows:N0} | {from} | {child.Reading:N1} | {child.Trees:N1} | {child.Elapsed:N1} | {child.PeakMebibytes:N0} | {(child.Loss > 0 ? child.Loss.ToString("F6", CultureInfo.InvariantCulture) : "")} | {(child.Loss > 0 ? (child.Loss - least).ToString("F6", CultureInfo.InvariantCulture) : "")} |"));

    private static double Cpu() => Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds;

    private static void Print(double reading, double trees, double elapsed, double loss)
    {
        var peak = File.ReadLines("/proc/self/status").First(static line => line.StartsWith("VmHWM", StringComparison.Ordinal)).Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1];
        Console.WriteLine(JsonSerializer.Serialize(new Child(reading, trees, elapsed, double.Parse(peak, CultureInfo.InvariantCulture) / 1024, double.IsNaN(loss) ? 0 : loss)));
    }

    private static async Task<Child> ChildAsync(string what, string train, string valid, long rows, int trees)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Millrace.Bench")) { RedirectStandardOutput = true };
        foreach (var argument in (string[])[what, train, valid, rows.ToString(CultureInfo.InvariantCulture), trees.ToString(CultureInfo.InvariantCulture)]) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? JsonSerializer.Deserialize<Child>(said)! : throw new InvalidOperationException($"{what} ended with {process.ExitCode}: {said}");
    }

    /// <summary>What a process says of its training.</summary>
    private sealed record Child(double Reading, double Trees, double Elapsed, double PeakMebibytes, double Loss);
}
