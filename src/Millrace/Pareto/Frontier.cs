namespace Millrace.Pareto;

/// <summary>Which of several points no other is better than.</summary>
internal static class Frontier
{
    /// <summary>Whether a point is no worse in anything and better in something.</summary>
    public static bool Dominates(ReadOnlySpan<double> point, ReadOnlySpan<double> other, ReadOnlySpan<bool> lessIsBetter)
    {
        var better = false;
        for (var i = 0; i < point.Length; i++)
        {
            var above = lessIsBetter[i] ? other[i] - point[i] : point[i] - other[i];
            if (above < 0)
            {
                return false;
            }

            better |= above > 0;
        }

        return better;
    }

    /// <summary>The indexes of points that none of the others dominates, in their order; equal points stand together.</summary>
    public static IEnumerable<int> Of(IReadOnlyList<double[]> points, bool[] lessIsBetter) =>
        Enumerable.Range(0, points.Count).Where(i => !points.Any(other => Dominates(other, points[i], lessIsBetter)));
}
