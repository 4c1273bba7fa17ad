namespace Millrace.Learning.Evaluation.OffPolicy;

/// <summary>What a policy would have earned for each decision, as a log of another one tells.</summary>
/// <param name="Values">By objective: the self-normalised estimate, then its bootstrap replicates, which are paired over policies.</param>
/// <param name="Plain">By objective: without self-normalisation.</param>
/// <param name="Effective">How many decisions of its own would tell as much, of the objective that fares worst.</param>
/// <param name="MaxWeight">The greatest weight of one decision.</param>
/// <param name="Covered">The share of its slates that could have been logged.</param>
/// <param name="EmptyPlace">The first place, from 1, at which no recorded slate could have been its own; null where there is none.</param>
internal sealed record PolicyEstimate(double[][] Values, double[] Plain, double Effective, double MaxWeight, double Covered, int? EmptyPlace)
{
    private const double Tail = 0.025;

    public double Value(int objective) => Values[objective][0];

    /// <summary>The middle 95 % of the replicates.</summary>
    public (double Low, double High) Interval(int objective) => Middle(Values[objective].AsSpan(1).ToArray());

    /// <summary>By how much it is above another policy, on the same draws of persons.</summary>
    public (double Value, double Low, double High) Above(PolicyEstimate other, int objective)
    {
        double[] differences = [.. Values[objective].Zip(other.Values[objective], (mine, others) => mine - others)];
        var (low, high) = Middle(differences[1..]);
        return (differences[0], low, high);
    }

    private static (double Low, double High) Middle(double[] replicates)
    {
        if (replicates.Length == 0)
        {
            return (double.NegativeInfinity, double.PositiveInfinity);
        }

        Array.Sort(replicates);
        return (Quantile(replicates, Tail), Quantile(replicates, 1 - Tail));
    }

    private static double Quantile(double[] sorted, double share)
    {
        var at = share * (sorted.Length - 1);
        var below = (int)at;
        return below + 1 < sorted.Length ? sorted[below] + ((at - below) * (sorted[below + 1] - sorted[below])) : sorted[below];
    }
}
