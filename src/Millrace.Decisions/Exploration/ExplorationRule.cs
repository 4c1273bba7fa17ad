using Millrace.Features.Numerics;
using Millrace.Models.Policies;

namespace Millrace.Decisions.Exploration;

/// <summary>The rules of exploration as distributions over the candidates kept at a place, best first. Pure; sums in index order.</summary>
internal static class ExplorationRule
{
    /// <summary>Fills <paramref name="p"/> with (1 − ε)·rule + ε/K.</summary>
    /// <param name="explore">The rule and its numbers.</param>
    /// <param name="epsilon">The share that is uniform.</param>
    /// <param name="values">What the kept are worth at this place, descending.</param>
    /// <param name="wins">Of Thompson's draws, how many each kept one wins; empty for other rules, or without draws.</param>
    /// <param name="p">As long as <paramref name="values"/>.</param>
    internal static void Fill(Models.Policies.Exploration explore, double epsilon, ReadOnlySpan<double> values, ReadOnlySpan<int> wins, Span<double> p)
    {
        switch (explore.Method)
        {
            case ExplorationMethod.SquareCb:
                SquareCb(explore.Gamma, values, p);
                break;
            case ExplorationMethod.PlackettLuce:
                Softmax(explore.Temperature, values, p);
                break;
            case ExplorationMethod.Thompson when wins.Length > 0:
                Shares(wins, p);
                break;
            default:
                Best(p);
                break;
        }

        Mix(epsilon, p);
    }

    internal static void Best(Span<double> p)
    {
        p.Clear();
        p[0] = 1;
    }

    /// <summary>1/(K + γ·gap) each, the rest for the best: at least 1/K of it, since no other has more.</summary>
    internal static void SquareCb(double gamma, ReadOnlySpan<double> values, Span<double> p)
    {
        double others = 0;
        for (int i = 1; i < p.Length; i++)
        {
            p[i] = 1 / (p.Length + (gamma * (values[0] - values[i])));
            others += p[i];
        }

        p[0] = 1 - others;
    }

    internal static void Softmax(double temperature, ReadOnlySpan<double> values, Span<double> p)
    {
        double sum = 0;
        for (int i = 0; i < p.Length; i++)
        {
            p[i] = Deterministic.Exp((values[i] - values[0]) / temperature);
            sum += p[i];
        }

        for (int i = 0; i < p.Length; i++) p[i] /= sum;
    }

    private static void Shares(ReadOnlySpan<int> wins, Span<double> p)
    {
        int draws = 0;
        foreach (int won in wins) draws += won;
        for (int i = 0; i < p.Length; i++) p[i] = (double)wins[i] / draws;
    }

    /// <summary>Leaves every candidate at least ε/K.</summary>
    internal static void Mix(double epsilon, Span<double> p)
    {
        if (epsilon == 0) return;
        double floor = epsilon / p.Length;
        for (int i = 0; i < p.Length; i++) p[i] = ((1 - epsilon) * p[i]) + floor;
    }

    /// <summary>
    /// The index that <paramref name="unit"/> of [0, 1) falls on. One without probability is never drawn: its sum is that before it. What rounding leaves above the
    /// last sum falls on the last that has any.
    /// </summary>
    internal static int Draw(ReadOnlySpan<double> p, double unit)
    {
        double sum = 0;
        int last = 0;
        for (int i = 0; i < p.Length; i++)
        {
            sum += p[i];
            if (unit < sum) return i;
            if (p[i] > 0) last = i;
        }

        return last;
    }
}
