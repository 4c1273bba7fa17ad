using Millrace.Decisions.Ladder;
using Millrace.Decisions.Reranking;
using Millrace.Features.Numerics;

namespace Millrace.Decisions.Ranking;

/// <summary>What candidates are worth, and their order.</summary>
internal static class Scoring
{
    internal static void Score(in RankProblem problem, RankBuffers buffers, Span<double> scores)
    {
        if (problem.Rung < Rung.LighterScorer)
        {
            problem.Plan.Score(problem.Matrix, buffers, scores, problem.Terms);
            return;
        }

        for (int i = 0; i < scores.Length; i++) scores[i] = scores.Length - i;
    }

    /// <summary>
    /// Leaves candidates beyond a threshold out of an order. When fewer are within than there are places to fill, so many of the others stay as are missing, the best
    /// first: a slate is never short for a threshold. A pin fills its own place and no other.
    /// </summary>
    /// <returns>What is left of the order.</returns>
    internal static Span<int> Admit(in RankProblem problem, RankBuffers buffers, Span<int> order, int places)
    {
        if (problem.Rung >= Rung.LighterScorer || !problem.Plan.HasThresholds) return order;
        ReadOnlySpan<int> pins = SlateBuilder.Pin(problem, buffers, places);
        int open = pins.Count(-1);
        int within = 0;
        int beyond = 0;
        foreach (int candidate in order)
        {
            if (pins.Contains(candidate)) continue;
            if (problem.Plan.Admits(buffers, candidate, order.Length)) within++;
            else beyond++;
        }

        int others = Math.Min(beyond, Math.Max(0, open - within));
        buffers.ThresholdsRelaxed = others > 0;
        int kept = 0;
        int count = order.Length;
        for (int i = 0; i < count; i++)
        {
            if (pins.Contains(order[i])) continue;
            if (problem.Plan.Admits(buffers, order[i], count) || others-- > 0) order[kept++] = order[i];
        }

        return order[..kept];
    }

    /// <summary>Best first; equal scores in ordinal order of id.</summary>
    internal static void Sort(ReadOnlySpan<string> ids, ReadOnlySpan<double> scores, Span<ulong> keys, Span<int> order)
    {
        for (int i = 0; i < order.Length; i++) (keys[i], order[i]) = (SmallestKeys.Descending(scores[i]), i);
        keys.Sort(order);
        OrdinalOrder.SortRuns(keys, order, new CandidateIds(ids));
    }

    private readonly ref struct CandidateIds(ReadOnlySpan<string> ids) : IIds
    {
        private readonly ReadOnlySpan<string> _ids = ids;

        public string this[int item] => _ids[item];
    }
}
