using System.Numerics;
using Millrace.Decisions.Ladder;
using Millrace.Decisions.Pipeline;
using Millrace.Models.Policies;

namespace Millrace.Decisions.Ranking;

/// <summary>What is added to the utility that heads predict: what an editor says that a boost is worth, and the bonus of each pace that a candidate counts for.</summary>
internal static class Additions
{
    /// <summary>By candidate; empty where nothing is added to any. From the lighter scorer on a score is a place in a list, and nothing is.</summary>
    internal static ReadOnlySpan<double> Of(in RankProblem problem, RankBuffers buffers)
    {
        ReadOnlySpan<double> bonuses = problem.Slate.Bonuses;
        var worths = problem.Policy.Worths;
        bool paced = bonuses.ContainsAnyExcept(0);
        if (problem.Rung >= Rung.LighterScorer || (!paced && worths.IsEmpty)) return [];
        Span<double> added = RankBuffers.Of(ref buffers.Added, problem.Ids.Length);
        added.Clear();
        if (!worths.IsEmpty) AddWorths(problem, added);
        if (paced) AddBonuses(problem.Slate.Paced, bonuses, added);
        return added;
    }

    /// <summary>What is boosted was named by its boost or by the caller: few ids are looked up.</summary>
    private static void AddWorths(in RankProblem problem, Span<double> added)
    {
        uint named = Workspace.Bit(CandidateSourceKind.Boosted) | Workspace.Bit(CandidateSourceKind.Request);
        for (int i = 0; i < added.Length; i++)
        {
            if ((problem.Sources[i] & named) != 0) added[i] = problem.Policy.Worths.GetValueOrDefault(problem.Ids[i]);
        }
    }

    private static void AddBonuses(ReadOnlySpan<byte> paced, ReadOnlySpan<double> bonuses, Span<double> added)
    {
        for (int i = 0; i < added.Length; i++)
        {
            double sum = 0;
            for (uint bits = paced[i]; bits != 0; bits &= bits - 1) sum += bonuses[BitOperations.TrailingZeroCount(bits)];
            added[i] += sum;
        }
    }

    /// <summary>Adds to utilities, or to draw after draw of them.</summary>
    internal static void Add(ReadOnlySpan<double> added, Span<double> utilities)
    {
        if (added.IsEmpty) return;
        for (int at = 0; at < utilities.Length; at += added.Length)
        {
            Span<double> own = utilities.Slice(at, added.Length);
            for (int i = 0; i < own.Length; i++) own[i] += added[i];
        }
    }

    /// <summary>The mean distance of utilities from their mean; those that are last because they are no numbers are left out.</summary>
    internal static double Spread(ReadOnlySpan<double> utilities)
    {
        double sum = 0;
        int count = 0;
        foreach (double utility in utilities)
        {
            if (utility == double.MinValue) continue;
            sum += utility;
            count++;
        }

        if (count == 0) return 0;
        double mean = sum / count;
        double distance = 0;
        foreach (double utility in utilities)
        {
            if (utility != double.MinValue) distance += Math.Abs(utility - mean);
        }

        return distance / count;
    }
}
