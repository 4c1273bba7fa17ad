namespace Millrace.Learning.Evaluation.Ranking;

/// <summary>
/// A sum over a sum, of data that pass by once, and of every replicate of a bootstrap over persons. A mean is one whose denominator counts. The replicates of two that were fed alike are drawn alike, so that
/// <see cref="Minus"/> and <see cref="Over"/> are paired.
/// </summary>
/// <param name="replicates">Places of the counts that <see cref="Intervals.PersonBootstrap"/> draws; place 0 is the data itself.</param>
internal sealed class ClusteredRatio(int replicates)
{
    private readonly double[] _above = new double[replicates];
    private readonly double[] _below = new double[replicates];

    /// <summary>What the denominator came to.</summary>
    public double Support => _below[0];

    /// <summary>Adds what one person did.</summary>
    /// <param name="counts">How often each replicate holds the person.</param>
    /// <param name="above">To the numerator.</param>
    /// <param name="below">To the denominator.</param>
    public void Add(ReadOnlySpan<double> counts, double above, double below = 1)
    {
        for (var b = 0; b < _above.Length; b++)
        {
            _above[b] += counts[b] * above;
            _below[b] += counts[b] * below;
        }
    }

    /// <summary>The ratio with its interval.</summary>
    public Estimate Estimate() => Ranking.Estimate.Of(Values(), Support);

    /// <summary>This less the other.</summary>
    public Estimate Minus(ClusteredRatio other) => With(other, (one, two) => one - two);

    /// <summary>This by the other.</summary>
    public Estimate Over(ClusteredRatio other) => With(other, (one, two) => one / two);

    /// <summary>The ratio by replicate; NaN where a replicate holds nothing.</summary>
    public double[] Values()
    {
        var values = new double[_above.Length];
        for (var b = 0; b < values.Length; b++)
        {
            values[b] = _above[b] / _below[b];
        }

        return values;
    }

    private Estimate With(ClusteredRatio other, Func<double, double, double> join)
    {
        var (one, two) = (Values(), other.Values());
        return Ranking.Estimate.Of([.. one.Select((value, b) => join(value, two[b]))], Math.Min(Support, other.Support));
    }
}
