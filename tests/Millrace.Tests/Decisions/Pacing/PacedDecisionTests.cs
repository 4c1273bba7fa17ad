using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Millrace.Decisions;
using Millrace.Decisions.Explain;
using Millrace.Decisions.Pipeline;
using Millrace.Decisions.Replay;
using Millrace.Features.Numerics;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;
using Millrace.Models.Shelf;
using Explore = Millrace.Models.Policies.Exploration;

namespace Millrace.Tests.Decisions.Pacing;

/// <summary>Paces of a decider: what they hold, what records, replays and explanations say of them.</summary>
public sealed class PacedDecisionTests
{
    private const int Hourly = 300;
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    // The items of p3 are i3, i11, i19, i27 and i35; those of k1 every third, two of them p3's.
    private static readonly Policy Paced = DecisionHarness.Home with
    {
        Blend = DecisionHarness.Home.Blend.Clear().Add("next", 1),
        AtMost = DecisionHarness.Home.AtMost.Clear(),
        Explore = new Explore(0.1, 8),
        Pacing = [new Pace("provider", "p3", 0.2, 0.25, Hour), new Pace("kind", "k1", null, 0.2, Hour)],
    };

    private readonly DecisionHarness _harness = new DecisionHarness().Fill();
    private ulong _draws;

    [Fact]
    public void A_day_of_decisions_holds_two_paces_whose_items_overlap_while_utilities_drift()
    {
        Decider decider = _harness.Decider(new DeciderOptions { RememberedBytes = 0, FullShare = 0 }, Paced);
        Decider free = _harness.Decider(new DeciderOptions { RememberedBytes = 0, FullShare = 0 }, Paced with { Pacing = [] });
        var (shares, unpaced) = (new List<(double P3, double K1)>(), new List<(double P3, double K1)>());
        for (int hour = 0; hour < 24; hour++)
        {
            var (placed, without) = (new List<string>(), new List<string>());
            for (int i = 0; i < Hourly; i++)
            {
                DecideRequest request = Ask($"{hour}.{i}", 0.9 * Math.Sin(2 * Math.PI * (hour + (i / (double)Hourly)) / 24));
                placed.AddRange(Open(decider.Decide(request)));
                without.AddRange(Open(free.Decide(request)));
                _harness.Clock.Advance(Hour / Hourly);
            }

            shares.Add((placed.Average(IsP3), placed.Average(IsK1)));
            unpaced.Add((without.Average(IsP3), without.Average(IsK1)));
        }

        Assert.All(shares.Skip(1), share => Assert.InRange(share.P3, 0.18, 0.27));
        Assert.All(shares.Skip(1), share => Assert.InRange(share.K1, 0, 0.22));
        Assert.Contains(unpaced, share => share.P3 < 0.1);
        Assert.Contains(unpaced, share => share.K1 > 0.3);
    }

    [Theory]
    [InlineData(ExplorationMethod.EpsilonGreedy)]
    [InlineData(ExplorationMethod.PlackettLuce)]
    [InlineData(ExplorationMethod.SquareCb)]
    public void Records_hold_the_bonus_in_force_replay_identical_and_are_what_a_probe_gives(ExplorationMethod method)
    {
        Policy policy = Paced with { Explore = Paced.Explore with { Method = method }, Diversity = new Diversity(0.1, "provider"), Boosts = ["i9", "i12"], Worths = Paced.Worths.Add("i9", 0.5).Add("i12", -0.2) };
        Decider decider = _harness.Decider(policy: policy);
        var probe = new PolicyProbe(policy, MemoryModelShelf.Empty);
        double before = 0;
        for (int i = 0; i < 60; i++)
        {
            Decided decided = decider.Decide(Ask($"d{i}", 1));
            ImmutableArray<RecordedPace> recorded = RecordedRequest.Read(decided.Inputs!.Request).Slate.Paces;
            Assert.Equal(["p3", "k1"], recorded.Select(pace => pace.Value));
            Assert.True(i == 0 ? recorded[0].Bonus == 0 : recorded[0].Bonus >= before);
            before = i < 20 ? recorded[0].Bonus : 0;
            ReplayResult replayed = Replayer.Replay(decided, policy);
            Assert.True(replayed.Verdict == ReplayVerdict.Identical, string.Join(", ", replayed.Differences));
            Assert.Equal(ProbeRefusal.None, probe.Read(decided, policy));
            var propensities = new double[probe.Slate.Length];
            probe.Propensities(probe.Weights.AsSpan(), propensities);
            Assert.Equal(decided.Slots[0].Items.Select(item => item.Propensity), propensities);
        }

        Assert.True(RecordedRequest.Read(decider.Decide(Ask("last", 1)).Inputs!.Request).Slate.Paces[0].Bonus > 0.01);
    }

    [Fact]
    public void A_record_with_another_bonus_differs_and_one_of_other_paces_is_refused()
    {
        Decider decider = _harness.Decider(policy: Paced);
        for (int i = 0; i < 50; i++) decider.Decide(Ask($"d{i}", 1));
        Decided decided = decider.Decide(Ask("d", 1));
        RecordedRequest request = RecordedRequest.Read(decided.Inputs!.Request);
        Decided With(RecordedSlate slate) => decided with { Inputs = decided.Inputs with { Request = (request with { Slate = slate }).Write() } };
        Assert.Equal(ReplayVerdict.Identical, Replayer.Replay(With(request.Slate), Paced).Verdict);
        Assert.Equal(ReplayVerdict.Differs, Replayer.Replay(With(request.Slate with { Paces = request.Slate.Paces.SetItem(0, request.Slate.Paces[0] with { Bonus = 5 }) }), Paced).Verdict);
        Assert.Equal(ReplayVerdict.Differs, Replayer.Replay(With(request.Slate with { Paces = request.Slate.Paces.RemoveAt(1) }), Paced).Verdict);
        Assert.Equal(ReplayVerdict.Differs, Replayer.Replay(With(request.Slate with { Paced = request.Slate.Paced.SetItem(0, 4) }), Paced).Verdict);
        Assert.Equal(ProbeRefusal.OtherInputs, new PolicyProbe(Paced with { Pacing = [Paced.Pacing[1]] }, MemoryModelShelf.Empty).Read(decided, Paced));
        Assert.Equal(ProbeRefusal.None, new PolicyProbe(Paced with { Pacing = [] }, MemoryModelShelf.Empty).Read(decided, Paced));
    }

    [Fact]
    public void An_explanation_says_what_a_pace_added_and_where_the_item_would_stand_without_it()
    {
        Policy policy = Paced with { Explore = new Explore(), Pins = [], Pacing = [Paced.Pacing[0]] };
        Decider decider = _harness.Decider(policy: policy);
        for (int i = 0; i < 200; i++) decider.Decide(Ask($"d{i}", 1));
        DecideRequest request = Ask("d", 1);
        Decided decided = decider.Decide(request);
        Decided plain = _harness.Decider(policy: policy with { Pacing = [] }).Decide(request);
        var places = plain.Slots[0].Items.Index().ToDictionary(item => item.Item.Item, item => item.Index + 1);
        Explanation explained = Explainer.Explain(decided, policy, MemoryModelShelf.Empty);
        ExplainedItem lifted = explained.Items.First(item => item.Pacing.Any(pace => pace.Pace == "provider=p3"));
        Assert.True(lifted.Pacing.First().Bonus > 0);
        foreach (var (item, shown) in explained.Items.Zip(decided.Slots[0].Items))
        {
            Assert.Equal(shown.Score, item.Utility);
            Assert.Equal(item.Utility, item.Heads.Sum(head => head.Weight * head.Value) + item.Pacing.Sum(pace => pace.Bonus), 1e-9);
        }

        foreach (ExplainedItem item in explained.Items)
        {
            Counterfactual? without = item.Without.SingleOrDefault(other => other.Rule == "pacing provider=p3");
            Assert.Equal(places.GetValueOrDefault(item.Item), (without is null ? item.Greedy : without.Place)?.Rank ?? 0);
        }

        Assert.Contains(lifted.Without, other => other.Rule == "pacing provider=p3");
    }

    [Fact]
    public void Meters_say_where_a_pace_is()
    {
        using var meters = new DecisionMeters();
        var told = new Dictionary<string, double>(StringComparer.Ordinal);
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, on) =>
            {
                if (instrument.Name.StartsWith("millrace.decisions.pacing", StringComparison.Ordinal)) on.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) =>
        {
            var all = tags.ToArray().ToDictionary(tag => tag.Key, tag => (string)tag.Value!, StringComparer.Ordinal);
            if (all["tenant"] == "metered") told[$"{instrument.Name[26..]} {all["surface"]} {all["policy"]} {all["pace"]}"] = value;
        });
        listener.Start();
        Decider decider = _harness.Decider(policy: Paced, meters: meters);
        for (int i = 0; i < 20; i++) decider.Decide(Ask($"d{i}", 3) with { Tenant = "metered" });
        listener.RecordObservableInstruments();
        Assert.Equal(
            ["bonus home home kind=k1", "bonus home home provider=p3", "least home home provider=p3", "most home home kind=k1", "most home home provider=p3", "share home home kind=k1", "share home home provider=p3"],
            told.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(0.2, told["least home home provider=p3"]);
        Assert.InRange(told["share home home provider=p3"], 0, 0.1);
        Assert.True(told["bonus home home provider=p3"] > 0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_floor_above_what_a_limit_admits_lifts_until_that_is_reached_and_no_further(bool byRequest)
    {
        var one = DecisionHarness.Home.AtMost.Clear().Add("provider", 1);
        Policy policy = Unpinned with { AtMost = byRequest ? one.Clear() : one, Pacing = [new Pace("provider", "p3", 0.3, null, Hour)] };
        Assert.InRange(BonusAfter(policy, 800, handicap: 1, byRequest ? new SlateConstraints(one, []) : null), 0.3, 2.5);
    }

    [Fact]
    public void A_ceiling_below_what_a_quota_wants_lowers_nothing()
    {
        Policy policy = Unpinned with { AtLeast = [new Quota { Attribute = "provider", Value = "p3", Least = 3 }], Pacing = [new Pace("provider", "p3", null, 0.2, Hour)] };
        Assert.InRange(BonusAfter(policy, 200, handicap: 2), -0.1, 0);
    }

    [Fact]
    public void What_a_threshold_keeps_out_could_not_have_been_placed()
    {
        Policy policy = Unpinned with { Thresholds = Unpinned.Thresholds.Add("score", new Threshold(AtLeast: 0)), Pacing = [new Pace("provider", "p3", 0.2, null, Hour)] };
        Assert.Equal(0, BonusAfter(policy, 100, handicap: 10));
    }

    [Fact]
    public void A_callers_slate_and_an_answer_given_again_teach_nothing()
    {
        Decider decider = _harness.Decider(policy: Paced);
        decider.Decide(Ask("a", 3) with { Mode = DecideMode.LogOnly, Slots = [new RequestSlot("main", 3, ["i1", "i2"])] });
        Assert.Empty(decider.Paces);
        decider.Decide(Ask("b", 3));
        var once = decider.Paces.ToArray();
        DecideRequest again = Ask("c", 3);
        decider.Decide(again);
        var twice = decider.Paces.ToArray();
        Assert.NotEqual(once, twice);
        decider.Decide(again);
        Assert.Equal(twice, decider.Paces.ToArray());
    }

    private static Policy Unpinned => Paced with { Explore = new Explore(), Pins = [] };

    /// <summary>The bonus of the only pace after so many decisions.</summary>
    private double BonusAfter(Policy policy, int decisions, double handicap, SlateConstraints? asked = null)
    {
        Decider decider = _harness.Decider(new DeciderOptions { RememberedBytes = 0, FullShare = 0 }, policy);
        for (int i = 0; i < decisions; i++) decider.Decide(Ask($"d{i}", handicap) with { Constraints = asked });
        return Assert.Single(decider.Paces).Bonus;
    }

    /// <summary>All forty items by random utilities, those of p3 worth less by a handicap.</summary>
    private DecideRequest Ask(string id, double handicap) => DecisionHarness.Ask(id) with
    {
        Session = null,
        Candidates =
        [
            .. Enumerable.Range(0, 40).Select(i => DecisionHarness.Candidate($"i{i}", ("next", (float)(Unit() + Unit() + Unit() + Unit() - (i % 8 == 3 ? handicap : 0))))),
        ],
    };

    private double Unit() => Philox.ToUnit(Philox.Draw(7, 0, _draws++).First);

    /// <summary>What stands at the places that are not pinned.</summary>
    private static IEnumerable<string> Open(Decided decided) => decided.Slots[0].Items.Select(item => item.Item).Where(item => item != "i5");

    private static double IsP3(string item) => int.Parse(item.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture) % 8 == 3 ? 1 : 0;

    private static double IsK1(string item) => int.Parse(item.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture) % 3 == 1 ? 1 : 0;
}
