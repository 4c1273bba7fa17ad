using System.Collections.Immutable;

namespace Millrace.Learning.Training;

/// <summary>The metrics after each tree.</summary>
internal sealed class LossCurve(ImmutableArray<string> metrics, int stopBy)
{
    private readonly List<double[]> _valid = [];

    /// <summary>As LightGBM names them.</summary>
    public ImmutableArray<string> Metrics => metrics;

    /// <summary>By round, the metrics on the slice that stops; empty without one.</summary>
    public IReadOnlyList<double[]> Valid => _valid;

    /// <summary>Place of the metric that stops.</summary>
    public int StopBy => stopBy;

    /// <summary>Whether more of that metric is better.</summary>
    public bool Rises { get; } = RisesWithQuality(metrics.IsEmpty ? "" : metrics[stopBy]);

    /// <summary>How many trees were best, by the slice that stops.</summary>
    public int Best { get; private set; }

    internal void Add(double[] valid)
    {
        _valid.Add(valid);

        // NaN is never better: where a metric cannot be had, the first round stands.
        if (Best == 0 || (Rises ? valid[stopBy] > _valid[Best - 1][stopBy] : valid[stopBy] < _valid[Best - 1][stopBy]))
        {
            Best = _valid.Count;
        }
    }

    /// <summary>Whether it has not become better for so many rounds.</summary>
    internal bool HasStalled(int rounds) => rounds > 0 && _valid.Count - Best >= rounds;

    // LightGBM's own list of what is better when larger; all else is a loss.
    private static bool RisesWithQuality(string metric) =>
        metric.StartsWith("auc", StringComparison.Ordinal) || metric.StartsWith("ndcg@", StringComparison.Ordinal) || metric.StartsWith("map@", StringComparison.Ordinal)
        || metric is "average_precision" or "r2";
}
