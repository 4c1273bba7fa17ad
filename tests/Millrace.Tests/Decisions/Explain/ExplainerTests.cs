using System.Collections.Immutable;
using Millrace.Decisions;
using Millrace.Decisions.Explain;
using Millrace.Decisions.Pipeline;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;
using Millrace.Models.Shelf;
using Millrace.Models.Trees;
using Millrace.Tests.Models.Trees;
using Explore = Millrace.Models.Policies.Exploration;

namespace Millrace.Tests.Decisions.Explain;

public sealed class ExplainerTests
{
    private static readonly Explore Never = new(0, 20);

    private static readonly Policy Headed = new() { Name = "home", Version = 1 };

    private readonly DecisionHarness _harness = new DecisionHarness().Fill();
    private readonly MemoryModelShelf _shelf = new();

    [Fact]
    public void Contributions_of_a_blend_add_up_to_the_score()
    {
        Decided decided = _harness.Decider().Decide(DecisionHarness.Ask("d"));
        Explanation explained = Explain(decided, DecisionHarness.Home);
        Assert.Equal((ExplainVerdict.Explained, ScoredBy.Blend), (explained.Verdict, explained.ScoredBy));
        Assert.Equal(decided.Slots[0].Items.Select(item => item.Item), explained.Items.Select(item => item.Item));
        foreach (var (shown, item) in decided.Slots[0].Items.Zip(explained.Items))
        {
            ExplainedHead head = Assert.Single(item.Heads);
            Assert.Equal("score", head.Name);
            Assert.Equal(shown.Score, item.Utility);
            Assert.Equal(shown.Score, Sum(head), 1e-9);
            Assert.Equal(shown.Sources, item.Sources);
        }
    }

    [Theory]
    [InlineData(ForestOutput.Raw)]
    [InlineData(ForestOutput.Transformed)]
    public void Contributions_of_trees_add_up_to_the_raw_score_and_heads_to_the_utility(ForestOutput output)
    {
        Policy policy = Headed with
        {
            Diversity = new Diversity(0.1, "provider"),
            Heads = Headed.Heads.Add("click", Forest("binary-zero-as-missing", output)).Add("value", Forest("regression", ForestOutput.Raw)).Add("fresh", new FeatureHead("f1")),
            Objectives = Headed.Objectives.Add("click", 2).Add("value", -0.5).Add("fresh", 0.1),
        };
        Decided decided = Golden(policy);
        foreach (var (shown, item) in decided.Slots[0].Items.Zip(Explain(decided, policy).Items))
        {
            Assert.Equal(["click", "fresh", "value"], item.Heads.Select(head => head.Name));
            Assert.All(item.Heads, head => Assert.Equal(head.Raw, Sum(head), 1e-9));
            Assert.Equal(item.Utility, item.Heads.Sum(head => head.Weight * head.Value), 1e-9);
            Assert.InRange(item.Utility - shown.Score, 0, 0.1);
            double raw = item.Heads[0].Raw;
            Assert.Equal(output == ForestOutput.Raw ? raw : 1 / (1 + Math.Exp(-raw)), item.Heads[0].Value, 1e-9);
        }
    }

    [Theory]
    [InlineData("atMost.provider")]
    [InlineData("atMost.kind")]
    [InlineData("atLeast kind=k2")]
    [InlineData("diversity")]
    [InlineData("pins")]
    [InlineData("thresholds.score")]
    [InlineData("boosts")]
    public void What_a_rule_does_is_what_the_policy_without_it_decides(string rule)
    {
        Policy without = DecisionHarness.Home with { Explore = Never, AtMost = DecisionHarness.Home.AtMost.Clear(), Pins = rule == "pins" ? [] : DecisionHarness.Home.Pins, AtLeast = rule == "atLeast kind=k2" ? [new Quota { Attribute = "provider", Value = "p7", Least = 1 }] : [] };
        if (rule == "boosts") without = without with { Boosts = ["i38", "i37"] };
        Policy all = (rule switch
        {
            "atMost.provider" => without with { AtMost = without.AtMost.Add("provider", 1) },
            "atMost.kind" => without with { AtMost = without.AtMost.Add("kind", 1) },
            "atLeast kind=k2" => without with { AtLeast = [new Quota { Attribute = "kind", Value = "k2", Least = 4 }, .. without.AtLeast] },
            "thresholds.score" => without with { Thresholds = without.Thresholds.Add("score", new Threshold(AtMost: _harness.Decider(policy: without).Decide(DecisionHarness.Ask("plainest")).Slots[0].Items[1].Score)) },
            "boosts" => without with { Boosts = ["i38", "i37"], Worths = without.Worths.Add("i38", 1000).Add("i37", -3) },
            "diversity" => without with { Diversity = new Diversity(40, "provider") },
            _ => without with { Pins = DecisionHarness.Home.Pins },
        }) with { Explore = new Explore(0.5, 20) };
        Decided decided = _harness.Decider(policy: all).Decide(DecisionHarness.Ask("d"));
        var plain = Places(_harness.Decider(policy: all with { Explore = Never }).Decide(DecisionHarness.Ask("plain")));
        var other = Places(_harness.Decider(policy: without).Decide(DecisionHarness.Ask("other")));
        Assert.NotEqual(plain, other);
        int moved = 0;
        foreach (string id in decided.Inputs!.Candidates)
        {
            Explanation explained = Explain(decided, all, id);
            ExplainedItem item = explained.Items.SingleOrDefault(shown => shown.Item == id) ?? explained.WhyNot!.As!;
            Assert.Equal(plain.GetValueOrDefault(id), item.Greedy?.Rank ?? 0);
            Counterfactual? counter = item.Without.SingleOrDefault(change => change.Rule == rule);
            Assert.Equal(other.GetValueOrDefault(id), (counter is null ? item.Greedy : counter.Place)?.Rank ?? 0);
            moved += counter is null ? 0 : 1;
        }

        Assert.True(moved >= 2);
    }

    [Fact]
    public void Without_rules_and_draws_everything_stands_by_its_utility()
    {
        Policy policy = DecisionHarness.Home with { Explore = Never, AtMost = DecisionHarness.Home.AtMost.Clear(), Pins = [] };
        Decided decided = _harness.Decider(policy: policy).Decide(DecisionHarness.Ask("d"));
        foreach (ExplainedItem item in Explain(decided, policy).Items)
        {
            Assert.Equal((item.Shown!.Value.Rank, item.Shown), (item.ByUtility, item.Greedy));
            Assert.Empty(item.Without);
        }
    }

    [Fact]
    public void An_item_that_is_not_there_is_told_why()
    {
        _harness.Put("expired", item => item with { Expires = UnixMicros.Now(_harness.Clock) - TimeSpan.FromSeconds(1) });
        _harness.Put("gone", item => item);
        _harness.Put("gone", item => item with { Deleted = true });
        _harness.Put("foreign", item => item with { Provider = "elsewhere" });
        _harness.Folder.Freeze(UnixMicros.Now(_harness.Clock));
        Policy policy = DecisionHarness.Home with { Explore = Never, AtMost = DecisionHarness.Home.AtMost.Add("tag", 1).SetItem("provider", 1), Filters = [new ValueFilter("provider", ["elsewhere"], Without: true)] };
        Decided before = _harness.Decider(policy: policy).Decide(DecisionHarness.Ask("before"));
        double[] utilities = [.. before.Inputs!.Candidates.Select(id => Explain(before, policy, id)).Select(told => told.WhyNot!.As!.Utility).OrderDescending()];
        policy = policy with { Thresholds = policy.Thresholds.Add("score", new Threshold(AtLeast: utilities[^3])) };
        Decided decided = _harness.Decider(policy: policy).Decide(DecisionHarness.Ask("d") with { Exclude = ["i2"] });
        Absence Why(string id) => Explainer.Explain(decided, policy, _shelf, id, absent => CandidateJudge.Of(absent, decided, policy, _harness.Folder.Current)).WhyNot!;
        Assert.Equal(AbsenceReason.Shown, Why(decided.Slots[0].Items[3].Item).Reason);
        Assert.Equal(AbsenceReason.UnknownItem, Why("nowhere").Reason);
        Assert.Equal(AbsenceReason.NotLive, Why("expired").Reason);
        Assert.Equal("deleted", Why("gone").Detail);
        Assert.Equal((AbsenceReason.Filtered, "provider notIn [elsewhere]"), (Why("foreign").Reason, Why("foreign").Detail));
        Assert.Equal(AbsenceReason.NotGathered, Why("i2").Reason);
        ILookup<AbsenceReason, Absence> reasons = decided.Inputs!.Candidates.Select(Why).ToLookup(absence => absence.Reason);
        Assert.Equal(6, reasons[AbsenceReason.Shown].Count());
        Assert.All(reasons[AbsenceReason.Threshold], absence => Assert.StartsWith("score ", absence.Detail, StringComparison.Ordinal));
        Assert.NotEmpty(reasons[AbsenceReason.Threshold]);
        Assert.NotEmpty(reasons[AbsenceReason.Outranked]);
        Assert.NotEmpty(reasons[AbsenceReason.Rule]);
        Assert.Equal(decided.Inputs.Candidates.Length, reasons.Sum(reason => reason.Count()));
    }

    [Fact]
    public void An_item_that_a_draw_displaced_is_told_so()
    {
        Policy policy = DecisionHarness.Home with { Explore = new Explore(1, 20) };
        Decided decided = _harness.Decider(policy: policy).Decide(DecisionHarness.Ask("d"));
        Assert.Contains(decided.Inputs!.Candidates, id => Explain(decided, policy, id).WhyNot!.Reason == AbsenceReason.Explored);
    }

    [Fact]
    public void What_cannot_be_explained_says_why()
    {
        Decided decided = _harness.Decider().Decide(DecisionHarness.Ask("d"));
        Assert.Equal(ExplainVerdict.NotRecorded, Explain(decided with { Inputs = null }, DecisionHarness.Home).Verdict);
        Assert.Equal(ExplainVerdict.PolicyMissing, Explainer.Explain(decided, null, _shelf).Verdict);
        Assert.Equal(ExplainVerdict.EngineChanged, Explain(decided with { Engine = 1 }, DecisionHarness.Home).Verdict);
        Assert.Equal(ExplainVerdict.Unreadable, Explain(decided with { Inputs = decided.Inputs! with { Matrix = [] } }, DecisionHarness.Home).Verdict);
        Assert.Equal(ExplainVerdict.Unreadable, Explain(decided with { Inputs = decided.Inputs! with { Request = "{}" } }, DecisionHarness.Home).Verdict);
        Policy policy = Headed with { Heads = Headed.Heads.Add("click", Forest("regression", ForestOutput.Raw)), Objectives = Headed.Objectives.Add("click", 1) };
        Assert.Equal(ExplainVerdict.ModelMissing, Explainer.Explain(Golden(policy), policy, MemoryModelShelf.Empty).Verdict);
    }

    [Fact]
    public void A_callers_slate_and_a_list_of_the_ladder_are_explained_as_what_they_are()
    {
        Decided callers = _harness.Decider().Decide(DecisionHarness.Ask("d1") with { Mode = DecideMode.Apprentice, Slots = [new RequestSlot("main", 3, ["i3", "stranger"])] });
        Explanation explained = Explain(callers, DecisionHarness.Home, "i7");
        Assert.Equal(["i3", "stranger"], explained.Items.Select(item => item.Item));
        Assert.All(explained.Items, item => Assert.Null(item.Greedy));
        Decided listed = _harness.Slow(TimeSpan.FromMilliseconds(101)).Decide(DecisionHarness.Ask("d2") with { Session = "nobody" });
        explained = Explain(listed, DecisionHarness.Home);
        Assert.Equal(ScoredBy.Place, explained.ScoredBy);
        Assert.All(explained.Items, item => Assert.Empty(item.Heads));
        Assert.All(explained.Items, item => Assert.Equal(item.Shown, item.Greedy));
    }

    [Fact]
    public void A_list_of_the_ladder_is_explained_whatever_head_the_policy_has_a_threshold_on()
    {
        Policy policy = DecisionHarness.Home with
        {
            Blend = DecisionHarness.Home.Blend.Clear(),
            Heads = DecisionHarness.Home.Heads.Add("hide", new FeatureHead("fresh")),
            Objectives = DecisionHarness.Home.Objectives.Add("hide", -1),
            Thresholds = DecisionHarness.Home.Thresholds.Add("hide", new Threshold(AtMost: 0.5)),
        };
        Decided listed = _harness.Slow(TimeSpan.FromMilliseconds(101), policy).Decide(DecisionHarness.Ask("d") with { Session = "nobody" });
        Explanation explained = Explain(listed, policy);
        Assert.Equal((ExplainVerdict.Explained, ScoredBy.Place), (explained.Verdict, explained.ScoredBy));
        Assert.NotEmpty(explained.Items);
        Assert.All(explained.Items, item => Assert.Equal(item.Shown, item.Greedy));
        Assert.All(explained.Items, item => Assert.DoesNotContain(item.Without, other => other.Rule == "thresholds.hide"));
    }

    private static double Sum(ExplainedHead head) => head.Base + head.Contributions.Sum(part => part.Amount!.Value) + head.Others;

    private static Dictionary<string, int> Places(Decided decided) => decided.Slots[0].Items.Index().ToDictionary(item => item.Item.Item, item => item.Index + 1);

    private Explanation Explain(Decided decided, Policy policy, string? item = null) => Explainer.Explain(decided, policy, _shelf, item);

    private ForestHead Forest(string name, ForestOutput output) => HeadModels.Forest(_shelf, name, output);

    /// <summary>Decides over the rows of the golden models.</summary>
    private Decided Golden(Policy policy) => HeadModels.Decide(_harness, _shelf, policy, GoldenFiles.Scores("regression").Select(golden => golden.Row));
}
