using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Millrace.Decisions.Exploration;
using Millrace.Decisions.Ladder;
using Millrace.Decisions.Ranking;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;

namespace Millrace.Decisions.Reranking;

/// <summary>Makes slots of ordered candidates: what the policy limits and pins, drawn by the sampler.</summary>
internal static class SlateBuilder
{
    internal static void Draw(in RankProblem problem, RankBuffers buffers, ReadOnlySpan<int> order, Span<Placement> slate)
    {
        int limits = problem.Policy.AtMost.Count;
        Span<int> groups = RankBuffers.Of(ref buffers.Groups, problem.Ids.Length * limits);
        Span<int> most = stackalloc int[limits];
        int groupCount = Group(problem, buffers.GroupNumbers, groups, most);
        Span<int> pins = RankBuffers.Of(ref buffers.Pins, slate.Length);
        Pin(problem, pins);
        var sampled = new SlateProblem
        {
            Order = order,
            Groups = groups,
            Limits = most,
            Pins = pins,
            Epsilon = problem.Rung >= Rung.SegmentList ? 0 : problem.Policy.Explore.Epsilon,
            Top = problem.Policy.Explore.Top,
        };
        SlateSampler.Sample(
            sampled,
            problem.Seed,
            RankBuffers.Of(ref buffers.Used, groupCount * limits),
            groupCount,
            RankBuffers.Of(ref buffers.Taken, problem.Ids.Length),
            RankBuffers.Of(ref buffers.Kept, problem.Policy.Explore.Top),
            slate);
    }

    /// <summary>
    /// A slot has no holes: what could not be filled is left out and what follows moves up. Only pins follow an empty place, since what was not
    /// feasible there is not feasible later; a pin that moved stands, and is recorded, at the rank where it is shown.
    /// </summary>
    internal static ImmutableArray<DecidedSlot> Collect(
        in RankProblem problem, ReadOnlySpan<double> scores, ReadOnlySpan<Placement> slate, out bool pinMoved)
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
                    problem.Ids[place.Candidate], scores[place.Candidate], place.Propensity, place.Explored, place.Explorable, problem.Sources[place.Candidate]);
            }

            slots[s] = new DecidedSlot(problem.Slots[s].Id, ImmutableCollectionsMarshal.AsImmutableArray(items));
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(slots);
    }

    private static int Group(in RankProblem problem, Dictionary<string, int> numbers, Span<int> groups, Span<int> most)
    {
        numbers.Clear();
        int limit = 0;
        foreach (var (attribute, count) in problem.Policy.AtMost)
        {
            most[limit] = count;
            ReadOnlySpan<string> values = attribute == "kind" ? problem.Kinds : problem.Providers;
            for (int i = 0; i < problem.Ids.Length; i++)
            {
                string value = values[i];
                int number = -1;
                if (value.Length > 0 && !numbers.TryGetValue(value, out number)) numbers.Add(value, number = numbers.Count);
                groups[(i * most.Length) + limit] = number;
            }

            limit++;
        }

        return numbers.Count;
    }

    private static void Pin(in RankProblem problem, Span<int> pins)
    {
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
    }
}
