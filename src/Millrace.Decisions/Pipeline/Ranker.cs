using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Millrace.Decisions.Exploration;
using Millrace.Decisions.Ladder;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;

namespace Millrace.Decisions.Pipeline;

/// <summary>All that a slate depends on, by value: what a full record holds. Row i concerns candidate i.</summary>
internal readonly ref struct RankProblem
{
    internal required ReadOnlySpan<string> Ids { get; init; }

    internal required ReadOnlySpan<uint> Sources { get; init; }

    /// <summary>Providers and kinds by candidate; read only where the policy limits them.</summary>
    internal required ReadOnlySpan<string> Providers { get; init; }

    internal required ReadOnlySpan<string> Kinds { get; init; }

    /// <summary>Row-major, in the order of <see cref="Weights"/>; NaN is missing.</summary>
    internal required ReadOnlySpan<float> Matrix { get; init; }

    internal required ReadOnlySpan<double> Weights { get; init; }

    internal required ReadOnlySpan<RequestSlot> Slots { get; init; }

    internal required Policy Policy { get; init; }

    internal required Rung Rung { get; init; }

    internal required DecideMode Mode { get; init; }

    internal required ulong Seed { get; init; }
}

/// <summary>
/// Scores, orders and draws: the pure second half of the pipeline, which replay repeats from a record. From the rung
/// <see cref="Rung.LighterScorer"/> on the score is the candidate's place in its list, best first.
/// </summary>
/// <remarks>
/// In the modes apprentice and log-only the slate is the caller's: propensity 1 and not explorable, since the caller's choice was certain
/// as far as we can know; estimators must not take it for a draw of ours.
/// </remarks>
internal static class Ranker
{
    internal static ImmutableArray<DecidedSlot> Rank(in RankProblem problem, RankBuffers buffers)
    {
        buffers.PinMoved = false;
        Span<double> scores = RankBuffers.Of(ref buffers.Scores, problem.Ids.Length);
        Score(problem, scores);
        if (problem.Mode != DecideMode.Online) return Baseline(problem, scores);
        Span<int> order = RankBuffers.Of(ref buffers.Order, problem.Ids.Length);
        Sort(problem.Ids, scores, RankBuffers.Of(ref buffers.Keys, problem.Ids.Length), order);
        int places = 0;
        foreach (RequestSlot slot in problem.Slots) places += slot.Count;
        Span<Placement> slate = RankBuffers.Of(ref buffers.Slate, places);
        Draw(problem, buffers, order, slate);
        return Collect(problem, scores, slate, out buffers.PinMoved);
    }

    private static void Score(in RankProblem problem, Span<double> scores)
    {
        int columns = problem.Weights.Length;
        for (int i = 0; i < scores.Length; i++)
        {
            if (problem.Rung >= Rung.LighterScorer)
            {
                scores[i] = scores.Length - i;
                continue;
            }

            double sum = 0;
            ReadOnlySpan<float> row = problem.Matrix.Slice(i * columns, columns);
            for (int column = 0; column < columns; column++)
            {
                if (!float.IsNaN(row[column])) sum += problem.Weights[column] * row[column];
            }

            scores[i] = double.IsFinite(sum) ? sum : double.MinValue;
        }
    }

    /// <summary>Best first; equal scores in ordinal order of id.</summary>
    private static void Sort(ReadOnlySpan<string> ids, ReadOnlySpan<double> scores, Span<double> keys, Span<int> order)
    {
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
            keys[i] = -scores[i];
        }

        keys.Sort(order);
        for (int start = 0; start < order.Length;)
        {
            int end = start + 1;
            while (end < order.Length && keys[end] == keys[start]) end++;
            for (int i = start + 1; i < end; i++)
            {
                int moving = order[i];
                int at = i;
                for (; at > start && string.CompareOrdinal(ids[order[at - 1]], ids[moving]) > 0; at--) order[at] = order[at - 1];
                order[at] = moving;
            }

            start = end;
        }
    }

    private static void Draw(in RankProblem problem, RankBuffers buffers, ReadOnlySpan<int> order, Span<Placement> slate)
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

    /// <summary>
    /// A slot has no holes: what could not be filled is left out and what follows moves up. Only pins follow an empty place, since what was not
    /// feasible there is not feasible later; a pin that moved stands, and is recorded, at the rank where it is shown.
    /// </summary>
    private static ImmutableArray<DecidedSlot> Collect(
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

    private static ImmutableArray<DecidedSlot> Baseline(in RankProblem problem, ReadOnlySpan<double> scores)
    {
        var slots = ImmutableArray.CreateBuilder<DecidedSlot>(problem.Slots.Length);
        foreach (RequestSlot slot in problem.Slots)
        {
            var items = ImmutableArray.CreateBuilder<DecidedItem>();
            foreach (string id in slot.Baseline.AsSpan()[..Math.Min(slot.Count, slot.Baseline.Length)])
            {
                int candidate = problem.Ids.IndexOf(id);
                double score = candidate < 0 ? 0 : scores[candidate];
                uint sources = candidate < 0 ? Workspace.Bit(CandidateSourceKind.Request) : problem.Sources[candidate];
                items.Add(new DecidedItem(id, score, 1, false, false, sources));
            }

            slots.Add(new DecidedSlot(slot.Id, items.ToImmutable()));
        }

        return slots.MoveToImmutable();
    }
}
