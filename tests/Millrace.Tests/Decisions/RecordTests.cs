using System.Collections.Immutable;
using Millrace.Decisions;
using Millrace.Decisions.Pipeline;
using Millrace.Decisions.Replay;
using Millrace.Features.Definitions;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Facts.Codec;
using Millrace.Journal.Local;
using Millrace.Models.Policies;

namespace Millrace.Tests.Decisions;

/// <summary>What a decision leaves behind: records, what is remembered, seeds.</summary>
public sealed class RecordTests
{
    private readonly DecisionHarness _harness = new DecisionHarness().Fill();

    [Fact]
    public void A_record_replays_identical_after_it_went_through_the_codec()
    {
        using var keys = new MemorySubjectKeys();
        var codec = new FactCodec(keys);
        Decider decider = _harness.Decider();
        for (int i = 0; i < 200; i++)
        {
            Decided decided = decider.Decide(DecisionHarness.Ask($"d{i}") with
            {
                Session = $"s{i % 10}",
                Candidates = i % 3 == 0 ? [DecisionHarness.Candidate("i4", ("clicks_1h", 0.1f)), DecisionHarness.Candidate("own")] : default,
            });
            var writer = new FieldWriter();
            codec.Encode(decided, writer);
            var read = (Decided)codec.Decode(writer.Written, decided.Received, decided.Stream);
            Assert.Equal(PropensityKind.Conditional, read.Propensities);
            Assert.Equal(ReplayVerdict.Identical, Replayer.Replay(read, DecisionHarness.Home).Verdict);
        }
    }

    [Fact]
    public void A_replay_without_the_policy_or_with_other_pins_says_so()
    {
        Decided decided = _harness.Decider().Decide(DecisionHarness.Ask("d"));
        Assert.Equal(ReplayVerdict.PolicyMissing, Replayer.Replay(decided, null).Verdict);
        Assert.Equal(ReplayVerdict.NotRecorded, Replayer.Replay(decided with { Inputs = null }, null).Verdict);
        ReplayResult other = Replayer.Replay(decided, DecisionHarness.Home with { Pins = [new Pin("main", 3, "i5")] });
        Assert.Equal(ReplayVerdict.Differs, other.Verdict);
        Assert.Contains("inputs.pins: not the policy's", other.Differences);
    }

    [Fact]
    public void A_callers_feature_value_wins_over_the_stored_one()
    {
        Policy policy = DecisionHarness.Home with { Explore = new Exploration(0) };
        Decided decided = _harness.Decider(policy: policy).Decide(DecisionHarness.Ask("d") with
        {
            Session = "nobody",
            Candidates = [DecisionHarness.Candidate("i0"), DecisionHarness.Candidate("i39", ("clicks_1h", 1000)), DecisionHarness.Candidate("own", ("next", 3), ("unused", 9))],
        });
        Assert.Equal(["i39", "own", "i0"], decided.Slots[0].Items.Select(item => item.Item));
        Assert.Equal(150, decided.Slots[0].Items[1].Score);
        DecisionInputs inputs = decided.Inputs!;
        Assert.Equal(1000, inputs.Matrix[(1 * inputs.Features.Length) + inputs.Features.IndexOf("clicks_1h")]);
        Assert.True(float.IsNaN(inputs.Matrix[(2 * inputs.Features.Length) + inputs.Features.IndexOf("fresh")]));
    }

    [Fact]
    public void In_log_only_mode_the_callers_slate_is_recorded_and_nothing_else_is_gathered()
    {
        Decided decided = _harness.Decider().Decide(
            DecisionHarness.Ask("d") with { Mode = DecideMode.LogOnly, Slots = [new RequestSlot("main", 3, ["i9", "own"]), new RequestSlot("side", 1, [])] });
        Assert.Equal("log-only", decided.Mode);
        Assert.Equal(["i9", "own"], decided.Slots[0].Items.Select(item => item.Item));
        Assert.Empty(decided.Slots[1].Items);
        Assert.All(decided.Slots[0].Items, item => Assert.Equal((1, false, false), (item.Propensity, item.Explorable, item.Explored)));
        Assert.Equal(["i5", "i9", "own"], decided.Inputs!.Candidates.Order(StringComparer.Ordinal));
        Assert.Equal([decided], _harness.Written);
        Assert.Equal(ReplayVerdict.Identical, Replayer.Replay(decided, DecisionHarness.Home).Verdict);
    }

    [Fact]
    public void Beyond_the_budget_of_a_second_records_are_slim_and_counted()
    {
        Decided whole = _harness.Decider().Decide(DecisionHarness.Ask("size"));
        long bytes = whole.CandidateCount * (32 + (4 * 3) + (5 * 2));
        Decider decider = _harness.Decider(new DeciderOptions { FullBytesPerSecond = (2 * bytes) + 1 });
        Decided[] first = [.. Enumerable.Range(0, 5).Select(i => decider.Decide(DecisionHarness.Ask($"a{i}")))];
        Assert.Equal([true, true, false, false, false], first.Select(decided => decided.Inputs is not null));
        Assert.Equal(3, decider.SlimByBudget);
        _harness.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.NotNull(decider.Decide(DecisionHarness.Ask("b")).Inputs);
    }

    [Fact]
    public void A_share_of_decisions_is_recorded_in_full_whatever_their_draws()
    {
        Decider decider = _harness.Decider(new DeciderOptions { FullShare = 0.25 });
        Decided[] decided = [.. Enumerable.Range(0, 2000).Select(i => decider.Decide(DecisionHarness.Ask($"d{i}")))];
        double Share(IEnumerable<Decided> some) => some.Average(one => one.Inputs is null ? 0.0 : 1);
        Assert.InRange(Share(decided), 0.21, 0.29);
        Assert.InRange(Share(decided.Where(one => one.Slots[0].Items[0].Explored)), 0.17, 0.33);
        Assert.Equal(0, decider.SlimByBudget);
    }

    [Fact]
    public void Answers_beyond_the_bound_are_forgotten_early_and_counted_yet_their_ids_still_conflict_and_their_context_is_known()
    {
        Decider decider = _harness.Decider(new DeciderOptions { RememberedBytes = 5_000 });
        for (int i = 0; i < 100; i++) decider.Decide(Ask(i));
        Assert.InRange(decider.RememberedBytes, 1, 5_000);
        Assert.InRange(decider.ForgottenEarly, 80, 99);
        Assert.Throws<DecisionConflictException>(() => decider.Decide(Ask(0) with { Session = "other" }));
        Assert.Equal(new DecisionContext("home", "fr") { Personal = true }, decider.Recall("default", "d0"));
        Assert.Null(decider.Recall("other", "d0"));
        Assert.Equal(0, decider.ContextsForgottenEarly);
        decider.Decide(Ask(99));
        Assert.Equal(100, _harness.Written.Count);

        static DecideRequest Ask(int i) => DecisionHarness.Ask($"d{i}") with { Context = ImmutableSortedDictionary<string, string>.Empty.Add("country", "fr") };
    }

    [Fact]
    public void Contexts_are_bounded_and_counted_and_an_id_is_free_again_after_ten_minutes()
    {
        Decider decider = _harness.Decider(new DeciderOptions { MaxRecalled = 10 });
        for (int i = 0; i < 100; i++) decider.Decide(DecisionHarness.Ask($"d{i}"));
        Assert.Null(decider.Recall("default", "d0"));
        Assert.NotNull(decider.Recall("default", "d99"));
        Assert.InRange(decider.ContextsForgottenEarly, 80, 100);
        _harness.Clock.Advance(TimeSpan.FromMinutes(10) + TimeSpan.FromSeconds(2));
        decider.Decide(DecisionHarness.Ask("d99") with { Session = "other" });
    }

    [Fact]
    public void A_decision_keeps_the_attributes_that_features_read_and_its_events_inherit_them()
    {
        var folder = new FeatureFolder(FeatureSet.Create([.. DecisionHarness.Set.Definitions, new ContextProbe("probe", ["device", "country", "long"])]), new FeatureOptions());
        Decider decider = _harness.Decider(features: () => folder.Current);
        var context = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal).Add("country", "fr").Add("device", "phone").Add("region", "x").Add("long", new string('x', 129));
        Decided decided = decider.Decide(DecisionHarness.Ask("d") with { Context = context });
        Assert.Equal([KeyValuePair.Create("country", "fr"), KeyValuePair.Create("device", "phone")], decided.Context);
        var expected = new DecisionContext("home", "fr") { Context = decided.Context, Personal = true };
        Assert.Equal(expected, decider.Recall("default", "d"));
        Assert.Equal(expected, DecisionContext.Of(decided));
        Assert.Equal(new DecisionContext("home", null), expected.InTheOpen());
        Decided nobodys = decider.Decide(DecisionHarness.Ask("n") with { Session = null, Context = context });
        Assert.Equal(DecisionContext.Of(nobodys), decider.Recall("default", "n")!.InTheOpen());
        Assert.Equal("fr", DecisionContext.Of(nobodys).Segment);
    }

    [Fact]
    public void What_was_answered_to_a_person_is_forgotten_and_what_was_answered_to_others_is_not()
    {
        Decider decider = _harness.Decider();
        decider.Decide(DecisionHarness.Ask("d1"));
        decider.Decide(DecisionHarness.Ask("d2") with { User = "ada" });
        decider.Decide(DecisionHarness.Ask("d3") with { User = "bob" });
        decider.Decide(DecisionHarness.Ask("d4") with { Session = "s2" });
        decider.Forget("default", ["ada", "s1"]);
        decider.Forget("other", ["bob"]);
        Assert.Equal([false, false, true, true], new[] { "d1", "d2", "d3", "d4" }.Select(id => decider.Recall("default", id) is not null));
        decider.Decide(DecisionHarness.Ask("d1"));
        decider.Decide(DecisionHarness.Ask("d3") with { User = "bob" });
        Assert.Equal(5, _harness.Written.Count);
        Assert.Throws<DecisionConflictException>(() => decider.Decide(DecisionHarness.Ask("d2")));
    }

    [Fact]
    public void The_same_request_is_the_same_when_its_zone_has_another_offset_by_then()
    {
        var zone = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal).Add("timezone", "Europe/Berlin");
        Decider decider = _harness.Decider();
        decider.Decide(DecisionHarness.Ask("d") with { Context = zone.Add("utcOffset", "60") });
        decider.Decide(DecisionHarness.Ask("d") with { Context = zone.Add("utcOffset", "120") });
        Assert.Single(_harness.Written);
        decider.Decide(DecisionHarness.Ask("e") with { Context = zone.Clear().Add("utcOffset", "60") });
        Assert.Throws<DecisionConflictException>(() => decider.Decide(DecisionHarness.Ask("e") with { Context = zone.Clear().Add("utcOffset", "120") }));
    }

    [Fact]
    public void A_seed_follows_from_salt_time_tenant_surface_and_id_and_from_nothing_less()
    {
        var now = new UnixMicros(1_800_000_000_000_000);
        DecideRequest request = DecisionHarness.Ask("d");
        ulong Seed(DecideRequest asked, UnixMicros at, byte salt = 1) => DecisionSeeds.Of(asked, at, [salt]);
        ulong[] seeds =
        [
            Seed(request, now), Seed(request, now, salt: 2), Seed(request, new UnixMicros(now.Value + 1)), Seed(request with { Tenant = "t" }, now),
            Seed(request with { Surface = "s" }, now), Seed(request with { DecisionId = "e" }, now), Seed(request with { Surface = "homed", DecisionId = "" }, now),
        ];
        Assert.Equal(seeds.Length, seeds.Distinct().Count());
        Assert.Equal(Seed(request, now), Seed(request with { Session = "other" }, now));
    }

    [Fact]
    public void The_same_id_draws_anew_when_its_ten_minutes_are_over()
    {
        Decider decider = _harness.Decider();
        ulong first = decider.Decide(DecisionHarness.Ask("d")).Seed;
        Assert.Equal(first, decider.Decide(DecisionHarness.Ask("d")).Seed);
        _harness.Clock.Advance(TimeSpan.FromMinutes(11));
        Assert.NotEqual(first, decider.Decide(DecisionHarness.Ask("d")).Seed);
    }

    private sealed record ContextProbe(string Name, ImmutableArray<string> Keys) : FeatureDefinition(Name)
    {
        public override FeatureEntity Entity => FeatureEntity.Context;

        public override ImmutableArray<string> ContextKeys => Keys;

        internal override IEnumerable<string> Faults() => [];

        internal override void Read(in FeatureRead read, Span<float> column)
        {
        }
    }
}
