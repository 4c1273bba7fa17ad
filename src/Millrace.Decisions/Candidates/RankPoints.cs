using Millrace.Features.Numerics;

namespace Millrace.Decisions.Candidates;

/// <summary>
/// What a place in a list is worth when lists are fused: the logarithm of how much nearer to the top it is than what the list left out. Of the lists of a click log this
/// kept more clicked items in the pool than shares of the pool for each list (docs/results/candidates.md); unlike reciprocal ranks it still tells place 100 from 300.
/// </summary>
internal static class RankPoints
{
    /// <summary>So many first places are worth about the same.</summary>
    internal const int Flat = 10;

    /// <summary>weight × log((take + <see cref="Flat"/>) / (place + <see cref="Flat"/>)) of each place from 0 on; what is not in the list has nothing.</summary>
    internal static double[] Of(double weight, int take)
    {
        var points = new double[take];
        for (int place = 0; place < take; place++) points[place] = weight * (Deterministic.Log(take + Flat) - Deterministic.Log(place + Flat));
        return points;
    }
}
