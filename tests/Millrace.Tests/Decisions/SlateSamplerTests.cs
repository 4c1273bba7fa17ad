using CsCheck;
using Millrace.Decisions.Exploration;
using Millrace.Models.Policies;
using Millrace.Tests.Decisions.Slates;

namespace Millrace.Tests.Decisions;

/// <summary>What the sampler keeps at each place and with which probabilities, against the rules written out once more.</summary>
public sealed class SlateSamplerTests
{
    private static readonly Gen<SlateCase> Cases =
        from candidates in Gen.Int[1, 12]
        from places in Gen.Int[1, 6]
        from utilities in Gen.Double[-1, 1].Array[candidates]
        from method in Gen.Enum<ExplorationMethod>()
        from epsilon in Gen.OneOf(Gen.Const(0.0), Gen.Double[0, 1])
        from top in Gen.Int[1, 6]
        from groups in Gen.Int[-1, 3].Array[candidates]
        from limit in Gen.Int[1, 3]
        from draws in Gen.ULong
        from kinships in Gen.Int[-1, 2].Array[candidates]
        from lambda in Gen.OneOf(Gen.Const(0.0), Gen.Double[0, 1])
        from trials in Gen.Single[0, 20].Array[candidates]
        from take in Gen.Int[0, 2]
        from wants in Gen.Int[0, 2]
        select new SlateCase
        {
            Utilities = utilities,
            Places = places,
            Groups = [groups],
            Limits = [limit],
            Quotas = wants == 0 ? [] : [new CaseQuota([.. Enumerable.Range(0, candidates).Where(i => i % 2 == 1)], wants, places)],
            Explore = new Exploration(epsilon, top)
            {
                Method = method, Gamma = 5, Temperature = 0.4, Draws = 8, New = take == 0 ? null : new NewItems("trials", 5, take),
            },
            Draws = method == ExplorationMethod.Thompson ? [.. Enumerable.Range(0, candidates * 8).Select(i => SlateCase.Unit(draws, 1, i))] : [],
            Lambda = lambda,
            Kinships = lambda > 0 ? kinships : [],
            Trials = trials,
        };

    [Fact]
    public void Every_place_is_drawn_as_the_rule_says() => Gen.Select(Cases, Gen.ULong).Sample((c, seed) =>
    {
        Placement[] slate = c.Sample(seed);
        double[] again = c.Propensities([.. slate.Select(place => place.Candidate)]);
        int[] promised = c.PromisesByCounting();
        var prefix = new List<int>();
        for (int place = 0; place < slate.Length; place++)
        {
            (int[] kept, double[] values) = Kept(c, prefix, promised);
            Placement drawn = slate[place];
            Assert.Equal(BitConverter.DoubleToInt64Bits(again[place]), BitConverter.DoubleToInt64Bits(kept.Length == 0 ? 1 : drawn.Propensity));
            if (kept.Length == 0)
            {
                Assert.Equal(new Placement(-1, 0, 0, false, false), drawn);
                continue;
            }

            int choice = Array.IndexOf(kept, drawn.Candidate);
            Assert.True(choice >= 0, "outside the kept");
            double[] p = Rule(c, kept, values, prefix);
            Assert.InRange(p.Sum(), 1 - 1e-14, 1 + 1e-14);
            Assert.All(p, one => Assert.True(one >= c.Explore.Epsilon / kept.Length * (1 - 1e-15)));
            Assert.Equal(p[choice], drawn.Propensity, 1e-13);
            Assert.True(drawn.Propensity > 0);
            Assert.Equal(values[choice], drawn.Score);
            Assert.Equal(choice != 0, drawn.Explored);
            Assert.Equal(kept.Length > 1 && drawn.Propensity < 1, drawn.Explorable);
            prefix.Add(drawn.Candidate);
        }
    }, iter: 5_000);

    [Fact]
    public void A_slate_that_cannot_be_drawn_has_no_propensity()
    {
        var c = new SlateCase { Utilities = [3, 2, 1, 0], Places = 3, Pins = [-1, 2, -1], Groups = [[0, 0, 1, 1]], Limits = [1], Explore = new Exploration(0.2, 2) };
        Assert.Equal([0.9, 1, 1], c.Propensities([0, 2, -1]), Near);
        Assert.Equal([0.1, 1, 1], c.Propensities([1, 2, -1]), Near);
        Assert.Equal([0, 0, 0], c.Propensities([3, 2, -1]));
        Assert.Equal([0.9, 0, 0], c.Propensities([0, 1, -1]), Near);
        Assert.Equal([0.9, 1, 0], c.Propensities([0, 2, 1]), Near);

        static bool Near(double x, double y) => Math.Abs(x - y) < 1e-12;
    }

    [Fact]
    public void Likeness_by_vectors_costs_what_the_cosine_says() => Gen.Select(Gen.SByte.Array[7 * 16], Gen.Double[0, 1].Array[7], Gen.Double[0.1, 2]).Sample((vectors, utilities, lambda) =>
    {
        var c = new SlateCase { Utilities = utilities, Places = 5, Lambda = lambda, Vectors = [.. vectors.Select(v => Math.Max(v, (sbyte)-127))], Dimensions = 16 };
        var prefix = new List<int>();
        foreach (Placement place in c.Sample(1))
        {
            double[] values = [.. Enumerable.Range(0, 7).Select(i => prefix.Contains(i) ? double.NegativeInfinity : utilities[i] - (lambda * c.LikenessTo(prefix, i)))];
            Assert.Equal(values.Max(), place.Score);
            Assert.Equal(values[place.Candidate], place.Score);
            prefix.Add(place.Candidate);
        }
    });

    [Fact]
    public void A_pin_stands_and_counts_towards_the_limit()
    {
        var c = new SlateCase { Utilities = [4, 3, 2, 1], Places = 3, Groups = [[0, 0, 1, 0]], Limits = [1], Pins = [-1, 3, -1] };
        Placement[] slate = c.Sample(1);
        Assert.Equal([2, 3, -1], slate.Select(place => place.Candidate));
        Assert.Equal(new Placement(3, 1, 1, false, false), slate[1]);
    }

    /// <summary>Of 20 known to be good and one of low mean that some draws favour greatly.</summary>
    [Fact]
    public void Thompson_keeps_a_candidate_of_low_mean_that_wins_draws()
    {
        const int candidates = 21;
        double[] draws = [.. Enumerable.Range(0, 100).SelectMany(d => Enumerable.Range(0, candidates).Select(i => i < 20 ? 1 - (0.001 * i) : d < 10 ? 2.0 : 0))];
        var c = new SlateCase
        {
            Utilities = [.. Enumerable.Range(0, candidates).Select(i => i < 20 ? 1 - (0.001 * i) : 0.2)],
            Places = 1,
            Draws = draws,
            Explore = new Exploration(0, 4) { Method = ExplorationMethod.Thompson },
        };
        Assert.Equal([0.1], c.Propensities([20]));
        Assert.Equal([0.9], c.Propensities([0]));
        Assert.Equal([0], c.Propensities([1]));
    }

    [Fact]
    public void A_candidate_without_probability_is_never_drawn_and_rounding_falls_on_the_last_that_has_some()
    {
        Assert.Equal(1, ExplorationRule.Draw([0, 0.5, 0, 0.5, 0], 0));
        Assert.Equal(3, ExplorationRule.Draw([0, 0.5, 0, 0.5, 0], 0.5));
        Assert.Equal(3, ExplorationRule.Draw([0, 0.5, 0, 0.4999999999999999, 0], 1 - Math.Pow(2, -53)));
    }

    [Fact]
    public void Drawing_allocates_nothing_once_its_buffers_have_grown()
    {
        int[] order = [.. Enumerable.Range(0, 200)];
        double[] utilities = [.. order.Select(i => 1 - (i / 200.0))];
        double[] draws = [.. Enumerable.Range(0, 200 * 50).Select(i => SlateCase.Unit(1, 2, i))];
        byte[] quotas = [.. order.Select(i => (byte)(i % 4))];
        int[] groups = [.. order.Select(i => i % 30)];
        sbyte[] vectors = [.. Enumerable.Range(0, 200 * 64).Select(i => (sbyte)((i * 37 % 255) - 127))];
        float[] trials = [.. order.Select(i => (float)(i % 7))];
        int[] pins = [.. Enumerable.Repeat(-1, 10)];
        var slate = new Placement[10];
        var scratch = new SlateScratch();
        foreach (ExplorationMethod method in Enum.GetValues<ExplorationMethod>())
        {
            var explore = new Exploration(0.05) { Method = method, New = new NewItems("trials", 1, 2) };
            Sample(explore, 0);
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (ulong seed = 1; seed < 20; seed++) Sample(explore, seed);
            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        void Sample(Exploration explore, ulong seed) => SlateSampler.Sample(
            new SlateProblem
            {
                Order = order, Utilities = utilities, Draws = draws, Groups = groups, Limits = [2], GroupCount = 30, Quotas = quotas, Needs = [2, 3], Reaches = [5, 10],
                Pins = pins, Explore = explore, Lambda = 0.3, Vectors = vectors, Dimensions = 64, Trials = trials,
            },
            seed, scratch, slate);
    }

    /// <summary>What may be drawn, best first, by looking at everything.</summary>
    private static (int[] Kept, double[] Values) Kept(SlateCase c, List<int> prefix, int[] promised)
    {
        double Value(int i) => c.Utilities[i] - (c.Lambda * c.LikenessTo(prefix, i));
        int[] feasible = [.. c.Order.Where(i => c.WithinLimits(prefix, i) && Reachable(c, [.. prefix, i], promised)).OrderByDescending(Value)];
        bool thompson = c.Explore.Method == ExplorationMethod.Thompson;
        bool certain = c.Explore is { Epsilon: 0, Method: ExplorationMethod.EpsilonGreedy };
        int[] byMean = [.. feasible.Take(certain ? 1 : c.Explore.Top)];
        if (certain) return (byMean, [.. byMean.Select(Value)]);
        if (thompson && feasible.Length > c.Explore.Top && c.Explore.Top > 1)
        {
            int[] first = [.. byMean.Take((c.Explore.Top + 1) / 2)];
            int[] winners = [.. c.Order.Where(i => feasible.Contains(i) && !first.Contains(i)).OrderByDescending(i => Wins(c, feasible, i, Value))
                .Where(i => Wins(c, feasible, i, Value) > 0).Take(c.Explore.Top - first.Length)];
            byMean = [.. first.Concat(winners).Concat(byMean.Where(i => !winners.Contains(i) && !first.Contains(i))).Take(c.Explore.Top)];
        }

        int[] fresh = c.Explore.New is { } wanted ? [.. feasible.Where(i => !byMean.Contains(i) && c.Trials[i] < wanted.Below).Take(wanted.Take)] : [];
        int[] kept = [.. feasible.Where(i => byMean.Contains(i) || fresh.Contains(i))];
        return (kept, [.. kept.Select(Value)]);
    }

    private static double[] Rule(SlateCase c, int[] kept, double[] values, List<int> prefix)
    {
        double Value(int i) => c.Utilities[i] - (c.Lambda * c.LikenessTo(prefix, i));
        double[] rule = c.Explore.Method switch
        {
            ExplorationMethod.SquareCb => [.. values.Select(v => 1 / (kept.Length + (c.Explore.Gamma * (values[0] - v))))],
            ExplorationMethod.PlackettLuce => [.. values.Select(v => Math.Exp((v - values[0]) / c.Explore.Temperature))],
            ExplorationMethod.Thompson => [.. kept.Select(i => (double)Wins(c, kept, i, Value))],
            _ => [.. values.Select((_, i) => i == 0 ? 1.0 : 0)],
        };
        if (c.Explore.Method == ExplorationMethod.SquareCb) rule[0] = 1 - rule.Skip(1).Sum();
        double sum = rule.Sum();
        return [.. rule.Select(one => ((1 - c.Explore.Epsilon) * one / sum) + (c.Explore.Epsilon / kept.Length))];
    }

    private static int Wins(SlateCase c, int[] among, int candidate, Func<int, double> value) => Enumerable.Range(0, c.Draws.Length / c.Candidates).Count(d =>
    {
        double Drawn(int i) => c.Draws[(d * c.Candidates) + i] - (c.Utilities[i] - value(i));
        return among.MaxBy(Drawn) == candidate;
    });

    /// <summary>One quota and one limit: what is left must hold as many of the quota as are missing, within the limit and the places.</summary>
    private static bool Reachable(SlateCase c, List<int> prefix, int[] promised)
    {
        if (c.Quotas.Length == 0) return true;
        int missing = promised[0] - c.Count(prefix, 0);
        return missing <= c.Places - prefix.Count && missing <= c.Room(prefix);
    }
}
