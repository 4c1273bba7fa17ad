using System.Collections.Immutable;
using System.Globalization;
using Millrace.Bench.Features;
using Millrace.Decisions;
using Millrace.Decisions.Candidates;
using Millrace.Decisions.Ladder;
using Millrace.Decisions.Pipeline;
using Millrace.Features.Definitions;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;

namespace Millrace.Bench.Candidates;

/// <summary>
/// What the candidate stage costs: each source alone, five together, the same with filters, and twelve lists fused, on one snapshot whose lists have been picked, for users
/// in turn. CPU time of the thread, and what it allocates.
/// </summary>
internal static class CandidateBench
{
    private const int Users = 64;
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    internal static int Run(int items, int events, int runs)
    {
        var world = new FeatureWorld(items);
        ImmutableArray<FeatureDefinition> features =
        [
            new CooccurrenceFeature("with", "click", 24 * Hour) { Span = 5, Symmetric = true, Depth = 10, Fade = 0.8 },
            new AffinityFeature("topics", FeatureEntity.User, "click", "attribute:topic", 168 * Hour),
            new CountFeature("shown", "impression", 24 * Hour),
        ];
        Case[] cases = Cases();
        var set = FeatureSet.Create(features, PolicyWindows.Of(cases.Select(one => one.Policy)));
        var folder = new FeatureFolder(set, new FeatureOptions { MaxItems = items });
        var persons = new EmbeddedPersonStore(set.Persons, 1);
        foreach (StoredFact fact in world.Catalogue()) folder.Apply(fact);
        for (int i = 0; i < events; i++)
        {
            StoredFact fact = world.Event();
            folder.Apply(fact);
            persons.Observe(fact);
        }

        FeatureSnapshot snapshot = folder.Freeze(world.Time);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{items:N0} items, {events:N0} events; {runs:N0} runs each\n{"source",-28}  {"candidates",10}  {"µs CPU",8}  {"bytes",6}"));
        foreach (Case one in cases) Measure(one, set, snapshot, persons, world.Time, runs);
        return 0;
    }

    private static Case[] Cases()
    {
        CandidateSource popular = new(CandidateSourceKind.Popular, 40, Hour);
        CandidateSource recent = new(CandidateSourceKind.Recent, 40);
        CandidateSource trending = new(CandidateSourceKind.Trending, 40, Hour);
        CandidateSource similar = new(CandidateSourceKind.Similar, 40) { Feature = "with" };
        CandidateSource liked = new(CandidateSourceKind.AlsoLiked, 40, 168 * Hour) { Feature = "with" };
        CandidateSource affinity = new(CandidateSourceKind.Affinity, 40) { Feature = "topics" };
        CandidateSource fresh = new(CandidateSourceKind.New, 40, 24 * Hour) { Feature = "shown" };
        ImmutableArray<CandidateFilter> filters = [new ValueFilter("kind", ["article"]), new NumberFilter("words", 150, null), new AgeFilter(TimeSpan.FromDays(3000))];
        return
        [
            Of("popular", popular), Of("recent", recent), Of("trending", trending), Of("similar", similar), Of("alsoLiked", liked), Of("affinity", affinity), Of("new", fresh),
            Of("five, pool of 200", Five) with { Policy = Of("", Five).Policy with { Pool = 200 } },
            Of("five, pool, three filters", Five) with { Policy = Of("", Five).Policy with { Pool = 200, Filters = filters } },
            Of("twelve of 400 fused", Twelve()) with { Policy = Of("", Twelve()).Policy with { Pool = 200 } },
        ];

        static Case Of(string name, params CandidateSource[] sources) => new(name, new Policy { Name = "bench", Candidates = [.. sources], ExcludeSeen = true });

        CandidateSource[] Twelve() =>
        [
            .. Enumerable.Range(1, 6).Select(hours => popular with { Take = 400, Window = hours * Hour, Weight = 1.0 / hours }),
            .. new[] { trending, similar, similar, liked, recent, fresh }.Select(source => source with { Take = 400, Weight = 0.3 }),
        ];
    }

    private static readonly CandidateSource[] Five =
    [
        new(CandidateSourceKind.Similar, 60) { Feature = "with" },
        new(CandidateSourceKind.Affinity, 40) { Feature = "topics" },
        new(CandidateSourceKind.New, 20, 24 * Hour) { Feature = "shown" },
        new(CandidateSourceKind.Trending, 40, Hour),
        new(CandidateSourceKind.Popular, 200, Hour),
    ];

    private static void Measure(Case one, FeatureSet set, FeatureSnapshot snapshot, EmbeddedPersonStore persons, UnixMicros now, int runs)
    {
        var (work, reasons) = (new Workspace(), new List<DegradedReason>());
        var gatherer = new CandidateGatherer(TimeProvider.System, static fault => throw new InvalidOperationException("a source failed", fault));
        var plan = new CandidatePlan(one.Policy, set);
        var surface = new Surface("home", "bench", [new Slot("main", 10)]);
        RequestSlot[] slots = [RequestSlot.Of(surface.Slots[0])];
        Request[] requests =
        [
            .. Enumerable.Range(1, Users).Select(user => new Request(
                new DecideRequest { DecisionId = "d", Surface = "home", User = $"user-{user}", Session = $"session-{user}" }, surface, one.Policy, snapshot, now, 0)
            {
                Candidates = plan,
                Plan = null!,
                Context = FactContext.None,
            }),
        ];
        long named = 0;
        var (cpu, bytes) = (0L, 0L);
        for (int round = 0; round < 2; round++)
        {
            named = 0;
            var (began, before) = (ThreadClock.Now, GC.GetAllocatedBytesForCurrentThread());
            for (int run = 0; run < runs; run++)
            {
                ref readonly Request request = ref requests[run % Users];
                persons.Read("default", request.Asked.User, request.Asked.Session, work.Person);
                work.Begin(snapshot, now, 1000);
                gatherer.Gather(work, request, Rung.Full, slots, long.MaxValue, reasons);
                named += work.Count;
            }

            (cpu, bytes) = (ThreadClock.Now - began, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{one.Name,-28}  {(double)named / runs,10:F1}  {cpu / 1000.0 / runs,8:F2}  {(double)bytes / runs,6:F0}"));
    }

    private sealed record Case(string Name, Policy Policy);
}
