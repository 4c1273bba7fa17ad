using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using Millrace.Decisions.Exploration;
using Millrace.Decisions.Ladder;
using Millrace.Decisions.Ranking;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;

namespace Millrace.Decisions.Reranking;

/// <summary>Makes slots of ordered candidates: what constraints, diversity and pins are made of, drawn by the sampler.</summary>
internal static class SlateBuilder
{
    // From the lighter scorer on a score is a place in a list: its differences say nothing, and the lists draw nothing at all.
    private static readonly Models.Policies.Exploration NoExploration = new();

    /// <summary>Draws all slots, and notes in <paramref name="buffers"/> which quotas are not met.</summary>
    /// <param name="problem">What the slate depends on.</param>
    /// <param name="buffers">Scratch.</param>
    /// <param name="scores">The candidates' utilities.</param>
    /// <param name="draws">Utilities under draws of the posterior, as <see cref="SlateProblem.Draws"/> has them.</param>
    /// <param name="order">The candidates, best first.</param>
    /// <param name="slate">A placement for each place.</param>
    /// <returns>Whether it was drawn in time.</returns>
    internal static bool Draw(
        in RankProblem problem, RankBuffers buffers, ReadOnlySpan<double> scores, ReadOnlySpan<double> draws, ReadOnlySpan<int> order, Span<Placement> slate)
    {
        if (!SlateSampler.Sample(Bind(problem, buffers, scores, draws, order, slate.Length), problem.Seed, buffers.Sampling, slate)) return false;
        Report(problem, buffers, slate);
        return true;
    }

    /// <summary>The problem as the sampler takes it, in the spans of <paramref name="buffers"/>.</summary>
    internal static SlateProblem Bind(
        in RankProblem problem, RankBuffers buffers, ReadOnlySpan<double> scores, ReadOnlySpan<double> draws, ReadOnlySpan<int> order, int places)
    {
        SlateInputs inputs = problem.Slate;
        SlateConstraints constraints = inputs.Constraints;
        int candidates = problem.Ids.Length;
        int limits = constraints.AtMost.Count;
        Span<int> groups = RankBuffers.Of(ref buffers.Groups, candidates * limits);
        Span<int> most = RankBuffers.Of(ref buffers.Limits, limits);
        int groupCount = 0;
        int limit = 0;
        foreach (var (attribute, count) in constraints.AtMost)
        {
            most[limit] = count;
            ReadOnlySpan<int> column = inputs.Groups(attribute);
            for (int i = 0; i < candidates; i++)
            {
                groups[(i * limits) + limit] = column[i];
                groupCount = Math.Max(groupCount, column[i] + 1);
            }

            limit++;
        }

        int quotas = constraints.AtLeast.Length;
        Span<int> needs = RankBuffers.Of(ref buffers.Needs, quotas);
        Span<int> reaches = RankBuffers.Of(ref buffers.Reaches, quotas);
        for (int quota = 0; quota < quotas; quota++)
        {
            needs[quota] = constraints.AtLeast[quota].Need(places);
            reaches[quota] = constraints.AtLeast[quota].Reach(places);
        }

        ReadOnlySpan<int> pins = Pin(problem, buffers, places);
        Diversity? diversity = problem.Rung < Rung.LighterScorer ? problem.Policy.Diversity : null;
        return new SlateProblem
        {
            Order = order,
            Utilities = scores,
            Draws = draws,
            Groups = groups,
            Limits = most,
            GroupCount = groupCount,
            Quotas = inputs.Quotas,
            Needs = needs,
            Reaches = reaches,
            Pins = pins,
            Explore = Explore(problem.Rung, problem.Policy.Explore),
            Lambda = diversity?.Lambda ?? 0,
            Kinships = diversity is { Embedding: false } ? inputs.Groups(diversity.By) : [],
            Vectors = diversity is { Embedding: true } ? inputs.Vectors : [],
            Dimensions = inputs.Dimensions,
            Deadline = problem.Deadline,
            Trials = problem.Rung < Rung.LighterScorer ? problem.Plan.Trials(problem.Matrix, buffers, candidates) : [],
        };
    }

    /// <summary>
    /// A slot has no holes: what could not be filled is left out and what follows moves up. Only pins follow an empty place, since what was not
    /// feasible there is not feasible later; a pin that moved stands, and is recorded, at the rank where it is shown.
    /// </summary>
    internal static ImmutableArray<DecidedSlot> Collect(
        in RankProblem problem, ReadOnlySpan<Placement> slate, out bool pinMoved)
    {
        pinMoved = false;
        var slots = new DecidedSlot[problem.Slots.Length];
        int first = 0;
        for (int s = 0; s < slots.Length; s++)
        {
            ReadOnlySpan<Placement> places = slate.Slice(first, problem.Slots[s].Count);
            first += places.Length;
            int filled = 0;
            foreach (Placement place in places) filled += place.Candidate >= 0 ? 1 : 0;
            var items = new DecidedItem[filled];
            int at = 0;
            for (int i = 0; i < places.Length; i++)
            {
                Placement place = places[i];
                if (place.Candidate < 0) continue;
                pinMoved |= at < i;
                items[at++] = new DecidedItem(
                    problem.Ids[place.Candidate], place.Score, place.Propensity, place.Explored, place.Explorable, problem.Sources[place.Candidate]);
            }

            slots[s] = new DecidedSlot(problem.Slots[s].Id, ImmutableCollectionsMarshal.AsImmutableArray(items));
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(slots);
    }

    private static Models.Policies.Exploration Explore(Rung rung, Models.Policies.Exploration explore) => rung switch
    {
        < Rung.LighterScorer => explore,
        Rung.LighterScorer when explore.Method == ExplorationMethod.EpsilonGreedy => explore,
        Rung.LighterScorer => explore with { Method = ExplorationMethod.EpsilonGreedy },
        _ => NoExploration,
    };

    /// <summary>Counts what quotas find in the slate as it is shown, its holes closed.</summary>
    private static void Report(in RankProblem problem, RankBuffers buffers, ReadOnlySpan<Placement> slate)
    {
        buffers.Relaxed.Clear();
        ImmutableArray<Quota> quotas = problem.Slate.Constraints.AtLeast;
        int ofPolicy = problem.Policy.AtLeast.Length;
        for (int quota = 0; quota < quotas.Length; quota++)
        {
            int need = quotas[quota].Need(slate.Length);
            int shown = Shown(problem, slate, quota, quotas[quota].Reach(slate.Length));
            if (shown >= need) continue;
            string whose = quota < ofPolicy ? "policy" : "request";
            buffers.Relaxed.Add(string.Create(CultureInfo.InvariantCulture, $"{whose}[{(quota < ofPolicy ? quota : quota - ofPolicy)}]: {shown} of {need}"));
        }
    }

    private static int Shown(in RankProblem problem, ReadOnlySpan<Placement> slate, int quota, int reach)
    {
        int first = 0;
        int count = 0;
        foreach (RequestSlot slot in problem.Slots)
        {
            int at = first;
            foreach (Placement place in slate.Slice(first, slot.Count))
            {
                if (place.Candidate >= 0 && at++ < reach) count += (problem.Slate.Quotas[place.Candidate] >> quota) & 1;
            }

            first += slot.Count;
        }

        return count;
    }

    /// <summary>Per place the candidate that is pinned there, −1 for none.</summary>
    internal static ReadOnlySpan<int> Pin(in RankProblem problem, RankBuffers buffers, int places)
    {
        Span<int> pins = RankBuffers.Of(ref buffers.Pins, places);
        pins.Fill(-1);
        int first = 0;
        foreach (RequestSlot slot in problem.Slots)
        {
            foreach (Pin pin in problem.Policy.Pins)
            {
                if (pin.Slot != slot.Id || pin.Rank > slot.Count) continue;
                int candidate = problem.Ids.IndexOf(pin.Item);
                if (candidate >= 0 && !pins.Contains(candidate)) pins[first + pin.Rank - 1] = candidate;
            }

            first += slot.Count;
        }

        return pins;
    }
}
