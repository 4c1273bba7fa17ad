using Millrace.Decisions.Exploration;
using Millrace.Features.Numerics;
using Millrace.Models.Policies;

namespace Millrace.Tests.Decisions.Slates;

/// <summary>
/// What one policy's slates and logged propensities say of another policy, in a world whose truth is known: slates of three, an item's reward at a place its appeal times what
/// that place is looked at. The estimate weighs the reward at a place by the product of target over logged probabilities down to it.
/// </summary>
public sealed class OffPolicyTests
{
    private const int Runs = 1000;
    private const int Slates = 200;
    private static readonly double[] Appeals = [0.3, 0.5, 0.2, 0.6, 0.4, 0.7, 0.1];
    private static readonly double[] Looks = [1, 0.7, 0.5];

    public static TheoryData<ExplorationMethod, bool> All
    {
        get
        {
            var all = new TheoryData<ExplorationMethod, bool>();
            foreach (ExplorationMethod method in Enum.GetValues<ExplorationMethod>())
            {
                all.Add(method, false);
                all.Add(method, true);
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Another_policys_value_is_estimated_without_bias_and_a_planted_bias_is_caught(ExplorationMethod method, bool constrained)
    {
        SlateCase logging = Policy([0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2], new Exploration(0.5, 7) { Method = method, Gamma = 5, Temperature = 0.3 }, constrained);
        SlateCase target = Policy([0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8], new Exploration(0.1, 7) { Method = ExplorationMethod.PlackettLuce, Temperature = 0.5 }, constrained);
        var targets = new Dictionary<(int, int, int), double[]>();
        double truth = Truth(target, targets);
        (double mean, double error) = Estimate(logging, targets, claimed: 1);
        (double planted, double plantedError) = Estimate(logging, targets, claimed: 1.02);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{method} constrained {constrained}: truth {truth:0.00000}, estimated {mean:0.00000} ± {error:0.00000} ({(mean - truth) / error:0.0} errors); planted {(planted - truth) / plantedError:0.0} errors");
        Assert.InRange(Math.Abs(mean - truth) / error, 0, 4);
        Assert.True(Math.Abs(planted - truth) / plantedError > 4, "the planted bias was not seen");
    }

    private static SlateCase Policy(double[] utilities, Exploration explore, bool constrained) => new()
    {
        Utilities = utilities,
        Places = 3,
        Explore = explore,
        Draws = explore.Method == ExplorationMethod.Thompson ? [.. Enumerable.Range(0, 7 * 50).Select(at => utilities[at % 7] + SlateCase.Unit(3, 1, at))] : [],
        Groups = constrained ? [[0, 0, 1, 1, 2, 2, 0]] : [],
        Limits = constrained ? [1] : [],
        Quotas = constrained ? [new CaseQuota([1, 4, 6], 1, 2)] : [],
    };

    private static double Truth(SlateCase target, Dictionary<(int, int, int), double[]> propensities)
    {
        double value = 0;
        for (int i = 0; i < 7; i++)
        {
            for (int j = 0; j < 7; j++)
            {
                for (int k = 0; k < 7; k++)
                {
                    if (i == j || j == k || i == k) continue;
                    double[] p = target.Propensities([i, j, k]);
                    propensities[(i, j, k)] = p;
                    value += p[0] * p[1] * p[2] * ((Looks[0] * Appeals[i]) + (Looks[1] * Appeals[j]) + (Looks[2] * Appeals[k]));
                }
            }
        }

        return value;
    }

    /// <summary>The mean over the runs and its standard error. Propensities are taken for <paramref name="claimed"/> times what they are.</summary>
    private static (double Mean, double Error) Estimate(SlateCase logging, Dictionary<(int, int, int), double[]> targets, double claimed)
    {
        var (scratch, slate, estimates) = (new SlateScratch(), new Placement[3], new double[Runs]);
        SlateProblem problem = logging.Problem();
        for (int run = 0; run < Runs; run++)
        {
            double sum = 0;
            for (int at = 0; at < Slates; at++)
            {
                ulong seed = StableHash.Mix((ulong)((run * Slates) + at + 1));
                SlateSampler.Sample(problem, seed, scratch, slate);
                double[] target = targets[(slate[0].Candidate, slate[1].Candidate, slate[2].Candidate)];
                double weight = 1;
                for (int place = 0; place < 3; place++)
                {
                    weight *= target[place] / (slate[place].Propensity * claimed);
                    if (SlateCase.Unit(seed, 9, place) < Looks[place] * Appeals[slate[place].Candidate]) sum += weight;
                }
            }

            estimates[run] = sum / Slates;
        }

        double mean = estimates.Average();
        return (mean, Math.Sqrt(estimates.Sum(one => (one - mean) * (one - mean)) / (Runs - 1.0) / Runs));
    }
}
