using Millrace.Features.Numerics;

namespace Millrace.Features.Priors;

/// <summary>Successes beside those that were expected, and how unsure the expectation already is.</summary>
/// <param name="Successes">What was counted.</param>
/// <param name="Expected">What was expected.</param>
/// <param name="Unsure">The squared coefficient of variation of the expectation; 0 for one that is exact.</param>
internal readonly record struct Gap(double Successes, double Expected, double Unsure = 0);

/// <summary>
/// How much rates of a kind differ beyond chance: the shape of the gamma distribution, of mean 1, that their factors are drawn from, which is how many expected successes a prior of mean 1 is
/// worth. It is the one at which Pearson's statistic is what it should be: Σ (n − e)² ÷ (e + e²·(unsure + 1/worth)) = how many there are (Williams, "Extra-binomial variation", 1982).
/// </summary>
internal static class Dispersion
{
    /// <summary>Beyond this all are alike.</summary>
    internal const double Most = 1_000_000;

    /// <summary>Factors of a smaller shape are nearly all 0, and some huge.</summary>
    internal const double Least = 0.25;

    /// <summary>Of which nearly nothing is expected says little, and once in a while far too much.</summary>
    private const double LeastExpected = 0.5;

    private const int Halvings = 40;

    /// <summary>The worth; null where fewer than two gaps say anything.</summary>
    internal static double? Worth(ReadOnlySpan<Gap> gaps)
    {
        var count = 0;
        foreach (var gap in gaps)
        {
            count += gap.Expected >= LeastExpected ? 1 : 0;
        }

        if (count < 2)
        {
            return null;
        }

        // The statistic grows with the worth.
        var (low, high) = (Deterministic.Log(Least), Deterministic.Log(Most));
        if (Pearson(gaps, Most) <= count) return Most;
        if (Pearson(gaps, Least) >= count) return Least;
        for (var i = 0; i < Halvings; i++)
        {
            var middle = (low + high) / 2;
            (low, high) = Pearson(gaps, Deterministic.Exp(middle)) < count ? (middle, high) : (low, middle);
        }

        return Deterministic.Exp(low);
    }

    private static double Pearson(ReadOnlySpan<Gap> gaps, double worth)
    {
        var sum = 0.0;
        foreach (var gap in gaps)
        {
            if (gap.Expected >= LeastExpected)
            {
                var beside = gap.Successes - gap.Expected;
                sum += beside * beside / (gap.Expected * (1 + (gap.Expected * (gap.Unsure + (1 / worth)))));
            }
        }

        return sum;
    }
}
