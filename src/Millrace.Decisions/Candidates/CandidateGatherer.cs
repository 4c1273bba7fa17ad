using Millrace.Decisions.Ladder;
using Millrace.Decisions.Pipeline;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Models.Policies;

namespace Millrace.Decisions.Candidates;

/// <summary>Fills a workspace with what may be shown: the request's candidates and nothing else, or the policy's sources in their order.</summary>
internal static class CandidateGatherer
{
    /// <summary>A list is asked for so many more than it should give, since some will have been excluded.</summary>
    private const int Slack = 128;

    /// <summary>How long the ladder's lists are.</summary>
    private const int ListLength = 500;

    /// <summary>Whether the rung <see cref="Rung.SegmentList"/> has a list for this request.</summary>
    internal static bool HasSegmentList(DecideRequest request, Policy policy, FeatureSnapshot snapshot) => !SegmentRows(request, policy, snapshot).IsEmpty;

    /// <summary>Excludes, then gathers for <paramref name="rung"/>.</summary>
    internal static void Gather(
        Workspace work, DecideRequest request, Policy policy, FeatureSnapshot snapshot, UnixMicros now, Rung rung, ReadOnlySpan<RequestSlot> slots)
    {
        foreach (string id in request.Exclude) work.Exclude(id);
        if (!request.Candidates.IsDefault) work.Offer(request.Candidates);
        Pins(work, policy, slots);
        work.Pinned = work.Count;
        if (policy.ExcludeSeen && request.Mode == DecideMode.Online)
        {
            foreach (ref readonly var seen in work.Person.Seen(now))
            {
                if (snapshot.RowOf(seen.Item) is var row and >= 0) work.Exclude(row);
                else work.ExcludeStranger(seen.Item);
            }
        }

        if (request.Mode != DecideMode.Online) Baselines(work, slots);
        if (request.Mode == DecideMode.LogOnly) return;
        if (!request.Candidates.IsDefault)
        {
            Offered(work, request, policy, snapshot, rung);
            return;
        }

        switch (rung)
        {
            case Rung.SegmentList:
                List(work, SegmentRows(request, policy, snapshot), CandidateSourceKind.SegmentList, ListLength);
                return;
            case Rung.GlobalList:
                List(work, GlobalRows(snapshot), CandidateSourceKind.GlobalList, ListLength);
                if (work.Count < ListLength) List(work, snapshot.Recent, CandidateSourceKind.GlobalList, ListLength - work.Count);
                return;
            default:
                Sources(work, policy, snapshot, now);
                return;
        }
    }

    /// <summary>The caller's candidates: on the list rungs those of the list first, in its order; the rest, and on other rungs all, in the caller's.</summary>
    private static void Offered(Workspace work, DecideRequest request, Policy policy, FeatureSnapshot snapshot, Rung rung)
    {
        switch (rung)
        {
            case Rung.SegmentList:
                OfferedOf(work, snapshot, SegmentRows(request, policy, snapshot), CandidateSourceKind.SegmentList);
                break;
            case Rung.GlobalList:
                OfferedOf(work, snapshot, GlobalRows(snapshot), CandidateSourceKind.GlobalList);
                break;
        }

        foreach (RequestCandidate candidate in request.Candidates) work.Add(candidate.Item, CandidateSourceKind.Request);
    }

    private static void OfferedOf(Workspace work, FeatureSnapshot snapshot, ReadOnlySpan<int> rows, CandidateSourceKind list)
    {
        foreach (int row in rows)
        {
            if (work.IsOffered(snapshot.Item(row).Id) && work.Add(row, CandidateSourceKind.Request)) work.Add(row, list);
        }
    }

    private static ReadOnlySpan<int> SegmentRows(DecideRequest request, Policy policy, FeatureSnapshot snapshot) =>
        policy.Segment is { } key && request.Context.TryGetValue(key, out string? segment) ? snapshot.SegmentList(segment, ListLength + Slack) : [];

    private static ReadOnlySpan<int> GlobalRows(FeatureSnapshot snapshot) =>
        snapshot.Popular(Features.Definitions.FeatureSet.GlobalWindow, ListLength + Slack);

    private static void Sources(Workspace work, Policy policy, FeatureSnapshot snapshot, UnixMicros now)
    {
        foreach (CandidateSource source in policy.Candidates)
        {
            switch (source.Kind)
            {
                case CandidateSourceKind.Popular:
                    List(work, snapshot.Popular(source.Window!.Value, source.Take + Slack), source.Kind, source.Take);
                    break;
                case CandidateSourceKind.Recent:
                    List(work, snapshot.Recent, source.Kind, source.Take);
                    break;
                case CandidateSourceKind.Similar:
                    Similar(work, snapshot, now, source.Take);
                    break;
            }
        }
    }

    /// <summary>The neighbours of what the session clicked last; of the click before it where those are too few, and so on.</summary>
    private static void Similar(Workspace work, FeatureSnapshot snapshot, UnixMicros now, int take)
    {
        int left = take;
        foreach (ref readonly var clicked in work.Person.Run(now))
        {
            if (left <= 0) return;
            if (snapshot.Neighbours(snapshot.RowOf(clicked.Item)) is not { } neighbours) continue;
            Span<CountEntry> best = work.NeighbourBuffer(Math.Min(left + FeatureOptions.MostRecent, neighbours.Count));
            int count = TopEntries.Select(neighbours, best, snapshot);
            for (int i = 0; i < count && left > 0; i++)
            {
                if (work.Add(best[i].Row, CandidateSourceKind.Similar)) left--;
            }
        }
    }

    private static void List(Workspace work, ReadOnlySpan<int> rows, CandidateSourceKind source, int take)
    {
        foreach (int row in rows)
        {
            if (take <= 0) return;
            if (work.Add(row, source)) take--;
        }
    }

    private static void Pins(Workspace work, Policy policy, ReadOnlySpan<RequestSlot> slots)
    {
        foreach (Pin pin in policy.Pins)
        {
            if (!work.IsOffered(pin.Item)) continue;
            foreach (RequestSlot slot in slots)
            {
                if (slot.Id == pin.Slot && pin.Rank <= slot.Count) work.Add(pin.Item, CandidateSourceKind.Pinned);
            }
        }
    }

    private static void Baselines(Workspace work, ReadOnlySpan<RequestSlot> slots)
    {
        foreach (RequestSlot slot in slots)
        {
            foreach (string id in slot.Baseline) work.Add(id, CandidateSourceKind.Request);
        }
    }
}
