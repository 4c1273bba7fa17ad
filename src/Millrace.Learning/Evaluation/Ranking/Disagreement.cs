namespace Millrace.Learning.Evaluation.Ranking;

/// <summary>How far two models differ about one list, 0 to 1; means with intervals are a <see cref="SliceTable"/>'s.</summary>
internal static class Disagreement
{
    /// <summary>The share of the first k places whose items the other does not have among its first k. Lists shorter than k are compared over the longer one's length.</summary>
    /// <returns>NaN when both are empty.</returns>
    public static double Top(ReadOnlySpan<int> one, ReadOnlySpan<int> other, int k)
    {
        one = one[..Math.Min(k, one.Length)];
        other = other[..Math.Min(k, other.Length)];
        var (shared, places) = (0, Math.Max(one.Length, other.Length));
        foreach (var item in one)
        {
            shared += other.Contains(item) ? 1 : 0;
        }

        return places == 0 ? double.NaN : 1 - (shared / (double)places);
    }

    /// <summary>The share of pairs that the two order otherwise; a pair that one of them ties, and the other does not, counts half. Takes a time of n².</summary>
    /// <returns>NaN for fewer than two items, and where a score is NaN.</returns>
    public static double Pairwise(ReadOnlySpan<double> one, ReadOnlySpan<double> other)
    {
        if (one.Length != other.Length)
        {
            throw new ArgumentException($"There are {one.Length} scores and {other.Length}.");
        }

        var (sum, pairs) = (0.0, 0L);
        for (var i = 1; i < one.Length; i++)
        {
            for (var j = 0; j < i; j++, pairs++)
            {
                if (double.IsNaN(one[i] + one[j] + other[i] + other[j]))
                {
                    return double.NaN;
                }

                sum += Math.Abs(one[i].CompareTo(one[j]) - other[i].CompareTo(other[j])) / 2.0;
            }
        }

        return pairs == 0 ? double.NaN : sum / pairs;
    }
}
