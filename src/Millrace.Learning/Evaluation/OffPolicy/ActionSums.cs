using Millrace.Learning.Evaluation.Intervals;

namespace Millrace.Learning.Evaluation.OffPolicy;

/// <summary>Sums of one way to bend weights, by replicate: what plain, self-normalised and doubly robust estimates of it are made of.</summary>
/// <param name="draws">The replicates.</param>
/// <param name="bend">From a weight to the one that is used.</param>
internal sealed class ActionSums(ReplicateDraws draws, Func<double, double> bend)
{
    private readonly double[] _weights = draws.NewSums();
    private readonly double[] _rewards = draws.NewSums();
    private readonly double[] _residuals = draws.NewSums();

    public void Add(in LoggedAction action)
    {
        var weight = bend(action.Weight);
        draws.Add(weight, _weights);
        draws.Add(weight * action.Reward, _rewards);
        if (!double.IsNaN(action.Direct))
        {
            draws.Add(weight * (action.Reward - action.Model), _residuals);
        }
    }

    public double[] Plain() => Over(_rewards, draws.Taken);

    public double[] SelfNormalised() => Over(_rewards, _weights);

    public double[] Robust(double[] direct) => Sum(direct, Over(_residuals, draws.Taken));

    public double[] SelfNormalisedRobust(double[] direct) => Sum(direct, Over(_residuals, _weights));

    /// <summary>0/0 stays not a number: a replicate that holds nothing says nothing.</summary>
    public static double[] Over(double[] sums, double[] by) => [.. sums.Zip(by, static (sum, count) => sum / count)];

    private static double[] Sum(double[] first, double[] second) => [.. first.Zip(second, static (one, other) => one + other)];
}
