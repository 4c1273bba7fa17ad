using System.Collections.Immutable;
using System.Globalization;
using CsCheck;
using Millrace.Decisions;
using Millrace.Decisions.Pipeline;
using Millrace.Decisions.Ranking;
using Millrace.Decisions.Replay;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;
using Millrace.Models.Shelf;
using Millrace.Models.Trees;
using Millrace.Tests.Models.Trees;

namespace Millrace.Tests.Decisions;

/// <summary>Policies with heads: what they score, whom they leave out, and that their decisions are computed again to the bit.</summary>
public sealed class HeadTests
{
    private readonly DecisionHarness _harness = new();
    private readonly MemoryModelShelf _shelf = new();

    [Fact]
    public void Utility_is_the_weighted_sum_of_what_LightGBM_predicted()
    {
        ForestHead click = Forest("regression", ForestOutput.Raw);
        ForestHead rank = Forest("lambdarank", ForestOutput.Raw);
        ForestHead third = Forest("multiclass", ForestOutput.Raw, 2);
        Policy policy = Named(("a", click, 1), ("b", rank, 0.25), ("c", third, -3), ("d", new FeatureHead("f4"), 2), ("e", Blend(("f0", 0.5), ("f2", -1)), 0.125));
        var rows = GoldenFiles.Scores("regression").ToArray();

        // LightGBM scored these rows by the first model alone: by the others our own scorer does, which equals it.
        Forest[] forests = [.. ((ForestHead[])[rank, third]).Select(head => _shelf.Forest(head.Digest)!)];
        Decided decided = Decide(policy, rows.Select(static golden => golden.Row));
        foreach (DecidedItem item in decided.Slots[0].Items)
        {
            var (row, raw, _) = rows[int.Parse(item.Item[1..], CultureInfo.InvariantCulture)];
            double expected = 0 + (1 * raw[0]) + (0.25 * Raw(forests[0], row)[0]) + (-3 * Raw(forests[1], row)[2]) + (2 * Value(row[4])) + (0.125 * (0 + (0.5 * Value(row[0])) + (-1 * Value(row[2]))));
            Assert.Equal(BitConverter.DoubleToInt64Bits(expected), BitConverter.DoubleToInt64Bits(item.Score));
        }

        Assert.Equal(rows.Length, decided.Slots[0].Items.Length);
        Assert.Equal(ModelDigest.Brief([click.Digest, rank.Digest, third.Digest]), decided.Model);
        Assert.Equal(HeadModels.Names, decided.Inputs!.Features);
        Assert.Equal(ReplayVerdict.Identical, Replayer.Replay(decided, policy, _shelf).Verdict);
    }

    [Theory]
    [InlineData("regression", 0)]
    [InlineData("binary-zero-as-missing", 0)]
    [InlineData("multiclass", 1)]
    [InlineData("random-forest", 0)]
    [InlineData("poisson-no-missing", 0)]
    [InlineData("lambdarank", 0)]
    public void A_transformed_head_is_what_the_objective_predicts(string name, int @class)
    {
        var golden = GoldenFiles.Scores(name).ToArray();
        foreach (DecidedItem item in Decide(Named(("p", Forest(name, ForestOutput.Transformed, @class), 1)), golden.Select(static one => one.Row)).Slots[0].Items)
        {
            double predicted = golden[int.Parse(item.Item[1..], CultureInfo.InvariantCulture)].Predicted[@class];
            Assert.InRange(BitConverter.DoubleToInt64Bits(predicted) - BitConverter.DoubleToInt64Bits(item.Score), -2, 2);
        }
    }

    [Fact]
    public void A_head_may_take_the_same_model_raw_and_another_transformed()
    {
        Policy policy = Named(("raw", Forest("binary-zero-as-missing", ForestOutput.Raw), 1), ("seen", Forest("binary-zero-as-missing", ForestOutput.Transformed), 1000));
        var golden = GoldenFiles.Scores("binary-zero-as-missing").ToArray();
        foreach (DecidedItem item in Decide(policy, golden.Select(static one => one.Row)).Slots[0].Items)
        {
            var (_, raw, predicted) = golden[int.Parse(item.Item[1..], CultureInfo.InvariantCulture)];
            Assert.Equal(raw[0] + (1000 * predicted[0]), item.Score, 1e-9);
        }
    }

    [Fact]
    public void A_beta_head_is_the_mean_of_the_posterior() =>
        Gen.Select(Gen.Single[-2, 50], Gen.Single[-2, 500], Gen.Double[0.1, 5], Gen.Double[5.1, 60]).Sample((won, tried, a, n) =>
        {
            var formula = new BetaFormula(0, 1, a, n);
            var values = new double[3];
            formula.Fill([won, tried, float.NaN, tried, won, float.NaN], 2, values);
            double wins = Math.Max(0, won);
            double tries = Math.Max(Math.Max(0, tried), wins);
            Assert.Equal((wins + a) / (tries + n), values[0], 1e-12);
            Assert.Equal(a / (Math.Max(0, tried) + n), values[1], 1e-12);
            Assert.Equal((wins + a) / (wins + n), values[2], 1e-12);
            Assert.InRange(values[0], 0, 1);
        });

    [Fact]
    public void What_is_no_number_comes_last_whatever_its_weight()
    {
        float[][] rows = [[float.PositiveInfinity, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0], [float.NegativeInfinity, 0, 0, 0, 0, 0], [2, 0, 0, 0, 0, 0]];
        Decided decided = Decide(Named(("a", new FeatureHead("f0"), 1), ("b", new FeatureHead("f1"), 0)), rows);
        Assert.Equal(["c3", "c1", "c0", "c2"], decided.Slots[0].Items.Select(static item => item.Item));
        Assert.Equal(double.MinValue, decided.Slots[0].Items[2].Score);
        Assert.Null(decided.Model);
    }

    [Fact]
    public void Thresholds_leave_candidates_out_while_enough_are_left()
    {
        float[][] rows = [.. Enumerable.Range(0, 10).Select(static i => new float[] { i, i % 2 == 0 ? 0.5f : 0.1f, 0, 0, 0, 0 })];
        Policy policy = Named(("a", new FeatureHead("f0"), 1), ("hide", new FeatureHead("f1"), 0)) with
        {
            Thresholds = ImmutableSortedDictionary.Create<string, Threshold>(StringComparer.Ordinal).Add("hide", new Threshold(AtMost: 0.2)),
        };
        Decided three = Decide(policy, rows, places: 3);
        Assert.Equal(["c9", "c7", "c5"], three.Slots[0].Items.Select(static item => item.Item));
        Assert.Empty(three.Degraded);

        // Five are within, seven are wanted: the two best of the others fill the slate, each where its score belongs.
        Decided seven = Decide(policy, rows, places: 7);
        Assert.Equal(["c9", "c8", "c7", "c6", "c5", "c3", "c1"], seven.Slots[0].Items.Select(static item => item.Item));
        Assert.Equal(["thresholdsRelaxed"], seven.Degraded);
        Assert.Equal(ReplayVerdict.Identical, Replayer.Replay(seven, policy, _shelf).Verdict);
        Assert.Equal(["thresholdsRelaxed", "shortSlate"], Decide(policy, rows, places: 12).Degraded);
    }

    [Fact]
    public void A_replay_without_the_model_says_so_and_a_changed_record_differs()
    {
        Policy policy = Named(("p", Forest("regression", ForestOutput.Raw), 1));
        Decided decided = Decide(policy, GoldenFiles.Scores("regression").Select(static golden => golden.Row));
        ReplayResult missing = Replayer.Replay(decided, policy with { Segment = null }, MemoryModelShelf.Empty);
        Assert.Equal(ReplayVerdict.ModelMissing, missing.Verdict);
        Assert.StartsWith("heads.p.forest: expected a model that is at hand; got ", Assert.Single(missing.Differences));
        DecisionInputs mirrored = decided.Inputs! with { Matrix = [.. decided.Inputs.Matrix.Reverse()] };
        Assert.Equal(ReplayVerdict.Differs, Replayer.Replay(decided with { Inputs = mirrored }, policy, _shelf).Verdict);
        ReplayResult other = Replayer.Replay(decided, Named(("p", new FeatureHead("f0"), 1)), _shelf);
        Assert.Contains("inputs.features: not those of the policy's heads", other.Differences);
    }

    [Fact]
    public void A_policy_set_without_the_model_is_refused()
    {
        var refused = Assert.Throws<PolicyFaultsException>(() => PolicySet.Create([Named(("p", Forest("regression", ForestOutput.Raw), 1))], [], HeadModels.Features));
        Assert.StartsWith("policies.home.heads.p.forest: expected a model that is at hand; got ", Assert.Single(refused.Faults));
        refused = Assert.Throws<PolicyFaultsException>(() => PolicySet.Create([Named(("p", Forest("multiclass", ForestOutput.Raw, 3), 1))], [], HeadModels.Features, _shelf));
        Assert.Equal("policies.home.heads.p.class: expected a class below 3; got 3", Assert.Single(refused.Faults));
    }

    [Fact]
    public void Scoring_allocates_nothing_once_its_buffers_have_grown()
    {
        RankingPlan plan = RankingPlan.Compile(Named(("a", Forest("regression", ForestOutput.Raw), 1), ("b", Forest("multiclass", ForestOutput.Transformed, 1), 1), ("c", new FeatureHead("f1"), -1)), _shelf);
        var buffers = new RankBuffers();
        var (matrix, utility) = (new float[200 * 6], new double[200]);
        plan.Score(matrix, buffers, utility);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 50; i++) plan.Score(matrix, buffers, utility);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static double Value(float value) => float.IsNaN(value) ? 0 : value;

    private static double[] Raw(Forest forest, float[] row)
    {
        var scores = new double[forest.Classes];
        new ForestScorer([forest], forest.Features).Raw(row, 1, scores, new ForestScratch());
        return scores;
    }

    private static BlendHead Blend(params (string Name, double Weight)[] weights) =>
        new(weights.ToImmutableSortedDictionary(static pair => pair.Name, static pair => pair.Weight, StringComparer.Ordinal));

    private static Policy Named(params (string Name, Head Head, double Weight)[] heads) => new()
    {
        Name = "home",
        Candidates = [new CandidateSource(CandidateSourceKind.Recent, 10)],
        Heads = heads.ToImmutableSortedDictionary(static head => head.Name, static head => head.Head, StringComparer.Ordinal),
        Objectives = heads.ToImmutableSortedDictionary(static head => head.Name, static head => head.Weight, StringComparer.Ordinal),
    };

    private ForestHead Forest(string name, ForestOutput output, int @class = 0) => HeadModels.Forest(_shelf, name, output, @class);

    private Decided Decide(Policy policy, IEnumerable<float[]> rows, int places = 100) => HeadModels.Decide(_harness, _shelf, policy, rows, places);
}
