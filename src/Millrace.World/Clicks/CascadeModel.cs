namespace Millrace.World.Clicks;

/// <summary>From the top down until the first click, then gone: at most one click per view (Craswell et al. 2008).</summary>
public sealed class CascadeModel : IClickModel
{
    /// <inheritdoc/>
    public string Name => "cascade";

    /// <inheritdoc/>
    public void Probabilities(ReadOnlySpan<Appeal> slate, Span<double> clicks)
    {
        var looking = 1.0;
        for (var k = 0; k < slate.Length; k++)
        {
            clicks[k] = looking * slate[k].Attraction;
            looking *= 1 - slate[k].Attraction;
        }
    }

    /// <inheritdoc/>
    public void Sample(ReadOnlySpan<Appeal> slate, ReadOnlySpan<double> draws, Span<bool> clicked)
    {
        clicked.Clear();
        for (var k = 0; k < slate.Length; k++)
        {
            if (draws[2 * k] < slate[k].Attraction)
            {
                clicked[k] = true;
                return;
            }
        }
    }

    /// <summary>Sorting is exact: expected clicks are 1 − Π(1 − attraction), which grows with each attraction in any order.</summary>
    /// <inheritdoc/>
    public int[] Best(ReadOnlySpan<Appeal> items, int count) => ClickModels.MostAttractive(items, count);
}
