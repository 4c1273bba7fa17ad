using System.Diagnostics;
using System.Globalization;

namespace Millrace.Bench.FeaturesAsOf;

/// <summary>The same training rows by every side, from one synthetic log in one run: rows per second, and the ratio to the first side.</summary>
internal static class FeaturesAsOfBench
{
    /// <param name="directory">Takes what the sides write; what is there of an earlier run must be gone.</param>
    /// <param name="size">How large the log is.</param>
    /// <param name="only">Only sides whose names contain it.</param>
    public static async Task<int> RunAsync(string directory, LogSize size, string only = "")
    {
        using var duck = new DuckDbSide(threads: 2, memory: "2GB");
        IAsOfSide[] sides = [duck, new EngineSide("Millrace, the same columns", AsOfFeatures.Same), new EngineSide("Millrace, 30 features", AsOfFeatures.Thirty)];
        await CompareAsync(directory, new SyntheticLog(size), [.. sides.Where(side => side.Name.Contains(only, StringComparison.OrdinalIgnoreCase))]);
        return 0;
    }

    private static async Task CompareAsync(string directory, SyntheticLog log, IAsOfSide[] sides)
    {
        var rows = log.Size.Decisions * SyntheticLog.SlateItems;
        var first = 0.0;
        Console.WriteLine("side                             rows/s      seconds  cpu seconds   of the first    GC seconds   of each age   peak MiB");
        foreach (var side in sides)
        {
            var own = Directory.CreateDirectory(Path.Combine(directory, side.GetType().Name)).FullName;
            await side.LoadAsync(log, own);
            PeakMemory.Restart();
            int[] before = [.. Enumerable.Range(0, GC.MaxGeneration + 1).Select(GC.CollectionCount)];
            var (start, busy, paused) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime, GC.GetTotalPauseDuration());
            await side.BuildAsync();
            var (seconds, cpu) = (Stopwatch.GetElapsedTime(start).TotalSeconds, (Environment.CpuUsage.TotalTime - busy).TotalSeconds);
            int[] collections = [.. before.Select((count, age) => GC.CollectionCount(age) - count)];
            var collecting = (GC.GetTotalPauseDuration() - paused).TotalSeconds;
            first = first == 0 ? rows / seconds : first;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{side.Name,-28}{rows / seconds,11:N0}{seconds,13:N2}{cpu,13:N2}{rows / seconds / first,13:N2}{collecting,13:N2}{string.Join('/', collections),14}{PeakMemory.Mebibytes,11:N0}"));
        }
    }
}
