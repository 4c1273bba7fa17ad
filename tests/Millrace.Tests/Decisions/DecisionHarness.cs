using System.Collections.Immutable;
using Microsoft.Extensions.Time.Testing;
using Millrace.Decisions;
using Millrace.Decisions.Pipeline;
using Millrace.Features.Definitions;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;

namespace Millrace.Tests.Decisions;

/// <summary>A catalogue of 40 items, 200 clicks of ten sessions and two countries, and deciders over them on virtual time.</summary>
internal sealed class DecisionHarness
{
    internal static readonly Policy Home = new()
    {
        Name = "home",
        Version = 3,
        Candidates =
        [
            new CandidateSource(CandidateSourceKind.Popular, 30, TimeSpan.FromHours(1)),
            new CandidateSource(CandidateSourceKind.Similar, 30),
            new CandidateSource(CandidateSourceKind.Recent, 10),
        ],
        Blend = new Dictionary<string, double> { ["clicks_1h"] = 1, ["next"] = 50, ["fresh"] = 0.3 }.ToImmutableSortedDictionary(StringComparer.Ordinal),
        Explore = new Exploration(0.2, 5),
        AtMost = new Dictionary<string, int> { ["provider"] = 2, ["kind"] = 4 }.ToImmutableSortedDictionary(StringComparer.Ordinal),
        Pins = [new Pin("main", 2, "i5")],
        Segment = "country",
    };

    internal static readonly FeatureSet Set = FeatureSet.Create(
        [
            new CountFeature("clicks_1h", "click", TimeSpan.FromHours(1), CountRead.Log),
            new CooccurrenceFeature("next", "click", TimeSpan.FromDays(1)),
            new AgeFeature("fresh", AgeSince.Published, TimeSpan.FromHours(6)),
            new ItemComponentFeature("taste", 0, null, 8),
        ],
        PolicyWindows.Of([Home]));

    private long _offset;

    internal FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));

    internal FeatureFolder Folder { get; } = new(Set, new FeatureOptions());

    internal EmbeddedPersonStore Persons { get; } = new(Set.Persons, 1);

    internal List<Decided> Written { get; } = [];

    internal static DecideRequest Ask(string id) => new() { DecisionId = id, Surface = "home", Session = "s1" };

    internal static RequestCandidate Candidate(string id, params (string Name, float Value)[] features) => new(
        id, features.ToImmutableSortedDictionary(feature => feature.Name, feature => feature.Value, StringComparer.Ordinal));

    /// <param name="options">Null takes the defaults.</param>
    /// <param name="policy">Null takes <see cref="Home"/>.</param>
    /// <param name="features">Null reads the folder's current snapshot.</param>
    /// <param name="persons">Null reads <see cref="Persons"/>.</param>
    /// <param name="clock">Null takes <see cref="Clock"/>.</param>
    /// <param name="meters">Null counts nothing.</param>
    internal Decider Decider(
        DeciderOptions? options = null, Policy? policy = null, Func<FeatureSnapshot>? features = null, IPersonStore? persons = null, TimeProvider? clock = null,
        DecisionMeters? meters = null) => new(
        options ?? new DeciderOptions(),
        clock ?? Clock,
        new ServingTable(new Serving(
            PolicySet.Create([policy ?? Home], [new Surface("home", "home", [new Slot("main", 6)])], Set), features ?? (() => Folder.Current), persons ?? Persons)),
        new Kept(Written),
        meters: meters);

    /// <summary>A decider to whom reading the snapshot takes so long; looking again, whether it is still in force, takes no time.</summary>
    internal Decider Slow(TimeSpan took, Policy? policy = null, DeciderOptions? options = null)
    {
        var looks = 0;
        return Decider(options, policy, features: () =>
        {
            Clock.Advance(looks++ % 2 == 0 ? took : TimeSpan.Zero);
            return Folder.Current;
        });
    }

    internal DecisionHarness Fill()
    {
        for (int i = 0; i < 40; i++)
        {
            Put($"i{i}", item => item with
            {
                Provider = $"p{i % 8}",
                Kind = $"k{i % 3}",
                Published = UnixMicros.Now(Clock) - TimeSpan.FromHours(i),
                Attributes = item.Attributes.Add("topic", i % 6 == 5 ? ["t0", "both"] : [$"t{i % 5}"]),
                Embedding = i % 10 == 9 ? [] : [.. Enumerable.Range(0, 8).Select(at => (float)(((i * 7) + (at * 3)) % 11) - 5)],
            });
        }

        for (int i = 0; i < 200; i++)
        {
            StoredFact click = Click($"s{i % 10}", $"i{i * 7 % 13 * (i % 3)}", i % 2 == 0 ? "fr" : "de", TimeSpan.FromMilliseconds(200 - i));
            Folder.Apply(click);
            Persons.Observe(click);
        }

        Folder.Freeze(UnixMicros.Now(Clock));
        return this;
    }

    internal void Put(string item, Func<ItemChanged, ItemChanged> with) => Folder.Apply(new StoredFact(
        new Position(JournalStream.Items, 0, _offset++),
        with(new ItemChanged { Id = $"put{_offset}", Item = item, Time = UnixMicros.Now(Clock) })));

    internal StoredFact Click(string session, string item, string? segment = null, TimeSpan ago = default) => new(
        new Position(JournalStream.Events, 0, _offset++),
        new Observed { Id = $"c{_offset}", Event = "click", Item = item, Session = session, Segment = segment, Time = UnixMicros.Now(Clock) - ago });

    private sealed class Kept(List<Decided> written) : IDecisionSink
    {
        public void Write(Decided decision) => written.Add(decision);
    }
}
