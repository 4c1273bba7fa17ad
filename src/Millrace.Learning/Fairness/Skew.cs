namespace Millrace.Learning.Fairness;

/// <summary>How a list's make-up differs from the one wanted (Geyik, Ambler and Kenthapadi, KDD 2019). Means over lists with intervals are a <see cref="Evaluation.Ranking.SliceTable"/>'s.</summary>
internal static class Skew
{
    /// <summary>ln of the group's share among the first k by its wanted share: 0 is as wanted, −∞ where it is absent; lists shorter than k are taken whole.</summary>
    /// <param name="groups">The group of each place, by rank.</param>
    /// <param name="group">Which.</param>
    /// <param name="wanted">Its wanted share, above 0.</param>
    /// <param name="k">How many places.</param>
    public static double At(ReadOnlySpan<int> groups, int group, double wanted, int k)
    {
        var top = groups[..Math.Min(k, groups.Length)];
        return top.IsEmpty ? double.NaN : Math.Log(top.Count(group) / (double)top.Length / wanted);
    }

    /// <summary>
    /// Normalised discounted Kullback-Leibler divergence: the mean over all prefixes, weighed by 1/log₂(length + 1), of the divergence in nats of the prefix's make-up from the wanted one. 0 only where every
    /// prefix is as wanted, which a finite list seldom can be: compare it with a list made as wanted.
    /// </summary>
    /// <param name="groups">The group of each place, by rank.</param>
    /// <param name="wanted">By group, its share; +∞ results where a group is there that is not wanted at all.</param>
    public static double Ndkl(ReadOnlySpan<int> groups, ReadOnlySpan<double> wanted)
    {
        var counts = new int[wanted.Length];
        var (sum, weights) = (0.0, 0.0);
        for (var length = 1; length <= groups.Length; length++)
        {
            counts[groups[length - 1]]++;
            var divergence = 0.0;
            for (var group = 0; group < counts.Length; group++)
            {
                var share = counts[group] / (double)length;
                divergence += share > 0 ? share * Math.Log(share / wanted[group]) : 0;
            }

            var weight = 1 / Math.Log2(length + 1);
            sum += weight * divergence;
            weights += weight;
        }

        return groups.IsEmpty ? double.NaN : sum / weights;
    }
}
