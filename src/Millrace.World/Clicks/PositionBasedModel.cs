namespace Millrace.World.Clicks;

/// <summary>
/// A position is looked at with a probability of its own, whatever stands elsewhere: P(click at k) = examination(k) × attraction, with
/// examination(k) = 1 / k^bias (Richardson et al. 2007; the power law of Joachims, Swaminathan and Schnabel 2017).
/// </summary>
/// <param name="bias">The exponent, at least 0; 0 looks at everything.</param>
public sealed class PositionBasedModel(double bias = 0.7) : IClickModel
{
    /// <inheritdoc/>
    public string Name => "position";

    /// <summary>The probability that the 0-based position is looked at.</summary>
    public double Examination(int position) => Math.Pow(position + 1, -bias);

    /// <inheritdoc/>
    public void Probabilities(ReadOnlySpan<Appeal> slate, Span<double> clicks)
    {
        for (var k = 0; k < slate.Length; k++)
        {
            clicks[k] = Examination(k) * slate[k].Attraction;
        }
    }

    /// <inheritdoc/>
    public void Sample(ReadOnlySpan<Appeal> slate, ReadOnlySpan<double> draws, Span<bool> clicked)
    {
        for (var k = 0; k < slate.Length; k++)
        {
            clicked[k] = draws[2 * k] < slate[k].Attraction && draws[2 * k + 1] < Examination(k);
        }
    }

    /// <summary>Sorting is exact: examination falls with the position (rearrangement inequality).</summary>
    /// <inheritdoc/>
    public int[] Best(ReadOnlySpan<Appeal> items, int count) => ClickModels.MostAttractive(items, count);
}
