using Millrace.Features.Numerics;

namespace Millrace.Decisions.Exploration;

/// <summary>One place of a slate as it was drawn.</summary>
/// <param name="Candidate">The candidate's index; −1 when nothing feasible was left.</param>
/// <param name="Propensity">P(candidate here | the places above, the inputs), exact.</param>
/// <param name="Explored">Whether the draw departed from the best feasible.</param>
/// <param name="Explorable">False for a pin, and where the sampler was told not to explore.</param>
internal readonly record struct Placement(int Candidate, double Propensity, bool Explored, bool Explorable);

/// <summary>What a slate is drawn from; the caller owns every span.</summary>
internal readonly ref struct SlateProblem
{
    /// <summary>Candidate indexes, best first: score descending, then item id.</summary>
    internal required ReadOnlySpan<int> Order { get; init; }

    /// <summary>Row-major, candidates × <see cref="Limits"/>: the group of a candidate under each limit, −1 for none.</summary>
    internal required ReadOnlySpan<int> Groups { get; init; }

    /// <summary>At most so many of one group in the slate, per limit.</summary>
    internal required ReadOnlySpan<int> Limits { get; init; }

    /// <summary>Per place the pinned candidate's index, −1 for none.</summary>
    internal required ReadOnlySpan<int> Pins { get; init; }

    internal required double Epsilon { get; init; }

    /// <summary>K: how many of the best feasible may be drawn.</summary>
    internal required int Top { get; init; }
}

/// <summary>
/// Draws a slate place by place: of the K best candidates that the limits still admit, the best with probability 1 − ε + ε/K, each other
/// with ε/K (K the number kept), logged exactly. Pins are reserved first and count towards the limits; a pin always stands. Limits of one
/// attribute make a matroid, so what is feasible now never spoils a later place; across two attributes a slate may end short.
/// </summary>
internal static class SlateSampler
{
    /// <summary>Fills <paramref name="slate"/>, one placement per place; a pure function of problem and seed.</summary>
    /// <param name="problem">The candidates and limits.</param>
    /// <param name="seed">The decision's seed; place i uses draw i.</param>
    /// <param name="used">Scratch: per limit × group how many are placed; cleared here.</param>
    /// <param name="groupCount">How many groups there are; <paramref name="used"/> holds Limits.Length × groupCount.</param>
    /// <param name="taken">Scratch: per candidate; cleared here.</param>
    /// <param name="kept">Scratch of at least <see cref="SlateProblem.Top"/>.</param>
    /// <param name="slate">As many as <see cref="SlateProblem.Pins"/>.</param>
    internal static void Sample(
        in SlateProblem problem, ulong seed, Span<int> used, int groupCount, Span<bool> taken, Span<int> kept, Span<Placement> slate)
    {
        used.Clear();
        taken.Clear();
        foreach (int pin in problem.Pins)
        {
            if (pin >= 0) Take(problem, pin, used, groupCount, taken);
        }

        for (int place = 0; place < slate.Length; place++)
        {
            if (problem.Pins[place] is >= 0 and var pin)
            {
                slate[place] = new Placement(pin, 1, false, false);
                continue;
            }

            int count = Keep(problem, used, groupCount, taken, kept);
            if (count == 0)
            {
                slate[place] = new Placement(-1, 0, false, false);
                continue;
            }

            int choice = Draw(problem.Epsilon, count, seed, place);
            double propensity = Propensity(problem.Epsilon, count, choice);
            slate[place] = new Placement(kept[choice], propensity, choice != 0, problem.Epsilon > 0);
            Take(problem, kept[choice], used, groupCount, taken);
        }
    }

    /// <summary>The probability that choice number <paramref name="choice"/> of <paramref name="count"/> is drawn.</summary>
    internal static double Propensity(double epsilon, int count, int choice) => (choice == 0 ? 1 - epsilon : 0) + (epsilon / count);

    private static int Draw(double epsilon, int count, ulong seed, int place)
    {
        if (epsilon == 0 || count == 1) return 0;
        var (first, second) = Philox.Draw(seed, 0, (ulong)place);
        return Philox.ToUnit(first) < epsilon ? Philox.ToIndex(second, count) : 0;
    }

    private static int Keep(in SlateProblem problem, ReadOnlySpan<int> used, int groupCount, ReadOnlySpan<bool> taken, Span<int> kept)
    {
        int most = problem.Epsilon == 0 ? 1 : problem.Top;
        int count = 0;
        foreach (int candidate in problem.Order)
        {
            if (taken[candidate] || !Feasible(problem, candidate, used, groupCount)) continue;
            kept[count++] = candidate;
            if (count == most) break;
        }

        return count;
    }

    private static bool Feasible(in SlateProblem problem, int candidate, ReadOnlySpan<int> used, int groupCount)
    {
        for (int limit = 0; limit < problem.Limits.Length; limit++)
        {
            int group = problem.Groups[(candidate * problem.Limits.Length) + limit];
            if (group >= 0 && used[(limit * groupCount) + group] >= problem.Limits[limit]) return false;
        }

        return true;
    }

    private static void Take(in SlateProblem problem, int candidate, Span<int> used, int groupCount, Span<bool> taken)
    {
        taken[candidate] = true;
        for (int limit = 0; limit < problem.Limits.Length; limit++)
        {
            int group = problem.Groups[(candidate * problem.Limits.Length) + limit];
            if (group >= 0) used[(limit * groupCount) + group]++;
        }
    }
}
