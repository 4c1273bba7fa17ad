namespace Millrace.Tests.Decisions.Slates;

/// <summary>Goodness of fit, over several tests at once.</summary>
internal static class ChiSquare
{
    /// <summary>Adds a multinomial sample to a statistic; cells of fewer than 5 expected are one with the least of the others, so that the total stays what it is.</summary>
    /// <param name="to">The statistic and its degrees of freedom.</param>
    /// <param name="counts">What came.</param>
    /// <param name="probabilities">What was claimed, descending.</param>
    internal static (double Statistic, int Freedom) Add((double Statistic, int Freedom) to, IReadOnlyList<int> counts, IReadOnlyList<double> probabilities)
    {
        int total = counts.Sum();
        int cells = probabilities.Count(p => total * p >= 5);
        if (cells < 2) return to;
        for (int i = 0; i < cells; i++)
        {
            bool last = i == cells - 1;
            double count = last ? counts.Skip(i).Sum() : counts[i];
            double expected = total * (last ? probabilities.Skip(i).Sum() : probabilities[i]);
            to.Statistic += (count - expected) * (count - expected) / expected;
        }

        return (to.Statistic, to.Freedom + cells - 1);
    }

    /// <summary>The probability of a statistic at least so great. Source: Wilson and Hilferty, 1931: the cube root is nearly normal.</summary>
    internal static double UpperTail(double statistic, int freedom)
    {
        if (freedom == 0) return 1;
        double spread = 2.0 / (9 * freedom);
        return NormalTail((Math.Cbrt(statistic / freedom) - (1 - spread)) / Math.Sqrt(spread));
    }

    /// <summary>Whether Holm's procedure rejects any of them at <paramref name="level"/> over all.</summary>
    internal static bool Rejects(IReadOnlyCollection<double> tails, double level) => tails.Min() < level / tails.Count;

    /// <summary>Source: Abramowitz and Stegun 26.2.17 below 6, the leading term of the asymptotic series above.</summary>
    private static double NormalTail(double z)
    {
        if (z < 0) return 1 - NormalTail(-z);
        double density = Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI);
        if (z > 6) return density / z;
        double t = 1 / (1 + (0.2316419 * z));
        return density * t * (0.319381530 + (t * (-0.356563782 + (t * (1.781477937 + (t * (-1.821255978 + (t * 1.330274429))))))));
    }
}
