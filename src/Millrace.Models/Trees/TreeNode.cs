namespace Millrace.Models.Trees;

/// <summary>A split. Children are indexes of nodes, or the complement (<c>~</c>) of an index of leaves.</summary>
/// <param name="Feature">Index into the forest's features.</param>
/// <param name="Threshold">Values up to it, itself included, go left; unused when <paramref name="Categories"/> is not null.</param>
/// <param name="Missing">What counts as missing.</param>
/// <param name="MissingLeft">Whether missing values go left.</param>
/// <param name="Left">Where values go that pass.</param>
/// <param name="Right">Where the others go.</param>
/// <param name="Cover">Weight of the training rows that came through; 0 when the file does not say.</param>
/// <param name="Categories">The categories of a categorical split; null when the split is numeric.</param>
public readonly record struct TreeNode(
    int Feature, float Threshold, MissingRule Missing, bool MissingLeft, int Left, int Right, double Cover, CategorySet? Categories)
{
    // LightGBM's kZeroThreshold, a float.
    internal const float ZeroBand = 1e-35f;

    /// <summary>Whether <paramref name="value"/> goes left.</summary>
    public bool GoesLeft(float value)
    {
        if (Categories is { } categories) return float.IsNaN(value) ? MissingLeft : categories.GoesLeft(value);
        if (float.IsNaN(value))
        {
            if (Missing != MissingRule.None) return MissingLeft;
            value = 0;
        }
        else if (Missing == MissingRule.Zero && MathF.Abs(value) <= ZeroBand)
        {
            return MissingLeft;
        }

        return value <= Threshold;
    }
}
