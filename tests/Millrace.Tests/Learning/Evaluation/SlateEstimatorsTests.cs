using CsCheck;
using Millrace.Learning.Evaluation.OffPolicy;

namespace Millrace.Tests.Learning.Evaluation;

/// <summary>The estimators of slates against their definitions, written down once more, and against those of single actions.</summary>
public sealed class SlateEstimatorsTests
{
    private static readonly Gen<Place> OfPlace = Gen.Select(
        Gen.Double[0.05, 1], Gen.Double[0, 1], Gen.Double[0, 1], Gen.Double[0, 3], Gen.Double[0, 1], Gen.Double[0, 1],
        static (propensity, target, reward, marginal, model, direct) => new Place(propensity, target, reward, marginal, model, direct));

    [Fact]
    public void Estimates_are_what_their_definitions_say() => OfPlace.Array[3].Array[1, 40].Sample(static log =>
    {
        var found = Run(log).ToDictionary(static estimate => estimate.Name, static estimate => estimate.Value);
        double Mean(Func<Place[], double> of) => log.Average(of);
        Assert.Equal(Mean(static s => Whole(s) * s.Sum(static p => p.Reward)), found["sips"], 1e-9);
        Assert.Equal(Mean(static s => Enumerable.Range(0, 3).Sum(k => Whole(s[..(k + 1)]) * s[k].Reward)), found["rips"], 1e-9);
        Assert.Equal(Mean(static s => s.Sum(static p => p.Marginal * p.Reward)), found["iips"], 1e-9);

        // Kiyohara et al., equation 6, as a sum instead of a recursion.
        Assert.Equal(Mean(static s => Enumerable.Range(0, 3).Sum(k => (Whole(s[..(k + 1)]) * (s[k].Reward - s[k].Model)) + (Whole(s[..k]) * s[k].Direct))), found["cascadeDr"], 1e-9);
        for (var k = 0; k < 3; k++)
        {
            if (log.Sum(s => Whole(s[..(k + 1)])) == 0)
            {
                return;
            }
        }

        Assert.Equal(Enumerable.Range(0, 3).Sum(k => log.Sum(s => Whole(s[..(k + 1)]) * s[k].Reward) / log.Sum(s => Whole(s[..(k + 1)]))), found["snrips"], 1e-9);
    });

    [Fact]
    public void Of_one_place_they_are_those_of_single_actions() => OfPlace.Array[1, 40].Sample(static log =>
    {
        var actions = new ActionEstimators(new EstimationOptions { Replicates = 20 });
        for (var i = 0; i < log.Length; i++)
        {
            actions.Add(new LoggedAction((ulong)i, log[i].Propensity, log[i].Target, log[i].Reward, log[i].Model, log[i].Direct));
        }

        var single = actions.Estimates().ToDictionary(static estimate => estimate.Name);
        var slates = Run([.. log.Select(static place => (Place[])[place])]).ToDictionary(static estimate => estimate.Name);
        Assert.Equal(single["ips"].Values, slates["sips"].Values);
        Assert.Equal(single["snips"].Value, slates["snrips"].Value, 1e-12);
        Assert.Equal(single["dr"].Value, slates["cascadeDr"].Value, 1e-9);
        Assert.Equal(single["ips"].Anytime is null, slates["rips"].Anytime is null);
        Assert.Equal(single["ips"].Anytime?.Low ?? 0, slates["rips"].Anytime?.Low ?? 0, 1e-12);
        Assert.Equal(single["ips"].Anytime?.High ?? 0, slates["rips"].Anytime?.High ?? 0, 1e-12);
    });

    private static double Whole(Place[] slate) => slate.Aggregate(1.0, static (weight, place) => weight * (place.Target / place.Propensity));

    private static System.Collections.Immutable.ImmutableArray<Estimate> Run(Place[][] log)
    {
        var estimators = new SlateEstimators(new EstimationOptions { Replicates = 20 });
        for (var i = 0; i < log.Length; i++)
        {
            double[] Of(Func<Place, double> value) => [.. log[i].Select(value)];
            estimators.Add(new LoggedSlate
            {
                Person = (ulong)i,
                Propensities = Of(static place => place.Propensity),
                Targets = Of(static place => place.Target),
                Rewards = Of(static place => place.Reward),
                Marginals = Of(static place => place.Marginal),
                Model = Of(static place => place.Model),
                Direct = Of(static place => place.Direct),
            });
        }

        return estimators.Estimates();
    }

    private sealed record Place(double Propensity, double Target, double Reward, double Marginal, double Model, double Direct);
}
