using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Millrace.Bench.Features;
using Millrace.Bench.Forests;
using Millrace.Decisions;
using Millrace.Decisions.Pipeline;
using Millrace.Features.Numerics;
using Millrace.Flywheel;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;
using Millrace.Learning.Training.LightGbm;

namespace Millrace.Bench.Decide;

/// <summary>
/// Whole decisions in process: 200 candidates of five sources, thirty features, two forests, limits, exploration, each written behind to a journal on disk. How many per second
/// of a processor, what each step takes of it, what is allocated, and how late answers come at half of that rate.
/// </summary>
internal static class DecideBench
{
    private const int Rounds = 9;

    /// <summary>So many of the slowest decisions are told, with what each step took.</summary>
    private const int Slowest = 12;

    /// <param name="directory">Where the journal goes.</param>
    /// <param name="items">Items of the catalogue.</param>
    /// <param name="decisions">Decisions of a round.</param>
    /// <param name="trees">Of each forest.</param>
    /// <param name="leaves">Of each tree.</param>
    internal static async Task<int> RunAsync(string directory, int items, int decisions, int trees, int leaves)
    {
        if (LightGbmLibrary.Absence is { } absence)
        {
            Console.WriteLine($"skipped: {absence}");
            return 77;
        }

        var world = new DecideWorld(items, 5 * items, decisions * (Rounds + 4), trees, leaves);
        using var keys = new MemorySubjectKeys();
        using var meter = new Meter("Millrace.Bench");
        await using var journal = await LocalJournal.OpenAsync(new JournalOptions { Directory = directory }, TimeProvider.System, keys);
        await using var queue = new FactWriteBehind("decisions", 65_536, journal, meter, NullLogger.Instance, static () => { }, DecisionToFact.Shorter);
        Console.WriteLine($"{items} items, two forests of {trees} trees with {leaves} leaves");
        Console.WriteLine("| | decisions a second of a processor (median of rounds) | least µs | bytes a decision |\n|---|---|---|---|");
        Measure("without a record", world, world.Decider(sink: null), decisions);
        Decider decider = world.Decider(new DecisionToFact(queue));
        double rate = Measure("journalled", world, decider, decisions);
        Steps(world, decider, decisions);
        HalfLoad(world, decider, decisions, rate / 2);
        await queue.SettleAsync(CancellationToken.None);
        Decided last = decider.Decide(world.Next());
        Console.WriteLine($"{last.CandidateCount} candidates, {last.Slots[0].Items.Length} placed, rung {last.Rung}, model {last.Model}, {(last.Inputs is null ? "slim" : "full")}, {decider.SlimByBudget} slim by budget");
        return last.Rung == 0 ? 0 : 1;
    }

    private static double Measure(string what, DecideWorld world, Decider decider, int decisions)
    {
        for (int i = 0; i < decisions; i++) decider.Decide(world.Next());
        var micros = new double[Rounds];
        long bytes = 0;
        for (int round = 0; round < Rounds; round++)
        {
            var (began, allocated) = (ThreadClock.Now, GC.GetAllocatedBytesForCurrentThread());
            for (int i = 0; i < decisions; i++) decider.Decide(world.Next());
            bytes = GC.GetAllocatedBytesForCurrentThread() - allocated;
            micros[round] = (ThreadClock.Now - began) / 1e3 / decisions;
        }

        Array.Sort(micros);
        Console.WriteLine(FormattableString.Invariant($"| {what} | {1e6 / micros[Rounds / 2]:F0} | {micros[0]:F1} | {bytes / decisions} |"));
        return 1e6 / micros[Rounds / 2];
    }

    private static void Steps(DecideWorld world, Decider decider, int decisions)
    {
        var took = new double[StepTimes.Count][];
        for (int step = 0; step < took.Length; step++) took[step] = new double[decisions];
        var times = new StepTimes();
        for (int i = 0; i < decisions; i++)
        {
            decider.Decide(world.Next(), times);
            for (int step = 0; step < took.Length; step++) took[step][i] = times.Of((DecisionStep)step)?.TotalMicroseconds ?? 0;
        }

        Console.WriteLine("| step | µs, median | p99 |\n|---|---|---|");
        for (int step = 0; step < took.Length; step++)
        {
            Array.Sort(took[step]);
            Console.WriteLine(FormattableString.Invariant($"| {StepTimes.Text((DecisionStep)step)} | {took[step][decisions / 2]:F1} | {took[step][decisions * 99 / 100]:F1} |"));
        }
    }

    /// <summary>
    /// How long after its arrival each decision is answered when they arrive by chance at this rate and one thread takes them in order. What each takes is its processor's time, and
    /// the waiting is computed from that: on a machine shared with others, a clock on the wall would measure those.
    /// </summary>
    private static void HalfLoad(DecideWorld world, Decider decider, int decisions, double rate)
    {
        var late = new double[decisions];
        var slowest = new PriorityQueue<string, double>();
        var (free, arrival) = (0.0, 0.0);
        var steps = new StepTimes();
        for (int i = 0; i < decisions; i++)
        {
            // Philox, so that each run has the same arrivals.
            arrival -= 1e6 / rate * Math.Log(1 - Philox.ToUnit(Philox.Draw(1, 0, (ulong)i).First));
            long began = ThreadClock.Now;
            int young = GC.CollectionCount(0), old = GC.CollectionCount(1), full = GC.CollectionCount(2);
            decider.Decide(world.Next(), steps);
            double took = (ThreadClock.Now - began) / 1e3;
            free = Math.Max(free, arrival) + took;
            late[i] = free - arrival;

            // Texts only for those that are told: made for all, they would bring on the collections that are looked for.
            if (slowest.Count == Slowest && slowest.TryPeek(out _, out double least) && took <= least) continue;
            slowest.Enqueue(FormattableString.Invariant($"{took:F0} µs: collections {GC.CollectionCount(0) - young}/{GC.CollectionCount(1) - old}/{GC.CollectionCount(2) - full}; {string.Join(", ", Enumerable.Range(0, StepTimes.Count).Select(step => $"{StepTimes.Text((DecisionStep)step)} {steps.Of((DecisionStep)step)?.TotalMicroseconds:F0}"))}"), took);
            if (slowest.Count > Slowest) slowest.Dequeue();
        }

        while (slowest.TryDequeue(out string? line, out _)) Console.WriteLine(line);

        Array.Sort(late);
        Console.WriteLine(FormattableString.Invariant($"arriving at {rate:F0} a second: p50 {late[decisions / 2]:F0} µs, p99 {late[decisions * 99 / 100]:F0} µs, most {late[^1]:F0} µs"));
    }
}
