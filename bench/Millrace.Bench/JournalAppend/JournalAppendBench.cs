using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;

namespace Millrace.Bench.JournalAppend;

/// <summary>
/// Acknowledged appends to the embedded journal beside bare append-and-fdatasync loops on the same disk, in one run; prints the ratios that are promised.
/// </summary>
internal static partial class JournalAppendBench
{
    private const int Producers = 64;
    private const int BatchFacts = 256;
    private const int Users = 2_000;
    private const int BareBatchBytes = 1 << 20;
    private const int Pairs = 5;
    private static readonly TimeSpan Warming = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(3);

    /// <param name="directory">On the disk to be measured; what it writes there it deletes.</param>
    /// <param name="only">Workloads whose name holds this text; empty for all.</param>
    public static async Task<int> RunAsync(string directory, string only)
    {
        var events = Enumerable.Range(0, 4096).Select(i => BenchFacts.Event(i, Users)).ToArray();
        var decisions = Enumerable.Range(0, 4096).Select(i => BenchFacts.Decision(i, Users)).ToArray();
        (string Name, Fact[] Facts, int Batch)[] workloads =
        [
            ("events, one in flight", events, 1),
            ("decisions, one in flight", decisions, 1),
            ("events, batches of 256", events, BatchFacts),
            ("decisions, batches of 256", decisions, BatchFacts),
        ];
        Console.WriteLine("workload                    journal/s     bare/s  ratio (of all pairs)  bytes/sync bytes/fact cpu µs/fact p99 ack µs bare p99 µs  ratio (of all pairs)");
        foreach (var (name, facts, batch) in workloads.Where(w => w.Name.Contains(only, StringComparison.Ordinal)))
        {
            await CompareAsync(name, directory, facts, batch);
        }

        return 0;
    }

    private static async Task CompareAsync(string name, string directory, Fact[] facts, int batch)
    {
        var guess = await AppendAsync(directory, facts, batch, Round);
        var chunk = batch == 1 ? (int)guess.BytesPerSync : BareBatchBytes;
        var pairs = new List<(Measured Ours, Measured Bare)>();
        for (var i = 0; i < Pairs; i++)
        {
            var bare = Bare(directory, chunk, Round);
            pairs.Add((await AppendAsync(directory, facts, batch, Round), bare));
        }

        // A disk that others share changes within seconds, so each run is set against the bare loop just before it.
        var rates = pairs.Select(p => p.Ours.Bytes / p.Bare.Bytes).Order().ToArray();
        var tails = pairs.Select(p => p.Ours.P99 / p.Bare.P99).Order().ToArray();
        var (journal, loop) = pairs.OrderBy(p => p.Ours.Bytes / p.Bare.Bytes).ElementAt(Pairs / 2);
        var unit = batch == 1 ? journal.BytesPerFact : 1e6;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-26}{journal.Bytes / unit,11:N0}{loop.Bytes / unit,11:N0}{rates[Pairs / 2],7:P0} ({rates[0],4:P0} to {rates[^1],4:P0}){journal.BytesPerSync,12:N0}{journal.BytesPerFact,11:N0}{journal.Cpu,12:N2}{journal.P99,11:N0}{loop.P99,12:N0}{tails[Pairs / 2],7:N1} ({tails[0]:N1} to {tails[^1]:N1}){(batch == 1 ? "  facts" : "  MB")}"));
    }

    /// <summary>A loop that appends so many bytes and syncs, alone.</summary>
    private static Measured Bare(string directory, int bytes, TimeSpan time)
    {
        var path = Path.Combine(directory, "bare");
        using var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
        var chunk = new byte[bytes];
        new Random(7).NextBytes(chunk);
        var latencies = new List<double>();
        var clock = Stopwatch.StartNew();
        var at = 0L;
        while (clock.Elapsed < time)
        {
            var start = Stopwatch.GetTimestamp();
            RandomAccess.Write(file, chunk, at);
            _ = Fdatasync(file);
            at += bytes;
            latencies.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        }

        var seconds = clock.Elapsed.TotalSeconds;
        File.Delete(path);
        return new Measured(at / seconds, P99(latencies), bytes, bytes, Cpu: 0);
    }

    private static async Task<Measured> AppendAsync(string directory, Fact[] facts, int batch, TimeSpan time)
    {
        var path = Path.Combine(directory, "journal");
        using var keys = new FileSubjectKeys(Path.Combine(directory, "keys"));
        using var meter = new JournalMeter();
        var latencies = new List<double>[Producers];
        double seconds;
        double cpu;
        await using (var journal = await LocalJournal.OpenAsync(new JournalOptions { Directory = path }, TimeProvider.System, keys))
        {
            await journal.AppendAsync(facts, default); // Every subject has its durable key, as in a running node.
            await ProduceAsync(journal, facts, batch, Warming, latencies); // Tiers the code up, and fills the first segments.
            meter.Reset();
            var busy = Environment.CpuUsage.TotalTime;
            seconds = await ProduceAsync(journal, facts, batch, time, latencies);
            cpu = (Environment.CpuUsage.TotalTime - busy).TotalMicroseconds;
        }

        Directory.Delete(path, recursive: true);
        return new Measured(
            meter.Bytes / seconds, P99([.. latencies.SelectMany(l => l)]), meter.Bytes / (double)meter.Syncs, meter.Bytes / (double)meter.Facts, cpu / meter.Facts);
    }

    /// <summary>Has all producers append for a time.</summary>
    /// <returns>The seconds that it took.</returns>
    private static async Task<double> ProduceAsync(LocalJournal journal, Fact[] facts, int batch, TimeSpan time, List<double>[] latencies)
    {
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Producers).Select(p => Task.Run(async () =>
        {
            var own = latencies[p] = [];
            for (var i = p * 61; clock.Elapsed < time; i += batch)
            {
                var start = Stopwatch.GetTimestamp();
                if (batch == 1)
                {
                    await journal.AppendAsync(facts[i % facts.Length]);
                }
                else
                {
                    await journal.AppendAsync(new ArraySegment<Fact>(facts, i * 7 % (facts.Length - batch), batch));
                }

                own.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
            }
        })));
        return clock.Elapsed.TotalSeconds;
    }

    private static double P99(List<double> latencies)
    {
        latencies.Sort();
        return latencies[(int)(latencies.Count * 0.99)];
    }

    [LibraryImport("libc", EntryPoint = "fdatasync")]
    private static partial int Fdatasync(SafeFileHandle file);

    /// <param name="Bytes">Per second, made durable.</param>
    /// <param name="P99">Of an acknowledged call, µs.</param>
    /// <param name="BytesPerSync">Mean.</param>
    /// <param name="BytesPerFact">Mean, with all that is written around it.</param>
    /// <param name="Cpu">Time of all processors per fact, µs; what a busy machine disturbs least.</param>
    private sealed record Measured(double Bytes, double P99, double BytesPerSync, double BytesPerFact, double Cpu);
}
