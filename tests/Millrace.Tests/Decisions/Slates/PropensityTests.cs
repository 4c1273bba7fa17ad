using System.Collections.Immutable;
using System.Globalization;
using Millrace.Decisions.Exploration;
using Millrace.Features.Numerics;
using Millrace.Models.Policies;

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
