using System.Collections.Immutable;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Millrace.Decisions;
using Millrace.Decisions.Pipeline;
using Millrace.Decisions.Replay;
using Millrace.Features.Definitions;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;

namespace Millrace.Tests.Decisions;

public sealed class DeciderTests
{
    private static readonly Policy Home = new()
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
    };

    private static readonly FeatureSet Set = FeatureSet.Create(
        [
            new CountFeature("clicks_1h", "click", TimeSpan.FromHours(1), CountRead.Log),
            new CooccurrenceFeature("next", "click", TimeSpan.FromDays(1)),
            new AgeFeature("fresh", AgeSince.Published, TimeSpan.FromHours(6)),
        ],
        PolicyWindows.Of([Home]));

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly FeatureFolder _folder = new(Set, new FeatureOptions());
    private readonly EmbeddedUserState _users = new();
    private readonly Kept _sink = new();
    private long _offset;

    [Fact]
    public void Random_decisions_replay_identical_and_tampered_ones_do_not()
    {
        Fill();
        Decider decider = Decider();
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, 100_000_000], Gen.Int[0, 39].Array[0, 5]).Sample(
            (session, id, exclude) =>
            {
                Decided decided = decider.Decide(Ask($"d{id}") with { Session = $"s{session}", Exclude = [.. exclude.Distinct().Select(i => $"i{i}")] });
                if (decided.Inputs is not { } inputs) return;
                Assert.Equal(ReplayVerdict.Identical, Replayer.Replay(decided, Home).Verdict);
                int changed = inputs.Candidates.IndexOf(decided.Slots[0].Items[0].Item) * inputs.Features.Length;
                DecisionInputs tampered = inputs with { Matrix = inputs.Matrix.SetItem(changed, inputs.Matrix[changed] + 1) };
                Assert.Equal(ReplayVerdict.Differs, Replayer.Replay(decided with { Inputs = tampered }, Home).Verdict);
            },
            iter: 2000,
            threads: 1);
    }

    [Fact]
    public void A_slate_keeps_to_its_limits_pins_and_exclusions()
    {
        Fill();
        Decided decided = Decider().Decide(Ask("d1") with { Exclude = ["i1", "i2"] });
        DecidedItem[] items = [.. decided.Slots[0].Items];
        Assert.Equal(6, items.Length);
        Assert.Equal("i5", items[1].Item);
        Assert.DoesNotContain(items, item => item.Item is "i1" or "i2");
        Assert.All(items.CountBy(item => _folder.Current.Find(item.Item)!.Provider!), pair => Assert.True(pair.Value <= 2));
        Assert.Empty(decided.Degraded);
        Assert.Equal([decided], _sink.Written);
    }

    [Fact]
    public void The_same_id_gives_the_same_answer_and_another_request_under_it_a_conflict()
    {
        Fill();
        Decider decider = Decider();
        Decided first = decider.Decide(Ask("same"));
        Fill();
        Assert.Equal(first.Slots, decider.Decide(Ask("same")).Slots);
        Assert.Throws<DecisionConflictException>(() => decider.Decide(Ask("same") with { Session = "other" }));
        Assert.Single(_sink.Written);
    }

    [Fact]
    public void Own_clicks_count_at_the_next_decision_and_are_not_shown_again()
    {
        Fill();
        StoredFact click = Click("fresh-session", "i7");
        _users.Observe(click);
        Decided decided = Decider().Decide(Ask("d2") with { Session = "fresh-session" });
        Assert.DoesNotContain(decided.Slots[0].Items, item => item.Item == "i7");
        Assert.Contains("events/0@", decided.Inputs!.Request, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_catalogue_gives_an_empty_slate_with_its_reason()
    {
        _folder.Freeze(UnixMicros.Now(_clock));
        Decided decided = Decider().Decide(Ask("d3"));
        Assert.Empty(decided.Slots[0].Items);
        Assert.Equal(["noCandidates", "emptyCatalogue"], decided.Degraded);
        Assert.Equal(4, decided.Rung);
        Assert.Equal(ReplayVerdict.Identical, Replayer.Replay(decided, Home).Verdict);
    }

    [Fact]
    public void Without_time_the_global_list_answers()
    {
        Fill();
        Decided decided = new Decider(
            new DeciderOptions { Timeout = TimeSpan.FromTicks(-1) }, _clock, () => _folder.Current, _users, Table()).Decide(Ask("d4"));
        Assert.Equal(4, decided.Rung);
        Assert.Contains("timeout", decided.Degraded);
        Assert.Equal(6, decided.Slots[0].Items.Length);
        Assert.All(decided.Slots[0].Items, item => Assert.False(item.Explorable));
        Assert.Equal(ReplayVerdict.Identical, Replayer.Replay(decided, Home).Verdict);
    }

    [Fact]
    public void In_apprentice_mode_the_baseline_is_returned()
    {
        Fill();
        Decided decided = Decider().Decide(Ask("d5") with { Mode = DecideMode.Apprentice, Slots = [new RequestSlot("main", 2, ["i9", "unknown"])] });
        Assert.Equal(["i9", "unknown"], decided.Slots[0].Items.Select(item => item.Item));
        Assert.All(decided.Slots[0].Items, item => Assert.Equal(1, item.Propensity));
        Assert.Equal(ReplayVerdict.Identical, Replayer.Replay(decided, Home).Verdict);
    }

    [Fact]
    public void An_unknown_surface_is_an_error_of_its_own() =>
        Assert.Throws<UnknownSurfaceException>(() => Decider().Decide(Ask("d6") with { Surface = "nowhere" }));

    private static DecideRequest Ask(string id) => new() { DecisionId = id, Surface = "home", Session = "s1" };

    private static PolicyTable Table() => new(PolicySet.Create([Home], [new Surface("home", "home", [new Slot("main", 6)])], Set));

    private Decider Decider() => new(new DeciderOptions(), _clock, () => _folder.Current, _users, Table(), _sink);

    private void Fill()
    {
        for (int i = 0; i < 40; i++)
        {
            _folder.Apply(new StoredFact(new Position(JournalStream.Items, 0, _offset++), new ItemChanged
            {
                Id = $"put{_offset}",
                Item = $"i{i}",
                Provider = $"p{i % 8}",
                Kind = $"k{i % 3}",
                Time = UnixMicros.Now(_clock),
                Published = UnixMicros.Now(_clock) - TimeSpan.FromHours(i),
            }));
        }

        for (int i = 0; i < 200; i++)
        {
            StoredFact click = Click($"s{i % 10}", $"i{i * 7 % 13 * (i % 3)}");
            _folder.Apply(click);
            _users.Observe(click);
        }

        _folder.Freeze(UnixMicros.Now(_clock));
    }

    private StoredFact Click(string session, string item) => new(
        new Position(JournalStream.Events, 0, _offset++),
        new Observed { Id = $"c{_offset}", Event = "click", Item = item, Session = session, Time = UnixMicros.Now(_clock) });

    private sealed class Kept : IDecisionSink
    {
        internal List<Decided> Written { get; } = [];

        public void Write(Decided decision) => Written.Add(decision);
    }
}
