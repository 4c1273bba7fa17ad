using CsCheck;
using Millrace.Decisions.Exploration;
using Millrace.Features.Numerics;

namespace Millrace.Tests.Decisions;

public sealed class SlateSamplerTests
{
    private sealed record Case(int[] Groups, int Limit, double Epsilon, int Top, int Places, ulong Seed);

    private static readonly Gen<Case> Cases = Gen.Select(
        Gen.Int[-1, 3].Array[1, 12], Gen.Int[1, 3], Gen.Double[0, 1], Gen.Int[1, 6], Gen.Int[1, 8], Gen.ULong,
        (groups, limit, epsilon, top, places, seed) => new Case(groups, limit, epsilon, top, places, seed));

    [Fact]
    public void Each_place_draws_from_the_best_feasible_with_the_logged_probability() => Cases.Sample(c =>
    {
        Placement[] slate = Sample(c);
        var placed = new List<int>();
        foreach (Placement place in slate)
        {
            int[] kept = [.. Enumerable.Range(0, c.Groups.Length).Where(i => Feasible(c, placed, i)).Take(c.Epsilon == 0 ? 1 : c.Top)];
            if (kept.Length == 0)
            {
                Assert.Equal(-1, place.Candidate);
                continue;
            }

            int choice = Array.IndexOf(kept, place.Candidate);
            Assert.True(choice >= 0, "outside the K best feasible");
            Assert.Equal((choice == 0 ? 1 - c.Epsilon : 0) + (c.Epsilon / kept.Length), place.Propensity);
            Assert.True(place.Propensity >= c.Epsilon / c.Top);
            Assert.Equal(1, Enumerable.Range(0, kept.Length).Sum(i => SlateSampler.Propensity(c.Epsilon, kept.Length, i)), 12);
            Assert.Equal(choice != 0, place.Explored);
            placed.Add(place.Candidate);
        }
    });

    [Fact]
    public void Without_exploration_the_slate_is_the_greedy_one() => Cases.Sample(c =>
    {
        var placed = new List<int>();
        foreach (Placement place in Sample(c with { Epsilon = 0 }))
        {
            int best = Enumerable.Range(0, c.Groups.Length).FirstOrDefault(i => Feasible(c, placed, i), -1);
            Assert.Equal(best, place.Candidate);
            if (best >= 0) placed.Add(best);
        }
    });

    [Theory]
    [InlineData(0.3, false)]
    [InlineData(0.4, true)]
    public void Frequencies_over_many_seeds_match_the_propensities_and_a_planted_fault_is_caught(double claimed, bool caught)
    {
        var counts = new int[5];
        const int draws = 20_000;
        for (ulong seed = 0; seed < draws; seed++) counts[Sample(new Case([0, 1, 2, 3, -1], 1, 0.3, 5, 1, seed))[0].Candidate]++;
        double chiSquare = counts.Select((count, i) =>
        {
            double expected = draws * SlateSampler.Propensity(claimed, 5, i);
            return (count - expected) * (count - expected) / expected;
        }).Sum();

        // 4 degrees of freedom: 23.5 is passed once in 10,000 honest runs; the seeds are fixed, so this run is always the same.
        Assert.Equal(caught, chiSquare > 23.5);
    }

    /// <summary>
    /// The joint frequencies of two places under a limit of one per group, against the product of the exact conditional propensities. The fault
    /// planted: the second place's propensities without regard to what the first took.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Pairs_of_places_come_as_often_as_their_propensities_multiply(bool planted)
    {
        const double epsilon = 0.4;
        const int draws = 40_000;
        int[] groups = [0, 0, 1, 2, -1];
        var pairs = new Dictionary<(int, int), int>();
        for (ulong seed = 0; seed < draws; seed++)
        {
            Placement[] slate = Sample(new Case(groups, 1, epsilon, 4, 2, StableHash.Mix(seed)));
            (int, int) pair = (slate[0].Candidate, slate[1].Candidate);
            pairs[pair] = pairs.GetValueOrDefault(pair) + 1;
        }

        var expected = new Dictionary<(int, int), double>();
        int[] first = [0, 1, 2, 3];
        for (int i = 0; i < first.Length; i++)
        {
            int taken = first[i];
            int[] second = planted
                ? [.. Enumerable.Range(0, groups.Length).Where(c => c != taken).Take(4)]
                : [.. Enumerable.Range(0, groups.Length).Where(c => c != taken && (groups[c] < 0 || groups[c] != groups[taken])).Take(4)];
            for (int j = 0; j < second.Length; j++)
            {
                expected[(taken, second[j])] = draws * SlateSampler.Propensity(epsilon, 4, i) * SlateSampler.Propensity(epsilon, second.Length, j);
            }
        }

        double chiSquare = expected.Sum(pair => Math.Pow(pairs.GetValueOrDefault(pair.Key) - pair.Value, 2) / pair.Value);
        bool outside = pairs.Keys.Any(pair => !expected.ContainsKey(pair));

        // 14 pairs, 13 degrees of freedom: 42.6 is passed once in 20,000 honest runs; the seeds are fixed, so this run is always the same.
        Assert.Equal(planted, outside || chiSquare > 42.6);
        if (!planted) Assert.Equal(14, expected.Count);
    }

    [Fact]
    public void A_pin_stands_and_counts_towards_the_limit()
    {
        var slate = new Placement[3];
        var problem = new SlateProblem
        {
            Order = [0, 1, 2, 3], Groups = [0, 0, 1, 0], Limits = [1], Pins = [-1, 3, -1], Epsilon = 0, Top = 5,
        };
        SlateSampler.Sample(problem, 1, new int[2], 2, new bool[4], new int[5], slate);
        Assert.Equal([2, 3, -1], slate.Select(place => place.Candidate));
        Assert.Equal(new Placement(3, 1, false, false), slate[1]);
    }

    private static bool Feasible(Case c, List<int> placed, int i) =>
        !placed.Contains(i) && (c.Groups[i] < 0 || placed.Count(other => c.Groups[other] == c.Groups[i]) < c.Limit);

    private static Placement[] Sample(Case c)
    {
        var slate = new Placement[c.Places];
        int[] pins = new int[c.Places];
        Array.Fill(pins, -1);
        var problem = new SlateProblem
        {
            Order = [.. Enumerable.Range(0, c.Groups.Length)], Groups = c.Groups, Limits = [c.Limit], Pins = pins, Epsilon = c.Epsilon, Top = c.Top,
        };
        SlateSampler.Sample(problem, c.Seed, new int[4], 4, new bool[c.Groups.Length], new int[c.Top], slate);
        return slate;
    }
}
