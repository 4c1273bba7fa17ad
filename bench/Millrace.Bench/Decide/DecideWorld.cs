using System.Collections.Immutable;
using System.Text;
using Millrace.Bench.Features;
using Millrace.Bench.Forests;
using Millrace.Decisions;
using Millrace.Decisions.Pipeline;
using Millrace.Demo;
using Millrace.Features.Definitions;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;
using Millrace.Models.Shelf;

namespace Millrace.Bench.Decide;

/// <summary>What a full decision is taken from: the demo's thirty features of a catalogue with a past, and a policy with two forests, limits and exploration.</summary>
internal sealed class DecideWorld
{
    private const int Readers = 1_000;

    // So many ids that none is asked for twice, made before anything is timed.
    private readonly DecideRequest[] _requests;
    private int _next;

    /// <param name="items">Items of the catalogue.</param>
    /// <param name="events">Events folded before.</param>
    /// <param name="requests">Decisions that may be asked for.</param>
    /// <param name="trees">Of each of the two forests.</param>
    /// <param name="leaves">Of each tree.</param>
    internal DecideWorld(int items, int events, int requests, int trees, int leaves)
    {
        Policy = new Policy
        {
            Name = "home",
            Version = 1,
            Candidates =
            [
                new CandidateSource(CandidateSourceKind.Similar, 60),
                new CandidateSource(CandidateSourceKind.Popular, 60, TimeSpan.FromMinutes(10)),
                new CandidateSource(CandidateSourceKind.Popular, 100, TimeSpan.FromHours(1)),
                new CandidateSource(CandidateSourceKind.Popular, 200, TimeSpan.FromDays(1)),
                new CandidateSource(CandidateSourceKind.Recent, 100),
            ],
            Heads = ImmutableSortedDictionary.Create<string, Head>(StringComparer.Ordinal)
                .Add("click", Forest(1, trees, $"objective=binary num_leaves={leaves} min_data_in_leaf=10", 2))
                .Add("dwell", Forest(3, trees, $"objective=regression num_leaves={leaves} min_data_in_leaf=10", 0)),
            Objectives = ImmutableSortedDictionary.Create<string, double>(StringComparer.Ordinal).Add("click", 1).Add("dwell", 0.2),
            AtMost = ImmutableSortedDictionary.Create<string, int>(StringComparer.Ordinal).Add("provider", 2).Add("kind", 8),
            Explore = new Exploration(0.05, 20),
        };
        var set = FeatureSet.Create(DemoFeatures.All, PolicyWindows.Of([Policy]));
        var world = new FeatureWorld(items);
        var folder = new FeatureFolder(set, new FeatureOptions());
        Persons = new EmbeddedPersonStore(set.Persons, 1);
        foreach (var item in world.Catalogue()) folder.Apply(item);
        for (int i = 0; i < events; i++)
        {
            var fact = world.Event();
            folder.Apply(fact);
            Persons.Observe(fact);
        }

        Snapshot = folder.Freeze(world.Time);
        Policies = PolicySet.Create([Policy], [new Surface("home", "home", [new Slot("main", 10)])], set, Shelf);
        _requests =
        [
            .. Enumerable.Range(0, requests).Select(i => new DecideRequest
            {
                DecisionId = $"01936f3e-7a10-7c3e-9d52-{i:x12}",
                Surface = "home",
                User = $"user-{i % Readers}",
                Session = $"session-{i % Readers}",
                Context = FactContext.None.Add("country", "de").Add("utcOffset", "60"),
            }),
        ];
    }

    internal Policy Policy { get; }

    internal PolicySet Policies { get; }

    internal FeatureSnapshot Snapshot { get; }

    internal EmbeddedPersonStore Persons { get; }

    internal MemoryModelShelf Shelf { get; } = new();

    /// <summary>The next of the requests; from the first again when all were asked.</summary>
    internal DecideRequest Next() => _requests[_next++ % _requests.Length];

    /// <summary>A decider as a node's own, at 200 candidates.</summary>
    internal Decider Decider(IDecisionSink? sink) => new(
        new DeciderOptions { MaxCandidates = 200, FullBytesPerSecond = 8 << 20, Staleness = Timeout.InfiniteTimeSpan, SeedSalt = new byte[32] },
        TimeProvider.System,
        new ServingTable(new Serving(Policies, () => Snapshot, Persons)),
        sink,
        static fault => Console.Error.WriteLine(fault));

    // What a forest costs does not depend on what it has learnt: made-up rows, and the names of the demo's features.
    private ForestHead Forest(int seed, int trees, string parameters, int classes)
    {
        string text = ForestTraining.Train(ForestData.Make(seed, 4_000, DemoFeatures.All.Length, missing: 0.02, classes: classes), trees, parameters);
        string names = string.Join(' ', Enumerable.Range(0, DemoFeatures.All.Length).Select(static column => $"Column_{column}"));
        string digest = Shelf.Add(Encoding.UTF8.GetBytes(text.Replace(names, string.Join(' ', DemoFeatures.All.Select(static feature => feature.Name)), StringComparison.Ordinal)));
        return new ForestHead(digest, Shelf.Forest(digest)!.FeaturesRead());
    }
}
