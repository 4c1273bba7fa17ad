namespace Millrace.Learning.Evaluation.OffPolicy;

/// <summary>How estimates are made.</summary>
internal sealed record EstimationOptions
{
    /// <summary>Of the bootstrap over persons. At 1,000 the skewness that intervals are corrected by has an error of 0.08.</summary>
    public int Replicates { get; init; } = 1_000;

    public ulong Seed { get; init; } = 1;

    /// <summary>Clipped estimators cut weights here, and SWITCH-DR trusts the model alone above. The bias is at most the share of reward that was earned beyond it.</summary>
    public double Clip { get; init; } = 10;

    /// <summary>λ of DRos: a weight of √λ is halved (Su et al., "Doubly robust off-policy evaluation with shrinkage", ICML 2020).</summary>
    public double Shrinkage { get; init; } = 100;

    /// <summary>The least reward there can be; a log that goes beyond what is declared gets no anytime interval.</summary>
    public double LeastReward { get; init; }

    public double MostReward { get; init; } = 1;

    /// <summary>What no weight can exceed, by the two policies and not by the log; null when that is not known.</summary>
    public double? WeightBound { get; init; }

    /// <summary>The probability that an anytime interval ever misses.</summary>
    public double Miss { get; init; } = 0.05;
}
