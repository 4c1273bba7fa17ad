namespace Millrace.World.Clicks;

/// <summary>
/// How people look at a slate and click. A system tuned to one model is a toy, so there are several behind this seam. The models and their names
/// follow Chuklin, Markov and de Rijke, "Click Models for Web Search" (2015).
/// </summary>
public interface IClickModel
{
    /// <summary>The name on the command line: <c>position</c>, <c>cascade</c>, <c>dependent</c>, <c>dbn</c>.</summary>
    string Name { get; }

    /// <summary>The exact marginal probability of a click at each position, before anything is seen.</summary>
    /// <param name="slate">Appeals in the order of the slate.</param>
    /// <param name="clicks">Receives one probability per position.</param>
    void Probabilities(ReadOnlySpan<Appeal> slate, Span<double> clicks);

    /// <summary>One visitor's clicks.</summary>
    /// <param name="slate">Appeals in the order of the slate.</param>
    /// <param name="draws">Two uniform draws in [0, 1) per position: for the click, and for going on.</param>
    /// <param name="clicked">Receives one answer per position.</param>
    void Sample(ReadOnlySpan<Appeal> slate, ReadOnlySpan<double> draws, Span<bool> clicked);

    /// <summary>A slate with the most expected clicks of all, exactly.</summary>
    /// <param name="items">The appeals to choose from.</param>
    /// <param name="count">At most so many positions.</param>
    /// <returns>Indexes into <paramref name="items"/>, in the order of the slate.</returns>
    int[] Best(ReadOnlySpan<Appeal> items, int count);
}
