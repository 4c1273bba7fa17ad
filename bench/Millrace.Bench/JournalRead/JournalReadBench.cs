using System.Diagnostics;
using System.Globalization;
using Millrace.Bench.JournalAppend;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;

namespace Millrace.Bench.JournalRead;

/// <summary>
/// Reads a journal from its beginning to its end, batch by batch, and prints the processor's time per fact: what offline building and every catch-up stand on.
/// </summary>
internal static class JournalReadBench
{
    private const int WrittenBatch = 4096;
    private static readonly int[] Batches = [256, 1024, 4096];
    private const int FactsPerUser = 50;
    private const int EventsPerDecision = 5;
    private const int Rounds = 5;

    /// <param name="directory">Takes the journal; one that is there from an earlier run with as many facts is read again.</param>
    /// <param name="events">How many events are written; decisions are a fifth of them.</param>
    public static async Task<int> RunAsync(string directory, int events)
    {
        using var keys = new FileSubjectKeys(Path.Combine(directory, "keys"));
        await using var journal = await LocalJournal.OpenAsync(new JournalOptions { Directory = Path.Combine(directory, "journal") }, TimeProvider.System, keys);
        var users = Math.Max(1, events / FactsPerUser);
        await WriteAsync(journal, JournalStream.Events, events, i => BenchFacts.Event(i, users));
        await WriteAsync(journal, JournalStream.Decisions, events / EventsPerDecision, i => BenchFacts.Decision(i, users));
        Console.WriteLine("stream        threads      batch  cpu µs/fact (best, of all rounds)   facts/s  bytes/fact allocated  collections 0/1/2");
        foreach (var stream in (ReadOnlySpan<JournalStream>)[JournalStream.Events, JournalStream.Decisions])
        {
            foreach (var together in (ReadOnlySpan<bool>)[false, true])
            {
                foreach (var batch in Batches)
                {
                    Print(stream, together, batch, [.. Enumerable.Range(0, Rounds).Select(_ => Measure(journal, stream, together, batch))]);
                }
            }
        }

        return 0;
    }

    private static async Task WriteAsync(LocalJournal journal, JournalStream stream, int count, Func<int, Fact> fact)
    {
        var held = Enumerable.Range(0, journal.Partitions(stream)).Sum(p => journal.Range(stream, p).End);
        for (var next = (int)held; next < count; next += WrittenBatch)
        {
            await journal.AppendAsync([.. Enumerable.Range(next, Math.Min(WrittenBatch, count - next)).Select(fact)], default);
        }
    }

    /// <summary>Reads a stream once: its partitions one after the other, or each on a thread of its own.</summary>
    private static Measured Measure(LocalJournal journal, JournalStream stream, bool together, int batch)
    {
        var partitions = Enumerable.Range(0, journal.Partitions(stream)).ToArray();
        var facts = 0L;
        GC.Collect();
        var (allocated, busy, start) = (GC.GetTotalAllocatedBytes(), Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
        var collections = Enumerable.Range(0, 3).Select(GC.CollectionCount).ToArray();
        if (together)
        {
            var threads = partitions.Select(p => new Thread(() => Interlocked.Add(ref facts, Read(journal, stream, p, batch)))).ToList();
            threads.ForEach(t => t.Start());
            threads.ForEach(t => t.Join());
        }
        else
        {
            facts = partitions.Sum(p => Read(journal, stream, p, batch));
        }

        return new Measured(
            (Environment.CpuUsage.TotalTime - busy).TotalMicroseconds / facts,
            facts / Stopwatch.GetElapsedTime(start).TotalSeconds,
            (GC.GetTotalAllocatedBytes() - allocated) / facts,
            string.Join('/', Enumerable.Range(0, 3).Select(g => GC.CollectionCount(g) - collections[g])));
    }

    private static long Read(LocalJournal journal, JournalStream stream, int partition, int batch)
    {
        var next = 0L;
        while (Next(journal.ReadAsync(stream, partition, next, batch)) is { Count: > 0 } facts)
        {
            next = facts[^1].Position.Offset + 1;
        }

        return next;
    }

    /// <summary>What the embedded journal has read by the time it returns.</summary>
    private static IReadOnlyList<StoredFact> Next(ValueTask<IReadOnlyList<StoredFact>> read) => read.IsCompleted ? read.GetAwaiter().GetResult() : throw new InvalidOperationException("the embedded journal reads at once");

    private static void Print(JournalStream stream, bool together, int batch, Measured[] rounds)
    {
        var best = rounds.MinBy(r => r.Cpu)!;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{stream,-12}{(together ? 2 : 1),9}{batch,11:N0}{best.Cpu,13:N2} ({rounds.Min(r => r.Cpu):N2} to {rounds.Max(r => r.Cpu):N2}){best.Rate,18:N0}{best.Allocated,15:N0}          {best.Collections}"));
    }

    /// <param name="Cpu">Time of all processors per fact, µs, collections included; what a busy machine disturbs least.</param>
    /// <param name="Rate">Facts per second of the clock.</param>
    /// <param name="Allocated">Bytes per fact.</param>
    /// <param name="Collections">By generation.</param>
    private sealed record Measured(double Cpu, double Rate, long Allocated, string Collections);
}
