using Millrace.Features.Numerics;
using Millrace.Models.Policies;

namespace Millrace.Decisions.Exploration;

/// <summary>
/// Draws a slate place by place. At a place each candidate is worth its utility less what likeness to the items above costs; the K best of those that keep limits
/// and quotas within reach are kept, and new items beside them; the policy's rule spreads probability over the kept, of which ε is uniform; one is drawn by it, and the
/// probability that is logged is the number that was drawn from. Pins are placed first, count towards limits and quotas, and always stand.
/// </summary>
internal static class SlateSampler
{
    /// <summary>Fills <paramref name="slate"/>, one placement per place; a pure function of problem and seed.</summary>
    /// <param name="problem">The candidates and what holds of them.</param>
    /// <param name="seed">The decision's seed; place i uses draw i of stream 0.</param>
    /// <param name="scratch">Buffers; afterwards it knows how far quotas are met.</param>
    /// <param name="slate">As many as <see cref="SlateProblem.Pins"/>.</param>
    /// <returns>Whether it was drawn; false when the problem's deadline was over before it was.</returns>
    internal static bool Sample(in SlateProblem problem, ulong seed, SlateScratch scratch, Span<Placement> slate)
    {
        scratch.Begin(problem);
        for (int place = 0; place < slate.Length; place++)
        {
            if (problem.Deadline.IsOver) return false;
            if (problem.Pins[place] is >= 0 and var pin)
            {
                slate[place] = new Placement(pin, problem.Utilities[pin] - scratch.Likeness.Cost(problem, pin), 1, false, false);
                scratch.Likeness.Placed(problem, pin);
                continue;
            }

            ReadOnlySpan<double> p = Distribution(problem, scratch, place);
            if (p.Length == 0)
            {
                slate[place] = new Placement(-1, 0, 0, false, false);
                continue;
            }

            int choice = ExplorationRule.Draw(p, Philox.ToUnit(Philox.Draw(seed, 0, (ulong)place).First));
            int drawn = scratch.Kept[choice];
            slate[place] = new Placement(drawn, scratch.Values[choice], p[choice], choice != 0, p.Length > 1 && p[choice] < 1);
            Take(problem, scratch, drawn, place);
        }

        return true;
    }

    /// <summary>
    /// The probability that <paramref name="problem"/> gives to each place of a slate that somebody else chose, given the places above: 1 for its own pin, 0 from the first
    /// place on that it could not have filled so.
    /// </summary>
    /// <param name="problem">The candidates and what holds of them.</param>
    /// <param name="slate">Candidate indexes by place, −1 for an empty one.</param>
    /// <param name="scratch">Buffers.</param>
    /// <param name="propensities">As long as <paramref name="slate"/>.</param>
    /// <param name="all">
    /// Row-major, places × candidates: what every candidate would have had there, given the slate's places above; rows behind the first place of 0 stay 0. Empty for
    /// nobody to know.
    /// </param>
    internal static void Propensities(
        in SlateProblem problem, ReadOnlySpan<int> slate, SlateScratch scratch, Span<double> propensities, Span<double> all = default)
    {
        scratch.Begin(problem);
        propensities.Clear();
        all.Clear();
        for (int place = 0; place < slate.Length; place++)
        {
            int given = slate[place];
            if (problem.Pins[place] is >= 0 and var pin)
            {
                if (!all.IsEmpty) all[(place * problem.Utilities.Length) + pin] = 1;
                if (given != pin) return;
                propensities[place] = 1;
                scratch.Likeness.Placed(problem, pin);
                continue;
            }

            ReadOnlySpan<double> p = Distribution(problem, scratch, place);
            if (!all.IsEmpty)
            {
                Span<double> row = all.Slice(place * problem.Utilities.Length, problem.Utilities.Length);
                for (int i = 0; i < p.Length; i++) row[scratch.Kept[i]] = p[i];
            }

            int choice = given < 0 ? -1 : scratch.Kept[..p.Length].IndexOf(given);
            propensities[place] = choice >= 0 ? p[choice] : given < 0 && p.Length == 0 ? 1 : 0;
            if (propensities[place] == 0) return;
            if (choice >= 0) Take(problem, scratch, given, place);
        }
    }

    /// <summary>The probabilities of the kept at <paramref name="place"/>; empty when nothing may stand there.</summary>
    private static ReadOnlySpan<double> Distribution(in SlateProblem problem, SlateScratch scratch, int place)
    {
        scratch.Feasible.MoveTo(problem, place);
        do
        {
            KeptCandidates.Keep(problem, scratch, place);
        }
        while (scratch.Count == 0 && scratch.Feasible.GiveUp());

        Span<double> p = scratch.Probabilities[..scratch.Count];
        if (p.Length == 0) return p;
        bool thompson = problem.Explore.Method == ExplorationMethod.Thompson && problem.Draws.Length > 0;
        if (thompson) ThompsonDraws.Count(problem, scratch);
        ExplorationRule.Fill(problem.Explore, problem.Explore.Epsilon, scratch.Values[..p.Length], thompson ? scratch.Wins[..p.Length] : [], p);
        return p;
    }

    private static void Take(in SlateProblem problem, SlateScratch scratch, int candidate, int place)
    {
        scratch.Feasible.Take(problem, candidate, place);
        scratch.Likeness.Placed(problem, candidate);
    }
}
