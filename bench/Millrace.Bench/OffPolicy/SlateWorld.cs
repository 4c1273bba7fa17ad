using Millrace.Features.Numerics;
using Millrace.Learning.Evaluation.OffPolicy;

namespace Millrace.Bench.OffPolicy;

/// <summary>
/// A world of slates of which everything is known: three places filled from five items without repetition, a planted examination curve, and, as cascades have it, a click above halves what is looked at below. With
/// <paramref name="cascade"/> off, places are independent, and IIPS is right as well. All 60 slates are enumerated for the truth, the marginals and the model's direct words.
/// </summary>
/// <param name="cascade">Whether what stands above matters.</param>
internal sealed class SlateWorld(bool cascade)
{
    public const int Items = 5;
    public const int Places = 3;

    private static readonly double[] Examined = [0.95, 0.7, 0.5];
    private static readonly double[] Likes = [0.10, 0.18, 0.26, 0.34, 0.42];
    private static readonly double[] Logging = ActionWorld.Normal([1.3, 1.1, 1.0, 0.9, 0.7]);
    private static readonly double[] Target = ActionWorld.Normal([0.7, 0.9, 1.0, 1.2, 1.3]);
    private static readonly (double[][] Logging, double[][] Target) Marginal = (Marginals(Logging), Marginals(Target));

    /// <summary>What the judged policy earns of a slate.</summary>
    public double Truth => Slates().Sum(slate => Probability(slate, Target) * Expected(slate));

    /// <summary>The greatest weight of a slate.</summary>
    public static double WeightBound => Slates().Max(static slate => Probability(slate, Target) / Probability(slate, Logging));

    /// <summary>Gives a log of so many slates to estimators. The model of Cascade-DR is wrong in what it says of clicks, by up to a third: the estimate must stand it.</summary>
    public void Log(ulong seed, int decisions, SlateEstimators into)
    {
        Span<double> logged = stackalloc double[Places];
        Span<double> target = stackalloc double[Places];
        Span<double> rewards = stackalloc double[Places];
        Span<double> marginals = stackalloc double[Places];
        Span<double> model = stackalloc double[Places];
        Span<double> direct = stackalloc double[Places];
        var slate = new int[Places];
        for (var i = 0; i < decisions; i++)
        {
            var (used, clicked) = (0, false);
            for (var place = 0; place < Places; place++)
            {
                var (pick, click) = Philox.Draw(seed, (ulong)i, (ulong)place);
                slate[place] = ActionWorld.Pick(Left(Logging, used), Philox.ToUnit(pick));
                logged[place] = Left(Logging, used)[slate[place]];
                target[place] = Left(Target, used)[slate[place]];
                marginals[place] = Marginal.Target[place][slate[place]] / Marginal.Logging[place][slate[place]];
                model[place] = Word(place, slate[place]);
                direct[place] = Left(Target, used).Select((probability, item) => probability * Word(place, item)).Sum();
                rewards[place] = Philox.ToUnit(click) < Likes[slate[place]] * Examined[place] * (cascade && clicked ? 0.5 : 1) ? 1 : 0;
                clicked |= rewards[place] > 0;
                used |= 1 << slate[place];
            }

            into.Add(new LoggedSlate { Person = (ulong)i, Propensities = logged, Targets = target, Rewards = rewards, Marginals = marginals, Model = model, Direct = direct });
        }
    }

    /// <summary>What comes of a place and, at a guess, of those below it.</summary>
    private static double Word(int place, int item) => (0.8 * Likes[item] * Examined[place]) + (0.25 * Examined[(place + 1)..].Sum());

    private double Expected(int[] slate)
    {
        var (expected, free) = (0.0, 1.0);
        for (var place = 0; place < Places; place++)
        {
            var like = Likes[slate[place]] * Examined[place];
            var clicks = like * (cascade ? free + ((1 - free) * 0.5) : 1);
            expected += clicks;
            free *= 1 - like;
        }

        return expected;
    }

    private static double[] Left(double[] weights, int used)
    {
        var left = weights.Select((weight, item) => (used >> item & 1) == 0 ? weight : 0).ToArray();
        return ActionWorld.Normal(left);
    }

    private static double Probability(int[] slate, double[] weights)
    {
        var (probability, used) = (1.0, 0);
        foreach (var item in slate)
        {
            probability *= Left(weights, used)[item];
            used |= 1 << item;
        }

        return probability;
    }

    private static double[][] Marginals(double[] weights)
    {
        var found = Enumerable.Range(0, Places).Select(static _ => new double[Items]).ToArray();
        foreach (var slate in Slates())
        {
            for (var place = 0; place < Places; place++)
            {
                found[place][slate[place]] += Probability(slate, weights);
            }
        }

        return found;
    }

    private static IEnumerable<int[]> Slates() =>
        from first in Enumerable.Range(0, Items)
        from second in Enumerable.Range(0, Items)
        from third in Enumerable.Range(0, Items)
        where first != second && first != third && second != third
        select new[] { first, second, third };
}
