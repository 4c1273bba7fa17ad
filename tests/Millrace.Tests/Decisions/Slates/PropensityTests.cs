using System.Collections.Immutable;
using System.Globalization;
using Millrace.Decisions;
using Millrace.Decisions.Exploration;
using Millrace.Decisions.Ladder;
using Millrace.Decisions.Ranking;
using Millrace.Decisions.Reranking;
using Millrace.Features.Numerics;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;
using Millrace.Models.Shelf;

namespace Millrace.Tests.Decisions.Slates;

/// <summary>
/// Frequencies against logged propensities: per place, conditional on the places above, for every rule, several lengths, with constraints and without. The environment
/// variable <c>MILLRACE_PROPENSITY_DRAWS</c> asks for more draws than a run of all tests has time for (docs/results/propensities.md: 1,000,000).
/// </summary>
public sealed class PropensityTests
{
    private const double Level = 1e-4;
    // What a test sees grows with the square of the bias times the number of draws.
    private static double Bias => 0.02 * Math.Sqrt(1e6 / Draws);

    private static readonly int Draws = int.Parse(Environment.GetEnvironmentVariable("MILLRACE_PROPENSITY_DRAWS") ?? "40000", CultureInfo.InvariantCulture);

    /// <summary>How what is claimed departs from what was logged.</summary>
    private enum Fault
    {
        None,

        /// <summary>The best of the kept is said to be 2 % likelier than it is; with fewer than 10⁶ draws by as much more as they show less.</summary>
        TwoPercent,

        /// <summary>Each of the kept is said to be as likely as the one before it.</summary>
        OffByOne,
    }

    [Theory]
    [InlineData(ExplorationMethod.EpsilonGreedy)]
    [InlineData(ExplorationMethod.SquareCb)]
    [InlineData(ExplorationMethod.PlackettLuce)]
    [InlineData(ExplorationMethod.Thompson)]
    public void Items_come_as_often_as_their_propensities_say_and_planted_faults_are_caught(ExplorationMethod method)
    {
        var clean = new List<double>();
        foreach ((int places, int top) in new[] { (1, 5), (2, 4), (4, 3), (10, 2) })
        {
            foreach (bool constrained in new[] { false, true })
            {
                foreach (var (fault, ofCase) in Tails(Case(method, places, top, constrained)))
                {
                    if (fault == Fault.None) clean.AddRange(ofCase);
                    else Assert.True(ChiSquare.Rejects(ofCase, Level), $"{fault} is not caught: {places} of {top}, constrained {constrained}");
                    TestContext.Current.TestOutputHelper?.WriteLine(
                        $"{method} | {places} | {top} | {(constrained ? "yes" : "no")} | {fault} | {string.Join(" ", ofCase.Select(tail => tail.ToString("0.0e0", CultureInfo.InvariantCulture)))}");
                }
            }
        }

        Assert.False(ChiSquare.Rejects(clean, Level));
    }

    [Theory]
    [InlineData(ExplorationMethod.SquareCb)]
    [InlineData(ExplorationMethod.PlackettLuce)]
    [InlineData(ExplorationMethod.Thompson)]
    public void What_ranking_logs_comes_as_often_with_thresholds_and_pacing_too(ExplorationMethod method)
    {
        Policy policy = RankedPolicy(method);
        var inputs = new SlateInputs();
        inputs.Begin(policy, null, 12, Rung.Full);
        inputs.SetGroups("provider", [0, 1, 0, 0, 1, 2, 2, 3, 3, 4, 4, 5]);
        inputs.SetPaced([0, 0, 1, 0, 1, 0, 0, 1, 0, 0, 0, 1]);
        inputs.SetBonuses([0.13]);
        var problem = new RankProblem
        {
            Ids = Enumerable.Range(0, 12).Select(i => $"c{i:00}").ToArray(),
            Sources = new uint[12],
            Slate = inputs,
            Matrix = Enumerable.Range(0, 12).SelectMany(i => new float[] { 12 - i, 20, i == 3 ? 0 : 1 }).ToArray(),
            Plan = RankingPlan.Compile(policy, MemoryModelShelf.Empty),
            Slots = new[] { new RequestSlot("a", 3, []) },
            Policy = policy,
            Rung = Rung.Full,
            Mode = DecideMode.Online,
            Seed = 0,
        };

        // Thompson's distribution is one of a seed's draws of the posterior, which stay while places are drawn again and again.
        int seeds = method == ExplorationMethod.Thompson ? 1 : Draws;
        var (buffers, counts, logged) = (new RankBuffers(), new Dictionary<string, Dictionary<string, int>>(StringComparer.Ordinal), new Dictionary<string, double>(StringComparer.Ordinal));
        for (int draw = 0; draw < Draws; draw++)
        {
            string prefix = "";
            foreach (DecidedItem item in Ranked(problem, buffers, (ulong)(draw % seeds), (ulong)draw))
            {
                var count = counts.TryGetValue(prefix, out var known) ? known : counts[prefix] = new Dictionary<string, int>(StringComparer.Ordinal);
                count[item.Item] = count.GetValueOrDefault(item.Item) + 1;
                prefix += item.Item;
                Assert.Equal(item.Propensity, logged.TryGetValue(prefix, out double before) ? before : logged[prefix] = item.Propensity);
            }
        }

        Assert.DoesNotContain(logged.Keys, prefix => prefix.Contains("c03", StringComparison.Ordinal));
        foreach (Fault fault in Enum.GetValues<Fault>())
        {
            (double Statistic, int Freedom) total = (0, 0);
            foreach (var (prefix, count) in counts.Where(after => after.Value.Values.Sum() >= Draws / 50 && after.Value.Count > 1))
            {
                string[] drawn = [.. count.Keys.OrderByDescending(item => logged[prefix + item]).ThenBy(item => item, StringComparer.Ordinal)];
                double[] claimed = Claim([.. drawn.Select(item => logged[prefix + item])], fault);
                if (Math.Abs(claimed.Sum() - 1) > 1e-9) continue;
                int[] byClaim = [.. Enumerable.Range(0, claimed.Length).OrderByDescending(i => claimed[i])];
                total = ChiSquare.Add(total, [.. byClaim.Select(i => count[drawn[i]])], [.. byClaim.Select(i => claimed[i])]);
            }

            Assert.True(total.Freedom > 5);
            Assert.Equal(fault != Fault.None, ChiSquare.Rejects([ChiSquare.UpperTail(total.Statistic, total.Freedom)], Level));
        }
    }

    private static Policy RankedPolicy(ExplorationMethod method) => new()
    {
        Name = "p",
        Heads = DecisionHarness.Home.Heads.Add("a", new BetaHead("f0", "f1")).Add("ok", new FeatureHead("f2")),
        Objectives = DecisionHarness.Home.Objectives.Add("a", 1),
        Thresholds = DecisionHarness.Home.Thresholds.Add("ok", new Threshold(AtLeast: 1)),
        Explore = new Exploration(0.3, 5) { Method = method, Gamma = 8, Temperature = 0.1, Draws = 64 },
        AtMost = ImmutableSortedDictionary.Create<string, int>(StringComparer.Ordinal).Add("provider", 2),
        Diversity = new Diversity(0.1, "provider"),
        Pacing = [new Pace("kind", "k", 0.2, null, TimeSpan.FromHours(1))],
    };

    /// <summary>The slate of one seed; for a rule whose distribution is its seed's, places are drawn by another while the utilities' draws stay.</summary>
    private static ImmutableArray<DecidedItem> Ranked(in RankProblem problem, RankBuffers buffers, ulong posterior, ulong draw)
    {
        ulong seed = StableHash.Mix(draw);
        if (problem.Policy.Explore.Method != ExplorationMethod.Thompson)
        {
            return Ranker.Rank(With(problem, seed), buffers)[0].Items;
        }

        Ranker.Rank(With(problem, posterior), buffers);
        var slate = new Placement[3];
        int count = problem.Ids.Length;
        int[] order = [.. Enumerable.Range(0, count).OrderByDescending(i => buffers.Scores[i]).ThenBy(i => i)];
        SlateBuilder.Draw(With(problem, seed), buffers, buffers.Scores.AsSpan(0, count), buffers.Draws.AsSpan(0, 64 * count), Scoring.Admit(problem, buffers, order, 3), slate);
        return SlateBuilder.Collect(problem, slate, out _)[0].Items;
    }

    private static RankProblem With(in RankProblem problem, ulong seed) => new()
    {
        Ids = problem.Ids,
        Sources = problem.Sources,
        Slate = problem.Slate,
        Matrix = problem.Matrix,
        Plan = problem.Plan,
        Slots = problem.Slots,
        Policy = problem.Policy,
        Rung = problem.Rung,
        Mode = problem.Mode,
        Seed = seed,
    };

    /// <summary>Twelve candidates; constrained: at most two of a provider, a quota within another, one of the first places, and a pin.</summary>
    internal static SlateCase Case(ExplorationMethod method, int places, int top, bool constrained) => new()
    {
        Utilities = [.. Enumerable.Range(0, 12).Select(i => 0.9 - (0.05 * i) + (0.02 * SlateCase.Unit(5, 0, i)))],
        Places = places,
        Explore = new Exploration(0.3, top) { Method = method, Gamma = 8, Temperature = 0.1, New = constrained ? new NewItems("trials", 5, 1) : null },
        Draws = method == ExplorationMethod.Thompson
            ? [.. Enumerable.Range(0, 64 * 12).Select(at => 0.9 - (0.05 * (at % 12)) + (0.4 * (SlateCase.Unit(6, 1, at) - 0.5) * (1 + (at % 12 / 4.0))))]
            : [],
        Groups = constrained ? [[0, 1, 0, 0, 1, 2, 2, 3, 3, 4, 4, 5]] : [],
        Limits = constrained ? [2] : [],
        Quotas = constrained
            ? [new CaseQuota([4, 7, 9], Math.Min(2, places), places), new CaseQuota([7, 9], 1, Math.Max(1, places / 2))]
            : [],
        Pins = constrained && places > 2 ? [.. Enumerable.Range(0, places).Select(place => place == 1 ? 11 : -1)] : [],
        Lambda = constrained ? 0.1 : 0,
        Kinships = constrained ? [0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1] : [],
        Trials = [.. Enumerable.Range(0, 12).Select(i => i > 8 ? 1f : 100)],
    };

    private static Dictionary<Fault, double[]> Tails(SlateCase c)
    {
        Dictionary<string, int[]>[] counts = [.. Enumerable.Range(0, c.Places).Select(_ => new Dictionary<string, int[]>(StringComparer.Ordinal))];
        var logged = new Dictionary<string, long>(StringComparer.Ordinal);
        var (scratch, slate, prefix) = (new SlateScratch(), new Placement[c.Places], new char[c.Places]);
        SlateProblem problem = c.Problem();
        for (int draw = 0; draw < Draws; draw++)
        {
            SlateSampler.Sample(problem, StableHash.Mix((ulong)draw), scratch, slate);
            for (int place = 0; place < c.Places; place++)
            {
                var byPrefix = counts[place].GetAlternateLookup<ReadOnlySpan<char>>();
                if (!byPrefix.TryGetValue(prefix.AsSpan(0, place), out int[]? count)) byPrefix[prefix.AsSpan(0, place)] = count = new int[c.Candidates + 1];
                count[slate[place].Candidate + 1]++;
                prefix[place] = (char)('b' + slate[place].Candidate);
                long bits = BitConverter.DoubleToInt64Bits(slate[place].Propensity);
                var byKey = logged.GetAlternateLookup<ReadOnlySpan<char>>();
                if (byKey.TryGetValue(prefix.AsSpan(0, place + 1), out long before)) Assert.Equal(before, bits);
                else byKey[prefix.AsSpan(0, place + 1)] = bits;
            }
        }

        int[] drawn = [.. Enumerable.Range(0, c.Places).Where(place => c.PinAt(place) < 0)];
        return Enum.GetValues<Fault>().ToDictionary(fault => fault, fault => drawn.Select(place => Tail(c, place, counts[place], logged, fault)).ToArray());
    }

    private static double Tail(SlateCase c, int place, Dictionary<string, int[]> counts, Dictionary<string, long> logged, Fault fault)
    {
        (double Statistic, int Freedom) total = (0, 0);
        foreach (var (prefix, count) in counts)
        {
            double[] p = Distribution(c, prefix, place);
            for (int i = -1; i < c.Candidates; i++)
            {
                if (count[i + 1] == 0) continue;
                Assert.True(p[i + 1] > 0, "drawn without probability");
                Assert.True(i < 0 || BitConverter.DoubleToInt64Bits(p[i + 1]) == logged[prefix + (char)('b' + i)], "logged is not what replay computes");
            }

            int[] drawn = [.. Enumerable.Range(0, p.Length).Where(i => p[i] > 0).OrderByDescending(i => p[i]).ThenBy(i => i)];
            double[] claimed = Claim([.. drawn.Select(i => p[i])], fault);
            int[] byClaim = [.. Enumerable.Range(0, claimed.Length).OrderByDescending(i => claimed[i])];
            total = ChiSquare.Add(total, [.. byClaim.Select(i => count[drawn[i]])], [.. byClaim.Select(i => claimed[i])]);
        }

        return ChiSquare.UpperTail(total.Statistic, total.Freedom);
    }

    /// <summary>The distribution at <paramref name="place"/> after a prefix, place 0 of it for an empty place.</summary>
    private static double[] Distribution(SlateCase c, string prefix, int place)
    {
        int[] slate = new int[c.Places];
        for (int i = 0; i < place; i++) slate[i] = prefix[i] - 'b';
        var p = new double[c.Candidates + 1];
        for (int i = -1; i < c.Candidates; i++)
        {
            slate[place] = i;
            p[i + 1] = c.Propensities(slate)[place];
        }

        Assert.Equal(1, p.Sum(), 14);
        return p;
    }

    private static double[] Claim(ImmutableArray<double> p, Fault fault)
    {
        if (p.Length < 2 || fault == Fault.None) return [.. p];
        if (fault == Fault.OffByOne) return [p[^1], .. p[..^1]];
        double best = Math.Min(1, p[0] * (1 + Bias));
        return [best, .. p[1..].Select(one => one * (1 - best) / (1 - p[0]))];
    }
}
