using System.Collections.Immutable;
using CsCheck;
using Millrace.Decisions;
using Millrace.Decisions.Pipeline;
using Millrace.Decisions.Ranking;
using Millrace.Decisions.Replay;
using Millrace.Features.Definitions;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;
using Millrace.Models.Posteriors;
using Millrace.Models.Shelf;

namespace Millrace.Tests.Decisions;

/// <summary>Utilities under draws of the heads' posteriors, and the slates that Thompson's rule makes of them.</summary>
public sealed class PosteriorDrawTests
{
    private const int Draws = 30;

    private static readonly string[] Names = ["f0", "f1", "f2"];
    private static readonly FeatureSet Features = FeatureSet.Create([.. Names.Select(static name => new CountFeature(name, name, TimeSpan.FromHours(1)))]);
    private static readonly LinearPosterior Linear = Learn();

    private readonly DecisionHarness _harness = new();
    private readonly MemoryModelShelf _shelf = new();

    private string Digest => _shelf.Add(LinearFile.Write(Linear));

    [Fact]
    public void A_draw_is_the_weighted_sum_of_every_heads_own_draw() => Gen.Select(Gen.Single[0, 40].Array[3].Array[1, 6], Gen.ULong).Sample((rows, seed) =>
    {
        Policy policy = Thompson(("a", new BetaHead("f1", "f2", 1, 20), 2), ("b", new FeatureHead("f0"), 0.5), ("c", new LinearHead(Digest, Linear.Features), -1), ("d", new BetaHead("f1", "f2", 1, 20), 1), ("idle", new BetaHead("f0", "f0"), 0));
        var (plan, buffers) = (RankingPlan.Compile(policy, _shelf), new RankBuffers());
        float[] matrix = [.. rows.SelectMany(static row => row)];
        plan.Score(matrix, buffers, new double[rows.Length]);
        double[] draws = plan.Draw(matrix, buffers, seed, rows.Length).ToArray();
        Assert.Equal(Draws * rows.Length, draws.Length);
        for (int draw = 0; draw < Draws; draw++)
        {
            var weights = new double[2];
            Linear.DrawWeights(seed, (2 * Draws) + draw, weights);
            for (int i = 0; i < rows.Length; i++)
            {
                (double won, double tried) = (rows[i][1], Math.Max(rows[i][1], rows[i][2]));
                double Beta(int head) => BetaPosterior.Draw(1 + won, 19 + (tried - won), seed, ((ulong)((head * Draws) + draw) << 32) | (uint)i);
                double expected = 0 + (2 * Beta(0)) + (0.5 * rows[i][0]) + (-1 * LinearPosterior.Predict(weights, [rows[i][2], rows[i][0]])) + (1 * Beta(3));
                Assert.Equal(BitConverter.DoubleToInt64Bits(expected), BitConverter.DoubleToInt64Bits(draws[(draw * rows.Length) + i]));
            }
        }
    }, iter: 100);

    [Fact]
    public void Another_rule_and_heads_that_are_known_draw_nothing()
    {
        Policy thompson = Thompson(("a", new BetaHead("f1", "f2"), 1));
        Assert.Equal(0, Count(thompson with { Explore = thompson.Explore with { Method = ExplorationMethod.SquareCb } }));
        Assert.Equal(0, Count(Thompson(("a", new FeatureHead("f0"), 1), ("b", new BetaHead("f1", "f2"), 0))));
        Assert.Equal(Draws, Count(thompson));

        static int Count(Policy policy)
        {
            var (plan, buffers) = (RankingPlan.Compile(policy, MemoryModelShelf.Empty), new RankBuffers());
            var matrix = new float[plan.Columns.Length];
            plan.Score(matrix, buffers, new double[1]);
            return plan.Draw(matrix, buffers, 1, 1).Length;
        }
    }

    [Fact]
    public void What_is_no_number_is_the_least_under_every_draw()
    {
        var (plan, buffers) = (RankingPlan.Compile(Thompson(("a", new BetaHead("f1", "f2"), 1)), MemoryModelShelf.Empty), new RankBuffers());
        float[] matrix = [float.PositiveInfinity, 1, float.NaN, float.NaN];
        plan.Score(matrix, buffers, new double[2]);
        double[] draws = plan.Draw(matrix, buffers, 1, 2).ToArray();
        Assert.All(Enumerable.Range(0, Draws), draw =>
        {
            Assert.Equal(double.MinValue, draws[2 * draw]);
            Assert.InRange(draws[(2 * draw) + 1], 0, 1);
        });
    }

    [Fact]
    public void A_linear_head_is_the_mean_of_its_model()
    {
        float[][] rows = [[1, 5, 2], [float.NaN, 5, 3], [4, 0, float.NaN]];
        Policy policy = Thompson(("a", new LinearHead(Digest, Linear.Features), 1));
        var plan = RankingPlan.Compile(policy, _shelf);
        Assert.Equal(["f0", "f2"], plan.Columns);
        Assert.Equal(ModelDigest.Brief([Digest]), plan.Model);
        var utility = new double[3];
        plan.Score([.. rows.SelectMany(static row => (float[])[row[0], row[2]])], new RankBuffers(), utility);
        Assert.Equal(rows.Select(static row => Linear.Mean([row[2], row[0]])), utility);
        var missing = Assert.Throws<ModelMissingException>(() => RankingPlan.Compile(policy, MemoryModelShelf.Empty));
        Assert.StartsWith("heads.a.linear: expected a model that is at hand; got ", missing.Message);
    }

    /// <summary>A candidate that was tried seldom is drawn above better ones as often as its posterior says, and a record alone repeats it to the bit.</summary>
    [Fact]
    public void Thompsons_slates_explore_what_is_not_known_and_replay_identical()
    {
        Policy policy = Thompson(("a", new BetaHead("f1", "f2", 1, 20), 1), ("b", new LinearHead(Digest, Linear.Features), 1e-9));
        float[][] rows = [.. Enumerable.Range(0, 12).Select(static i => i == 11 ? new float[] { 0, 1, 12 } : [0, 100 - i, 1_000])];
        Decider decider = Decider(policy);
        int first = 0;
        for (int i = 0; i < 200; i++)
        {
            Decided decided = decider.Decide(DecisionHarness.Ask($"d{i}") with
            {
                Candidates = [.. rows.Select(static (row, i) => DecisionHarness.Candidate($"c{i}", [.. row.Select(static (value, column) => (Names[column], value))]))],
            });
            Assert.Empty(decided.Degraded);
            first += decided.Slots[0].Items[0].Item == "c11" ? 1 : 0;
            Assert.All(decided.Slots[0].Items, item => Assert.Equal(Math.Round(item.Propensity * Draws), item.Propensity * Draws, 1e-9));
            ReplayResult replayed = Replayer.Replay(decided, policy, _shelf);
            Assert.True(replayed.Verdict == ReplayVerdict.Identical, string.Join(", ", replayed.Differences));
        }

        // P(Beta(2, 30) is above the best of so many Beta(95, 900)) is near .15.
        Assert.InRange(first, 10, 60);
    }

    [Fact]
    public void Drawing_allocates_nothing_once_its_buffers_have_grown()
    {
        RankingPlan plan = RankingPlan.Compile(Thompson(("a", new BetaHead("f1", "f2"), 1), ("b", new LinearHead(Digest, Linear.Features), 1), ("c", new FeatureHead("f0"), 1)), _shelf);
        var buffers = new RankBuffers();
        var (matrix, utility) = (new float[200 * 3], new double[200]);
        plan.Score(matrix, buffers, utility);
        plan.Draw(matrix, buffers, 1, 200);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (ulong seed = 0; seed < 5; seed++) plan.Draw(matrix, buffers, seed, 200);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static LinearPosterior Learn()
    {
        var evidence = new LinearEvidence(["f2", "f0"], prior: 1, noise: 0.5);
        evidence.Add([1, 2], 3);
        evidence.Add([0.5f, -1], 0.25);
        return evidence.Posterior();
    }

    private static Policy Thompson(params (string Name, Head Head, double Weight)[] heads) => new()
    {
        Name = "home",
        Candidates = [new CandidateSource(CandidateSourceKind.Recent, 10)],
        Heads = heads.ToImmutableSortedDictionary(static head => head.Name, static head => head.Head, StringComparer.Ordinal),
        Objectives = heads.ToImmutableSortedDictionary(static head => head.Name, static head => head.Weight, StringComparer.Ordinal),
        Explore = new Exploration(0, 6) { Method = ExplorationMethod.Thompson, Draws = Draws },
    };

    private Decider Decider(Policy policy)
    {
        var folder = new FeatureFolder(Features, new FeatureOptions());
        folder.Freeze(UnixMicros.Now(_harness.Clock));
        return new Decider(
            new DeciderOptions { RememberedBytes = 0, FullShare = 1 },
            _harness.Clock,
            new ServingTable(new Serving(PolicySet.Create([policy], [new Surface("home", "home", [new Slot("main", 4)])], Features, _shelf), () => folder.Current, new EmbeddedPersonStore(Features.Persons, 1))),
            faulted: static fault => Assert.Fail(fault.ToString()));
    }
}
