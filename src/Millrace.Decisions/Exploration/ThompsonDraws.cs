using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Millrace.Decisions.Exploration;

/// <summary>
/// Counts who is best under each draw. The policy is its M seeded draws, not the posterior that they came from: so the shares are its exact probabilities. Differences and
/// maxima of doubles are exact in lanes of any width.
/// </summary>
internal static class ThompsonDraws
{
    /// <summary>Wins among the kept; of equal ones the first has it.</summary>
    internal static void Count(in SlateProblem problem, SlateScratch scratch)
    {
        int candidates = problem.Utilities.Length;
        Span<int> wins = scratch.Wins[..scratch.Count];
        Span<double> costs = scratch.Costs[..scratch.Count];
        for (int i = 0; i < costs.Length; i++) costs[i] = scratch.Likeness.Cost(problem, scratch.Kept[i]);
        wins.Clear();
        for (int first = 0; first < problem.Draws.Length; first += candidates)
        {
            ReadOnlySpan<double> draw = problem.Draws.Slice(first, candidates);
            int best = 0;
            double most = double.NegativeInfinity;
            for (int i = 0; i < costs.Length; i++)
            {
                double value = draw[scratch.Kept[i]] - costs[i];
                if (value > most) (best, most) = (i, value);
            }

            wins[best]++;
        }
    }

    /// <summary>Wins among all feasible; of equal ones the first in the order has it.</summary>
    /// <remarks>
    /// A draw's winner stands until it is taken, made infeasible or like what was placed, unless somebody rose: likeness only grows, but a quota that is met lets others in
    /// again. So at most places few draws are looked through again, and the others only at those who rose.
    /// </remarks>
    internal static void CountAll(in SlateProblem problem, SlateScratch scratch)
    {
        int candidates = problem.Utilities.Length;
        int draws = problem.Draws.Length / candidates;
        Span<double> costs = scratch.Costs[..candidates];
        Span<double> before = scratch.CostsBefore[..candidates];
        Span<int> winners = scratch.Winners[..draws];
        Span<int> risen = scratch.Risen[..candidates];
        int rose = 0;
        for (int i = 0; i < candidates; i++)
        {
            costs[i] = scratch.Feasible.Allows(problem, i) ? scratch.Likeness.Cost(problem, i) : double.PositiveInfinity;
            if (costs[i] < before[i]) risen[rose++] = i;
        }

        Span<int> wins = scratch.AllWins[..candidates];
        wins.Clear();
        for (int draw = 0; draw < draws; draw++)
        {
            ReadOnlySpan<double> values = problem.Draws.Slice(draw * candidates, candidates);
            ref int winner = ref winners[draw];
            winner = winner >= 0 && costs[winner] <= before[winner]
                ? Better(values, costs, winner, risen[..rose], scratch.Positions)
                : First(values, costs, Greatest(values, costs), scratch.Positions);
            if (winner >= 0) wins[winner]++;
        }

        costs.CopyTo(before);
    }

    private static int Better(ReadOnlySpan<double> values, ReadOnlySpan<double> costs, int winner, ReadOnlySpan<int> risen, ReadOnlySpan<int> positions)
    {
        double most = values[winner] - costs[winner];
        foreach (int i in risen)
        {
            double value = values[i] - costs[i];
            if (value > most || (value == most && positions[i] < positions[winner])) (winner, most) = (i, value);
        }

        return winner;
    }

    private static int First(ReadOnlySpan<double> values, ReadOnlySpan<double> costs, double most, ReadOnlySpan<int> positions)
    {
        int best = -1;
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] - costs[i] == most && (best < 0 || positions[i] < positions[best])) best = i;
        }

        return best;
    }

    private static double Greatest(ReadOnlySpan<double> draw, ReadOnlySpan<double> costs)
    {
        ref double values = ref MemoryMarshal.GetReference(draw);
        ref double less = ref MemoryMarshal.GetReference(costs);
        double most = double.NegativeInfinity;
        int at = 0;
        if (draw.Length >= Vector256<double>.Count)
        {
            Vector256<double> lanes = Vector256.Create(double.NegativeInfinity);
            for (; at + Vector256<double>.Count <= draw.Length; at += Vector256<double>.Count)
            {
                lanes = Vector256.Max(lanes, Vector256.LoadUnsafe(ref values, (nuint)at) - Vector256.LoadUnsafe(ref less, (nuint)at));
            }

            for (int lane = 0; lane < Vector256<double>.Count; lane++) most = Math.Max(most, lanes[lane]);
        }

        for (; at < draw.Length; at++) most = Math.Max(most, draw[at] - costs[at]);
        return most;
    }
}
