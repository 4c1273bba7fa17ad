using System.Globalization;

namespace Millrace.Learning.Evaluation.Ranking;

/// <summary>A figure with its 95 % interval by percentiles of a bootstrap over persons.</summary>
/// <param name="Value">Of the data itself.</param>
/// <param name="Low">The 2.5th percentile; NaN where nothing was drawn.</param>
/// <param name="High">The 97.5th percentile.</param>
/// <param name="Support">How much it rests on: lists, rows or places, as the figure's own text says.</param>
internal readonly record struct Estimate(double Value, double Low, double High, double Support)
{
    /// <param name="replicates">By replicate; place 0 is the data itself. What is not finite among the draws is left out.</param>
    /// <param name="support">What it rests on.</param>
    public static Estimate Of(ReadOnlySpan<double> replicates, double support)
    {
        var drawn = new List<double>(replicates.Length);
        foreach (var value in replicates[1..])
        {
            if (double.IsFinite(value))
            {
                drawn.Add(value);
            }
        }

        drawn.Sort();
        return new Estimate(replicates[0], Quantile(drawn, 0.025), Quantile(drawn, 0.975), support);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Value:F4} [{Low:F4}, {High:F4}]");

    private static double Quantile(List<double> sorted, double share)
    {
        if (sorted.Count == 0)
        {
            return double.NaN;
        }

        var place = share * (sorted.Count - 1);
        var below = (int)place;
        return sorted[below] + ((place - below) * (sorted[Math.Min(below + 1, sorted.Count - 1)] - sorted[below]));
    }
}
