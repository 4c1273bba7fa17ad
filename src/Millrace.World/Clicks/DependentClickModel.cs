namespace Millrace.World.Clicks;

/// <summary>
/// From the top down; after a click at position k the visitor goes on with a probability that falls with k (DCM: Guo, Liu and Wang 2009).
/// </summary>
/// <param name="first">The probability of going on after a click at the first position, 0..1.</param>
/// <param name="decay">Its factor from one position to the next, 0..1.</param>
public sealed class DependentClickModel(double first = 0.8, double decay = 0.9) : IClickModel
{
    /// <inheritdoc/>
    public string Name => "dependent";

    /// <inheritdoc/>
    public void Probabilities(ReadOnlySpan<Appeal> slate, Span<double> clicks)
    {
        var (looking, goesOn) = (1.0, first);
        for (var k = 0; k < slate.Length; k++)
        {
            clicks[k] = looking * slate[k].Attraction;
            looking *= 1 - slate[k].Attraction * (1 - goesOn);
            goesOn *= decay;
        }
    }

    /// <inheritdoc/>
    public void Sample(ReadOnlySpan<Appeal> slate, ReadOnlySpan<double> draws, Span<bool> clicked)
    {
        clicked.Clear();
        var goesOn = first;
        for (var k = 0; k < slate.Length; k++)
        {
            clicked[k] = draws[2 * k] < slate[k].Attraction;
            if (clicked[k] && draws[2 * k + 1] >= goesOn)
            {
                return;
            }

            goesOn *= decay;
        }
    }

    /// <summary>
    /// Sorting is exact. With V the value of what follows and c the probability of leaving after a click, two neighbours a above b differ from
    /// b above a by V (a − b)(c below − c above), which is ≥ 0 for a ≥ b since c grows; and V ≤ 1 / c, so that more attraction never costs.
    /// </summary>
    /// <inheritdoc/>
    public int[] Best(ReadOnlySpan<Appeal> items, int count) => ClickModels.MostAttractive(items, count);
}
