using Millrace.Models.Policies;

namespace Millrace.Decisions.Exploration;

/// <summary>
/// Chooses what may be drawn at a place: the K best feasible, and new items beside them. Under Thompson's rule half of the K are the best by mean and the others those that win
/// most draws among all feasible: a candidate of low mean that is not well known yet would never be drawn otherwise, and one that no draw favours has a place by its mean.
/// </summary>
internal static class KeptCandidates
{
    /// <summary>Fills the kept of <paramref name="scratch"/>, best first, equal ones in the problem's order.</summary>
    internal static void Keep(in SlateProblem problem, SlateScratch scratch, int place)
    {
        Models.Policies.Exploration explore = problem.Explore;
        bool thompson = explore.Method == ExplorationMethod.Thompson && problem.Draws.Length > 0;
        bool certain = explore.Epsilon == 0 && (explore.Method == ExplorationMethod.EpsilonGreedy || (explore.Method == ExplorationMethod.Thompson && !thompson));
        scratch.Count = 0;
        Best(problem, scratch, certain ? 1 : explore.Top);
        if (certain || scratch.Count == 0) return;
        if (thompson) Winners(problem, scratch, explore.Top, place);
        if (explore.New is { } fresh && problem.Trials.Length > 0) New(problem, scratch, fresh, place);
    }

    private static void Best(in SlateProblem problem, SlateScratch scratch, int most)
    {
        foreach (int candidate in problem.Order)
        {
            // Likeness only costs: whoever comes later in the order is worth no more than its utility.
            bool full = scratch.Count == most;
            if (full && problem.Utilities[candidate] <= scratch.Values[most - 1]) break;
            double value = problem.Utilities[candidate] - scratch.Likeness.Cost(problem, candidate);
            if ((full && value <= scratch.Values[most - 1]) || !scratch.Feasible.Allows(problem, candidate)) continue;
            scratch.Insert(candidate, value, 0, most);
        }
    }

    private static void Winners(in SlateProblem problem, SlateScratch scratch, int most, int place)
    {
        // Fewer than K feasible are all kept already.
        if (scratch.Count < most || most == 1) return;
        ThompsonDraws.CountAll(problem, scratch);
        int byMean = (most + 1) / 2;
        Mark(scratch, 0, byMean, place);
        Span<int> wins = scratch.AllWins;
        for (int at = byMean; at < most; at++)
        {
            int best = -1;
            foreach (int candidate in problem.Order)
            {
                if (scratch.KeptAt[candidate] != place + 1 && wins[candidate] > (best < 0 ? 0 : wins[best])) best = candidate;
            }

            // Who wins nothing has no claim: the next by mean, which only moved back when somebody won its place.
            if (best < 0) best = NextByMean(scratch, byMean, place);
            if (best < 0) break;
            scratch.KeptAt[best] = place + 1;
        }

        Gather(problem, scratch, place);
    }

    private static int NextByMean(SlateScratch scratch, int from, int place)
    {
        for (int at = from; at < scratch.Count; at++)
        {
            if (scratch.KeptAt[scratch.Kept[at]] != place + 1) return scratch.Kept[at];
        }

        return -1;
    }

    /// <summary>Makes all that are marked the kept ones.</summary>
    private static void Gather(in SlateProblem problem, SlateScratch scratch, int place)
    {
        int most = scratch.Count;
        scratch.Count = 0;
        foreach (int candidate in problem.Order)
        {
            if (scratch.KeptAt[candidate] == place + 1) scratch.Insert(candidate, problem.Utilities[candidate] - scratch.Likeness.Cost(problem, candidate), 0, most);
        }
    }

    private static void New(in SlateProblem problem, SlateScratch scratch, NewItems fresh, int place)
    {
        int kept = scratch.Count;
        Mark(scratch, 0, kept, place);
        foreach (int candidate in problem.Order)
        {
            bool full = scratch.Count - kept == fresh.Take;
            if (full && problem.Utilities[candidate] <= scratch.Values[scratch.Count - 1]) break;
            if (problem.Trials[candidate] >= fresh.Below || scratch.KeptAt[candidate] == place + 1) continue;
            double value = problem.Utilities[candidate] - scratch.Likeness.Cost(problem, candidate);
            if ((full && value <= scratch.Values[scratch.Count - 1]) || !scratch.Feasible.Allows(problem, candidate)) continue;
            scratch.Insert(candidate, value, kept, fresh.Take);
        }

        if (scratch.Count == kept) return;
        Mark(scratch, kept, scratch.Count, place);
        Gather(problem, scratch, place);
    }

    private static void Mark(SlateScratch scratch, int from, int to, int place)
    {
        for (int at = from; at < to; at++) scratch.KeptAt[scratch.Kept[at]] = place + 1;
    }
}
