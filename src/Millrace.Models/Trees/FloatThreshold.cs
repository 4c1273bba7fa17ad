namespace Millrace.Models.Trees;

/// <summary>
/// Comparisons of a float with a double, or with a strict bound, as one comparison <c>value &lt;= threshold</c> of floats that is true for exactly the same values.
/// Both sides are monotone in the value, so the threshold is the largest float that passes; a test compares them around every kind of edge.
/// </summary>
internal static class FloatThreshold
{
    /// <summary>
    /// LightGBM's comparison of a dense row's value with a double. It stores rows sparsely before it scores them, so that everything within
    /// 1e-35 of 0 is 0 when it is compared.
    /// </summary>
    internal static float OfLightGbm(double threshold)
    {
        float largest = NoMoreThan(threshold);
        if (threshold >= 0) return MathF.Max(largest, TreeNode.ZeroBand);
        return largest < -TreeNode.ZeroBand ? largest : MathF.BitDecrement(-TreeNode.ZeroBand);
    }

    /// <summary>XGBoost's <c>value &lt; threshold</c>.</summary>
    internal static float Below(float threshold) => MathF.BitDecrement(threshold);

    private static float NoMoreThan(double threshold)
    {
        float nearest = (float)threshold;
        return nearest > threshold ? MathF.BitDecrement(nearest) : nearest;
    }
}
