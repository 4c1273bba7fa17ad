using System.Collections.Immutable;
using Millrace.Decisions;
using Millrace.Decisions.Explain;
using Millrace.Decisions.Ladder;
using Millrace.Decisions.Pipeline;
using Millrace.Decisions.Replay;
using Millrace.Decisions.Terms;
using Millrace.Features.Catalogue;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;
using Millrace.Models.Shelf;
using Explore = Millrace.Models.Policies.Exploration;

namespace Millrace.Tests.Decisions.Terms;

/// <summary>Heads that read terms from outside: what they count for, what is recorded, and what happens when nobody answers.</summary>
public sealed class ObjectiveTermTests
{
    private static readonly Policy Costly = new()
    {
        Name = "home",
        Version = 1,
        Explore = new Explore(0.1, 5),
        Heads = DecisionHarness.Home.Heads.Add("next", new FeatureHead("next")).Add("cost", new ExternalHead("cost")).Add("again", new ExternalHead("cost")),
        Objectives = DecisionHarness.Home.Objectives.Add("next", 1).Add("cost", -2).Add("again", -0.5),
        Thresholds = DecisionHarness.Home.Thresholds.Add("again", new Threshold(AtMost: 0.9)),
    };

    private readonly DecisionHarness _harness = new DecisionHarness().Fill();
    private readonly List<Exception> _faults = [];

    [Fact]
    public void A_term_counts_by_its_weight_is_recorded_by_value_and_replays_identical()
    {
        Decided decided = Decide(new Costs());
        Assert.Empty(decided.Degraded);
        RecordedTerms recorded = RecordedRequest.Read(decided.Inputs!.Request).Terms;
        Assert.Equal(["cost"], recorded.Columns.Keys);
        Assert.Equal(["next"], decided.Inputs.Features);
        foreach (DecidedItem item in decided.Slots[0].Items)
        {
            int row = decided.Inputs.Candidates.IndexOf(item.Item);
            float cost = recorded.Columns["cost"][row];
            Assert.Equal(Costs.Of(item.Item), cost);
            Assert.Equal(decided.Inputs.Matrix[row] - (2.5 * (float.IsNaN(cost) ? 0 : cost)), item.Score, 1e-9);
            Assert.True(float.IsNaN(cost) || cost <= 0.9, "beyond the threshold");
        }

        Assert.Contains(recorded.Columns["cost"], float.IsNaN);
        Assert.Contains(recorded.Columns["cost"], cost => cost > 0.9);
        ReplayResult replayed = Replayer.Replay(decided, Costly);
        Assert.True(replayed.Verdict == ReplayVerdict.Identical, string.Join(", ", replayed.Differences));
        Decided cheaper = decided with { Inputs = decided.Inputs with { Request = decided.Inputs.Request.Replace("\"cost\":[", "\"other\":[", StringComparison.Ordinal) } };
        Assert.Equal(ReplayVerdict.Differs, Replayer.Replay(cheaper, Costly).Verdict);
    }

    [Fact]
    public void A_probe_and_an_explanation_read_the_terms_of_the_record()
    {
        Decided decided = Decide(new Costs());
        var probe = new PolicyProbe(Costly, MemoryModelShelf.Empty);
        Assert.Equal(ProbeRefusal.None, probe.Read(decided, Costly));
        var propensities = new double[probe.Slate.Length];
        probe.Propensities(probe.Weights.AsSpan(), propensities);
        Assert.Equal(decided.Slots[0].Items.Select(item => item.Propensity), propensities);
        var other = new PolicyProbe(Costly with { Heads = Costly.Heads.SetItem("cost", new ExternalHead("weather")) }, MemoryModelShelf.Empty);
        Assert.Equal(ProbeRefusal.OtherInputs, other.Read(decided, Costly));
        Explanation explained = Explainer.Explain(decided, Costly, MemoryModelShelf.Empty);
        foreach (ExplainedItem item in explained.Items)
        {
            ExplainedHead head = item.Heads.Single(head => head.Name == "cost");
            Contribution contribution = Assert.Single(head.Contributions);
            Assert.Equal(("external:cost", head.Value), (contribution.Feature, contribution.Amount!.Value));
            Assert.Equal(item.Utility, item.Heads.Sum(one => one.Weight * one.Value), 1e-9);
        }
    }

    [Fact]
    public void A_term_that_fails_is_slow_or_is_not_there_counts_nothing_and_the_reply_says_so()
    {
        foreach (IObjectiveTerm? term in new IObjectiveTerm?[] { new Broken(), new Slow(_harness), null })
        {
            Decided decided = Decide(term);
            Assert.Equal(["termsMissing"], decided.Degraded);
            Assert.Equal((0, 6), (decided.Rung, decided.Slots[0].Items.Length));
            Assert.All(decided.Slots[0].Items, item => Assert.True(item.Score >= 0));
            Assert.Equal(ReplayVerdict.Identical, Replayer.Replay(decided, Costly).Verdict);
        }

        Assert.Single(_faults);
        Assert.All(RecordedRequest.Read(Decide(new Slow(_harness)).Inputs!.Request).Terms.Columns["cost"].Index(), value => Assert.Equal(value.Index < 3 ? 0 : float.NaN, value.Item));
        Assert.All(RecordedRequest.Read(Decide(new Broken()).Inputs!.Request).Terms.Columns["cost"], cost => Assert.Equal(float.NaN, cost));
    }

    [Fact]
    public void A_term_that_said_all_is_not_missing_though_it_took_longer_than_it_had()
    {
        Decided decided = Decide(new Late(_harness));
        Assert.Empty(decided.Degraded);
        Assert.All(RecordedRequest.Read(decided.Inputs!.Request).Terms.Columns["cost"], cost => Assert.Equal(0.5f, cost));
    }

    [Fact]
    public void A_policy_that_names_a_term_which_is_not_there_is_refused_with_those_that_are()
    {
        string Fault(params ImmutableArray<string> terms) =>
            Assert.Single(Assert.Throws<PolicyFaultsException>(() => PolicySet.Create([Costly with { Heads = Costly.Heads.Remove("again"), Objectives = Costly.Objectives.Remove("again"), Thresholds = Costly.Thresholds.Clear() }], [], DecisionHarness.Set, terms: terms)).Faults);
        Assert.Equal("policies.home.heads.cost.external: expected one of the terms from outside: costs, weather; got 'cost'; nearest is 'costs'", Fault("costs", "weather"));
        Assert.Equal("policies.home.heads.cost.external: expected a node that has terms from outside; this one has none; got 'cost'", Fault());
    }

    [Fact]
    public void A_head_by_a_term_is_canonical_text_and_back()
    {
        string text = PolicyJson.Write(Costly);
        Assert.Contains("\"cost\":{\"external\":\"cost\"}", text, StringComparison.Ordinal);
        Assert.Equal(Costly.Heads, PolicyJson.Read(text, 1).Heads);
        Assert.Equal(["cost"], PolicyReading.Terms(Costly));
        Assert.Equal(["next"], PolicyReading.Features(Costly));
    }

    private Decided Decide(IObjectiveTerm? term)
    {
        var policies = PolicySet.Create([Costly], [new Surface("home", "home", [new Slot("main", 6)])], DecisionHarness.Set, terms: ["cost"]);
        var serving = new Serving(policies, () => _harness.Folder.Current, _harness.Persons) { Terms = term is null ? ObjectiveTerms.None : new ObjectiveTerms(term) };
        return new Decider(new DeciderOptions(), _harness.Clock, new ServingTable(serving), faulted: _faults.Add).Decide(DecisionHarness.Ask("d") with
        {
            Session = null,
            Candidates = [.. Enumerable.Range(0, 40).Select(i => DecisionHarness.Candidate($"i{i}", ("next", 3 + (i % 7)))), DecisionHarness.Candidate("stranger", ("next", 4))],
        });
    }

    /// <summary>Half a unit for every third item, one for the next; nothing is known of the others.</summary>
    private sealed class Costs : IObjectiveTerm
    {
        public string Name => "cost";

        public bool Fill(ReadOnlySpan<CatalogueItem?> items, TermBudget budget, Span<float> values)
        {
            for (int i = 0; i < items.Length; i++)
            {
                if (items[i] is { } item) values[i] = Of(item.Id);
            }

            return true;
        }

        internal static float Of(string item) => !item.StartsWith('i') ? float.NaN : (int.Parse(item.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture) % 3) switch { 0 => 0.5f, 1 => 1, _ => float.NaN };
    }

    private sealed class Broken : IObjectiveTerm
    {
        public string Name => "cost";

        public bool Fill(ReadOnlySpan<CatalogueItem?> items, TermBudget budget, Span<float> values)
        {
            values[..(values.Length / 2)].Fill(0.5f);
            throw new InvalidOperationException("broken");
        }
    }

    /// <summary>Says all, and takes longer for it than there was.</summary>
    private sealed class Late(DecisionHarness harness) : IObjectiveTerm
    {
        public string Name => "cost";

        public bool Fill(ReadOnlySpan<CatalogueItem?> items, TermBudget budget, Span<float> values)
        {
            values.Fill(0.5f);
            harness.Clock.Advance(TimeSpan.FromMilliseconds(3));
            return true;
        }
    }

    /// <summary>Takes a millisecond for each item.</summary>
    private sealed class Slow(DecisionHarness harness) : IObjectiveTerm
    {
        public string Name => "cost";

        public bool Fill(ReadOnlySpan<CatalogueItem?> items, TermBudget budget, Span<float> values)
        {
            for (int i = 0; i < items.Length; i++)
            {
                if (budget.IsSpent) return false;
                values[i] = 0;
                harness.Clock.Advance(TimeSpan.FromMilliseconds(1));
            }

            return true;
        }
    }
}
