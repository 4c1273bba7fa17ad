using System.Collections.Immutable;
using System.Text.Json;
using CsCheck;
using Millrace.Decisions;
using Millrace.Decisions.Candidates;
using Millrace.Decisions.Explain;
using Millrace.Decisions.Pipeline;
using Millrace.Decisions.Replay;
using Millrace.Features.Definitions;
using Millrace.Features.Numerics;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;
using Millrace.Models.Shelf;
using Millrace.Models.Trees;
using Millrace.Tests.Models.Trees;

namespace Millrace.Tests.Decisions.Candidates;

/// <summary>The first phase of ranking: a wide pool from all sources, cut by a cheap head.</summary>
public sealed class FirstPhaseTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly CandidateSource Popular = new(CandidateSourceKind.Popular, 8, Hour) { Weight = 1 };
    private static readonly CandidateSource Recent = new(CandidateSourceKind.Recent, 9);
    private static readonly CandidateSource With = new(CandidateSourceKind.Similar, 7) { Feature = "with", Weight = -0.4 };
    private static readonly Gen<(string User, int Item)[]> Clicks = Gen.Select(Gen.Int[0, 3], Gen.Int[0, SourceHarness.Items - 1], static (user, item) => ($"u{user}", item)).Array[0, 40];

    [Fact]
    public void By_points_it_keeps_what_fusion_keeps() => Gen.Select(Clicks, Gen.Int[1, 12]).Sample(
        (clicks, pool) =>
        {
            Policy fused = SourceHarness.Of(Popular, Recent with { Weight = 0.3 }, With) with { Pool = pool };
            Assert.Equal(Gather(fused, clicks), Gather(fused with { FirstPhase = new FirstPhase(Blend((FirstPhase.Points, 1)), 100) }, clicks));
        },
        iter: 200, threads: 1);

    [Fact]
    public void It_reads_places_points_and_features_of_a_pool_as_wide_as_it_says() => Gen.Select(Clicks, Gen.Int[1, 6], Gen.Int[6, 12], Gen.Double[-2, 2].Array[4]).Sample(
        (clicks, pool, from, weights) =>
        {
            Policy wide = SourceHarness.Of(Popular, Recent, With) with { Pool = 1000 };
            string[][] lists = [.. wide.Candidates.Select(source => Gather(wide with { Candidates = [source with { Weight = null }] }, clicks).Select(static found => found.Item).Take(source.Take).ToArray())];
            double Worth(string item, int list) => Array.IndexOf(lists[list], item) is >= 0 and var place
                ? Deterministic.Log(wide.Candidates[list].Take + 10) - Deterministic.Log(place + 10)
                : 0;
            double Points(string item) => wide.Candidates.Index().Sum(source => (source.Item.Weight ?? 0) * Worth(item, source.Index));
            double Score(string item) => (weights[0] * (float)Worth(item, 0)) + (weights[1] * (float)Worth(item, 1)) + (weights[2] * lists.Count(list => list.Contains(item))) + (weights[3] * int.Parse(item[1..]));
            string[] expected =
            [
                .. lists.SelectMany(static list => list).Distinct().OrderByDescending(Points).ThenBy(static item => item, StringComparer.Ordinal).Take(from)
                    .OrderByDescending(Score).ThenBy(static item => item, StringComparer.Ordinal).Take(pool),
            ];
            var phase = new FirstPhase(Blend(("list.popular.1h", weights[0]), ("list.recent", weights[1]), (FirstPhase.Lists, weights[2]), ("shown", weights[3])), from);
            string[] kept = [.. Gather(wide with { Pool = pool, FirstPhase = phase }, clicks, impressions: true).Select(static found => found.Item)];

            // The head adds in ordinal order of names, so what nearly ties may stand the other way round.
            Assert.Equal(expected.Length, kept.Length);
            Assert.All(expected.Zip(kept), pair => Assert.Equal(Score(pair.First), Score(pair.Second), 1e-5));
        },
        iter: 200, threads: 1);

    [Fact]
    public void A_forest_chooses_as_its_trees_say() => Clicks.Sample(
        clicks =>
        {
            string[] names = ["list.popular.1h", "list.recent", "list.similar.with", FirstPhase.Points, FirstPhase.Lists, "shown"];
            var shelf = new MemoryModelShelf();
            string digest = shelf.Add(GoldenFiles.Model("regression", names));
            Forest forest = shelf.Forest(digest)!;
            Policy policy = SourceHarness.Of(Popular, Recent, With) with { Pool = 4, FirstPhase = new FirstPhase(new ForestHead(digest, forest.FeaturesRead(), ForestOutput.Raw), 100) };
            var all = Gather(policy with { Pool = 12 }, clicks, shelf: shelf);
            Assert.Equal(all.Take(4), Gather(policy, clicks, shelf: shelf));

            // Where nobody clicked the other lists are empty.
            var scores = new double[Recent.Take];
            var rows = Enumerable.Range(0, Recent.Take).SelectMany(static place => (float[])[float.NaN, (float)(Deterministic.Log(19) - Deterministic.Log(place + 10)), float.NaN, 0, 1, 0]).ToArray();
            new ForestScorer([forest], names, SimdLevel.Scalar).Raw(rows, scores.Length, scores, new ForestScratch());
            var expected = scores.Index().OrderByDescending(static score => score.Item).ThenBy(static score => $"i{score.Index}", StringComparer.Ordinal).Take(4).Select(static score => $"i{score.Index}");
            Assert.Equal(expected, new SourceHarness(policy, shelf: shelf).Gather().Select(static found => found.Item));
        },
        iter: 50, threads: 1);

    [Fact]
    public void What_it_left_out_is_in_the_record_and_told()
    {
        DecisionHarness harness = new DecisionHarness().Fill();
        Policy policy = Cut(Blend(("list.popular.1h", 1), ("fresh", 0.5)));
        Decided decided = harness.Decider(policy: policy).Decide(DecisionHarness.Ask("d"));
        Assert.Empty(decided.Degraded);
        ImmutableArray<string> leftOut = decided.Inputs!.LeftOut;
        Assert.Equal(8, decided.CandidateCount);
        Assert.NotEmpty(leftOut);
        Assert.Empty(leftOut.Intersect(decided.Inputs.Candidates));
        Assert.Equal(ReplayVerdict.Identical, Replayer.Replay(decided, policy, MemoryModelShelf.Empty).Verdict);
        Absence why = Explainer.Explain(decided, policy, MemoryModelShelf.Empty, leftOut[1]).WhyNot!;
        int kept = decided.Inputs.Sources.Count(static bits => (bits & ~(1u << (int)CandidateSourceKind.Pinned)) != 0);
        Assert.Equal((AbsenceReason.FirstPhase, $"place {kept + 2} of {kept + leftOut.Length}"), (why.Reason, why.Detail));
    }

    [Fact]
    public void Without_time_the_points_choose()
    {
        Policy policy = Cut(Blend(("list.recent", 1)));
        ImmutableArray<string> byHead = Decide(policy, lookAt: int.MaxValue).Inputs!.Candidates;
        ImmutableArray<string> byPoints = Decide(Cut(Blend((FirstPhase.Points, 1))), lookAt: int.MaxValue).Inputs!.Candidates;
        Assert.NotEqual(byHead, byPoints);
        Decided[] tried = [.. Enumerable.Range(1, 30).Select(look => Decide(policy, look))];
        Decided[] skipped = [.. tried.Where(static decided => decided.Degraded.Contains("firstPhaseSkipped"))];
        Assert.NotEmpty(skipped);
        Assert.All(skipped, static decided => Assert.Equal(["firstPhaseSkipped"], decided.Degraded));
        Assert.All(skipped, decided => Assert.Equal((0, byPoints), (decided.Rung, decided.Inputs!.Candidates), Same));
        Assert.Contains(tried, decided => decided.Degraded.IsEmpty && decided.Inputs!.Candidates.SequenceEqual(byHead));
    }

    [Fact]
    public void A_policy_keeps_it_in_its_text()
    {
        Policy policy = Cut(new ForestHead(new string('a', 64), ["fresh", "list.recent"], ForestOutput.Raw));
        Policy read = PolicyJson.Read(PolicyJson.Write(policy), policy.Version);
        Assert.Equal(PolicyJson.Write(policy), PolicyJson.Write(read));
        Assert.Equal(2000, read.FirstPhase!.From);
        Assert.Equal([new string('a', 64)], PolicyReading.Models(read));
        Assert.DoesNotContain("firstPhase", PolicyJson.Write(DecisionHarness.Home), StringComparison.Ordinal);
    }

    [Fact]
    public void What_it_cannot_read_is_a_fault()
    {
        FeatureSet features = FeatureSet.Create(
            [.. DecisionHarness.Set.Definitions, new CountFeature("gender", "click", Hour) { Info = new FeatureInfo { Sensitivity = FeatureSensitivity.Protected } }],
            PolicyWindows.Of([DecisionHarness.Home]));
        string[] Faults(Policy policy) => [.. PolicyValidator.Faults(policy, features).Select(static fault => fault["policies.home.".Length..])];
        Assert.Empty(Faults(Cut(Blend(("list.recent", 1), ("fresh", 1), (FirstPhase.Points, 1)))));
        Assert.Equal(
            ["firstPhase.blend.list.popular.2h: expected lists of the policy's sources; got 'list.popular.2h'; nearest is 'list.popular.1h'"],
            Faults(Cut(Blend(("list.popular.2h", 1)))));
        Assert.Equal(["firstPhase.blend.frish: expected the name of a feature; got 'frish'; nearest is 'fresh'"], Faults(Cut(Blend(("frish", 1)))));
        Assert.Equal(["firstPhase.blend.gender: expected no protected feature beside allowProtected; got 'gender'"], Faults(Cut(Blend(("gender", 1)))));
        Assert.Empty(Faults(Cut(Blend(("gender", 1))) with { AllowProtected = ["gender"] }));
        Assert.Equal(
            ["firstPhase.forest: expected no protected feature beside allowProtected; got 'gender'"], Faults(Cut(new ForestHead(new string('a', 64), ["gender", "list.recent"], ForestOutput.Raw))));
        Assert.Equal(["firstPhase.head: expected a forest or a blend"], Faults(Cut(new FeatureHead("fresh"))));
        Assert.Equal(["firstPhase: expected a policy with a `pool`, which is what it keeps"], Faults(Cut(Blend(("fresh", 1))) with { Pool = null }));
        Assert.Equal(["firstPhase.from: expected 8, the policy's pool, to 5000; got 7"], Faults(Cut(Blend(("fresh", 1))) with { FirstPhase = new FirstPhase(Blend(("fresh", 1)), 7) }));
        Assert.Equal(
            ["firstPhase: expected sources whose lists it can tell apart; got 2 that are list.recent"],
            Faults(Cut(Blend(("fresh", 1))) with { Candidates = [.. DecisionHarness.Home.Candidates, new CandidateSource(CandidateSourceKind.Recent, 5)] }));
    }

    [Fact]
    public void A_model_of_several_scores_is_refused()
    {
        var shelf = new MemoryModelShelf();
        string digest = shelf.Add(GoldenFiles.Model("multiclass", "list.recent", "list.similar", "list.points", "list.lists", "fresh", "next"));
        Policy policy = Cut(new ForestHead(digest, shelf.Forest(digest)!.FeaturesRead(), ForestOutput.Raw));
        string fault = Assert.Single(Assert.Throws<PolicyFaultsException>(() => PolicySet.Create([policy], [], DecisionHarness.Set, shelf)).Faults);
        Assert.StartsWith("policies.home.firstPhase.forest: expected a model of one score; got one of ", fault, StringComparison.Ordinal);
        Assert.Contains("expected a model that is at hand", Assert.Throws<PolicyFaultsException>(() => PolicySet.Create([policy], [], DecisionHarness.Set)).Message, StringComparison.Ordinal);
    }

    /// <summary>Of the decision's looks at the clock, that one finds 59 % of the time spent.</summary>
    private static Decided Decide(Policy policy, int lookAt)
    {
        DecisionHarness harness = new DecisionHarness().Fill();
        int looks = 0;
        var clock = new Late(harness.Clock, () => ++looks >= lookAt ? TimeSpan.FromMilliseconds(59) : TimeSpan.Zero);
        return harness.Decider(policy: policy, clock: clock).Decide(DecisionHarness.Ask("d"));
    }

    private static bool Same((int Rung, ImmutableArray<string> Candidates) one, (int Rung, ImmutableArray<string> Candidates) other) => one.Rung == other.Rung && one.Candidates.SequenceEqual(other.Candidates);

    private static Policy Cut(Head head) => DecisionHarness.Home with { Pool = 8, FirstPhase = new FirstPhase(head, 2000) };

    private static BlendHead Blend(params (string Name, double Weight)[] weights) =>
        new(weights.ToImmutableSortedDictionary(static pair => pair.Name, static pair => pair.Weight, StringComparer.Ordinal));

    private static (string Item, uint Sources)[] Gather(Policy policy, (string User, int Item)[] clicks, bool impressions = false, IModelShelf? shelf = null)
    {
        var harness = new SourceHarness(policy, shelf: shelf);
        foreach (var (user, item) in clicks) harness.Event(user, item);
        for (int item = 0; impressions && item < SourceHarness.Items; item++)
        {
            for (int shown = 0; shown < item; shown++) harness.Event("viewer", item, "impression");
        }

        return harness.Gather("u0");
    }

    private sealed class Late(TimeProvider clock, Func<TimeSpan> spent) : TimeProvider
    {
        public override long TimestampFrequency => clock.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => clock.GetUtcNow();

        public override long GetTimestamp() => clock.GetTimestamp() + (long)(spent().TotalSeconds * TimestampFrequency);
    }
}
