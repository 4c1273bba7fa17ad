using Millrace.Learning.Evaluation.Intervals;

namespace Millrace.Learning.Evaluation.OffPolicy;

/// <summary>What an estimator says that a policy would have earned for each decision.</summary>
/// <param name="Name">The estimator's, as in <see cref="EstimatorNames"/>.</param>
/// <param name="Values">The estimate, then its bootstrap replicates.</param>
/// <param name="Anytime">An interval that holds whenever the log is cut; null where the estimator has none.</param>
internal sealed record Estimate(string Name, double[] Values, Interval? Anytime = null)
{
    /// <summary>How far the log knows the policy by this estimator's own weights; null where those of all are its own.</summary>
    public Overlap? Overlap { get; init; }

    public double Value => Values[0];

    /// <summary>Of 95 %, by the bootstrap over persons.</summary>
    public Interval Interval { get; } = BootstrapInterval.Studentised(Values);

    /// <summary>By how much it is above another value, on the same draws of persons.</summary>
    public Estimate Above(double[] others) => new(Name, [.. Values.Zip(others, static (mine, other) => mine - other)]);
}
