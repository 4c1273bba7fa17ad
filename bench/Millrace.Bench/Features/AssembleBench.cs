using System.Collections.Immutable;
using Millrace.Features.Definitions;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal.Facts;

namespace Millrace.Bench.Features;

/// <summary>What it takes to read the features of the demo for 200 candidates out of many items; the processor's time of the thread, for each plan and for each feature alone.</summary>
internal static class AssembleBench
{
    private const int Candidates = 200;

    // So many rows that they do not stay in the cache from one round to the next.
    private const int Draws = 1024;
    private const string User = "a reader of much";

    /// <param name="items">Items in the catalogue.</param>
    /// <param name="events">Events folded before.</param>
    /// <param name="runs">Decisions measured.</param>
    /// <param name="only">The plans that are measured: none, all, or a feature; every one when empty.</param>
    internal static int Run(int items, int events, int runs, string[] only)
    {
        var world = new FeatureWorld(items);
        var folder = new FeatureFolder(FeatureWorld.Features, new FeatureOptions());
        var persons = new EmbeddedPersonStore(FeatureWorld.Features.Persons, 1);
        foreach (var item in world.Catalogue())
        {
            folder.Apply(item);
        }

        for (var i = 0; i < events; i++)
        {
            var fact = world.Event();
            folder.Apply(fact);

            // One who has a full history, since that is what costs.
            persons.Observe(fact with { Fact = (Observed)fact.Fact with { User = User, Session = User } });
        }

        var decision = new Decision(world, folder.Freeze(world.Time), persons, items);
        Console.WriteLine($"{items} items, {events} events, {decision.Snapshot.Words} words a row, {Candidates} candidates");
        Console.WriteLine("| columns | µs a decision (median of rounds) | least | bytes a decision |\n|---|---|---|---|");
        // All last, when its code has been compiled for good.
        (string Label, IEnumerable<string> Names)[] plans =
            [("none", []), .. FeatureWorld.Features.Names.Select(name => (name, (IEnumerable<string>)[name])), ("all", FeatureWorld.Features.Names)];
        foreach (var (label, names) in plans.Where(plan => only.Length == 0 || only.Contains(plan.Label)))
        {
            Measure(label, decision, names, runs);
        }

        return 0;
    }

    private static void Measure(string label, Decision decision, IEnumerable<string> names, int runs)
    {
        const int Rounds = 7;
        var plan = new ReadPlan(FeatureWorld.Features, names);
        var matrix = new float[Candidates * Math.Max(1, plan.Columns)];
        for (var i = 0; i < 200; i++)
        {
            decision.Run(plan, matrix, i);
        }

        var times = new double[Rounds];
        long bytes = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var (began, allocated) = (ThreadClock.Now, GC.GetAllocatedBytesForCurrentThread());
            for (var i = 0; i < runs; i++)
            {
                decision.Run(plan, matrix, i);
            }

            bytes = GC.GetAllocatedBytesForCurrentThread() - allocated;
            times[round] = (ThreadClock.Now - began) / 1e3 / runs;
        }

        Array.Sort(times);
        Console.WriteLine(FormattableString.Invariant($"| {label} | {times[Rounds / 2]:F1} | {times[0]:F1} | {bytes / runs} |"));
    }

    /// <summary>A decision with other candidates each time, drawn from all items alike: the worst case for caches.</summary>
    private sealed class Decision
    {
        private static readonly ImmutableSortedDictionary<string, string> Context = FactContext.None.Add("country", "de").Add("utcOffset", "60");

        private readonly ReadScratch _scratch = new();
        private readonly PersonBuffer _person = new();
        private readonly int[][] _rows;
        private readonly Journal.UnixMicros _asked;

        internal Decision(FeatureWorld world, FeatureSnapshot snapshot, EmbeddedPersonStore persons, int items)
        {
            Snapshot = snapshot;
            _asked = world.Time;
            _rows = [.. Enumerable.Range(0, Draws).Select(_ => Enumerable.Range(0, Candidates).Select(_ => world.Next(items)).ToArray())];
            persons.Read("default", User, User, _person);
        }

        internal FeatureSnapshot Snapshot { get; }

        internal void Run(ReadPlan plan, float[] matrix, int draw)
        {
            var rows = _rows[draw % Draws];
            var inputs = new ReadInputs { Snapshot = Snapshot, Rows = rows, Person = _person, Asked = _asked, Context = Context, Surface = "home" };
            plan.Run(inputs, _scratch, matrix);
        }
    }
}
