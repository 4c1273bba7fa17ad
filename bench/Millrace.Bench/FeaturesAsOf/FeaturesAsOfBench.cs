using System.Diagnostics;
using System.Globalization;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Bench.FeaturesAsOf;

/// <summary>The same training rows by every side, from one synthetic log in one run: rows per second, and the ratio to the first side.</summary>
internal static class FeaturesAsOfBench
{
    private const int Batch = 1024;

    /// <param name="directory">Takes what the sides write; what is there of an earlier run must be gone.</param>
    /// <param name="size">How large the log is.</param>
    public static async Task<int> RunAsync(string directory, LogSize size)
    {
        using var duck = new DuckDbSide(threads: 2, memory: "2GB");
        await CompareAsync(directory, new SyntheticLog(size), [duck, new EngineSide("Millrace, the same columns", AsOfFeatures.Same)]);
        return 0;
    }

    /// <summary>Writes a log into a journal, as the side that reads one loads it.</summary>
    public static async Task WriteAsync(IJournal journal, SyntheticLog log)
    {
        foreach (var facts in log.EventFacts().Cast<Fact>().Chunk(Batch).Concat(log.DecisionFacts().Cast<Fact>().Chunk(Batch)))
        {
            await journal.AppendAsync(facts, default);
        }
    }

    private static async Task CompareAsync(string directory, SyntheticLog log, IAsOfSide[] sides)
    {
        var rows = log.Size.Decisions * SyntheticLog.SlateItems;
        var first = 0.0;
        Console.WriteLine("side                             rows/s      seconds  cpu seconds   of the first");
        foreach (var side in sides)
        {
            var own = Directory.CreateDirectory(Path.Combine(directory, side.GetType().Name)).FullName;
            await side.LoadAsync(log, own);
            var (start, busy) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
            await side.BuildAsync();
            var (seconds, cpu) = (Stopwatch.GetElapsedTime(start).TotalSeconds, (Environment.CpuUsage.TotalTime - busy).TotalSeconds);
            first = first == 0 ? rows / seconds : first;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{side.Name,-28}{rows / seconds,11:N0}{seconds,13:N2}{cpu,13:N2}{rows / seconds / first,13:N2}"));
        }
    }
}
