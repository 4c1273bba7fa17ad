namespace Millrace.Learning.Evaluation.Intervals;

/// <summary>
/// Intervals of 95 % from an estimate (place 0) and its bootstrap replicates. What estimates of rare outcomes under importance weights have in common is a long tail: percentiles then leave the truth out above
/// too often. <see cref="Studentised"/> corrects for skewness and is what reports show; record 0038 has what each covers.
/// </summary>
internal static class BootstrapInterval
{
    private const double Tail = 0.025;

    /// <summary>The normal's quantile at 97.5 %.</summary>
    private const double Z = 1.959963984540054;

    /// <summary>The middle 95 % of the replicates.</summary>
    public static Interval Percentile(ReadOnlySpan<double> values)
    {
        var sorted = Sorted(values);
        return sorted.Length == 0 ? new(double.NaN, double.NaN) : new(Quantile(sorted, Tail), Quantile(sorted, 1 - Tail));
    }

    /// <summary>
    /// The studentised interval without a second bootstrap: P. Hall, "On the removal of skewness by transformation" (JRSS B 54, 1992), a monotone cubic that makes the studentised mean normal up to O(1/n).
    /// All cumulants of Poisson(1) are 1, hence the replicates of a linear statistic have exactly the skewness that is asked for, Σψ³/(Σψ²)^(3/2) over persons.
    /// </summary>
    public static Interval Studentised(ReadOnlySpan<double> values)
    {
        var (count, mean) = (0, 0.0);
        foreach (var value in values[1..])
        {
            if (double.IsFinite(value))
            {
                count++;
                mean += value;
            }
        }

        if (count < 2)
        {
            return new(double.NaN, double.NaN);
        }

        mean /= count;
        var (second, third) = (0.0, 0.0);
        foreach (var value in values[1..])
        {
            if (double.IsFinite(value))
            {
                var off = value - mean;
                second += off * off;
                third += off * off * off;
            }
        }

        var deviation = Math.Sqrt(second / (count - 1));
        if (deviation == 0)
        {
            return new(values[0], values[0]);
        }

        var skewness = third / count / (deviation * deviation * deviation);
        return new(values[0] - (deviation * Unskewed(Z, skewness)), values[0] - (deviation * Unskewed(-Z, skewness)));
    }

    /// <summary>The quantile of the studentised mean of which the transformation makes z.</summary>
    private static double Unskewed(double z, double skewness) =>
        Math.Abs(skewness) < 1e-6 ? z : 3 / skewness * (Math.Cbrt(1 + (skewness * (z - (skewness / 6)))) - 1);

    private static double[] Sorted(ReadOnlySpan<double> values)
    {
        double[] sorted = [.. values[1..].ToArray().Where(double.IsFinite)];
        Array.Sort(sorted);
        return sorted;
    }

    private static double Quantile(double[] sorted, double share)
    {
        var at = share * (sorted.Length - 1);
        var below = (int)at;
        return below + 1 < sorted.Length ? sorted[below] + ((at - below) * (sorted[below + 1] - sorted[below])) : sorted[below];
    }
}
