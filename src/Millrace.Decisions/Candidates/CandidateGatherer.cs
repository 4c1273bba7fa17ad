using Millrace.Decisions.Ladder;
using Millrace.Decisions.Pipeline;
using Millrace.Features.Online;
using Millrace.Models.Policies;

namespace Millrace.Decisions.Candidates;

/// <summary>Fills a workspace with what may be shown: the request's candidates, else the policy's sources in their order.</summary>
internal static class CandidateGatherer
{
    /// <summary>A list is asked for so many more than it should give, since some will have been excluded.</summary>
    private const int Slack = 128;

    /// <summary>Excludes, then gathers for <paramref name="rung"/>.</summary>
    internal static void Gather(
        Workspace work, DecideRequest request, Policy policy, FeatureSnapshot snapshot, UserView user, Rung rung, ReadOnlySpan<RequestSlot> slots)
    {
        foreach (string id in request.Exclude) work.Exclude(id);
        Pins(work, policy, slots);
        work.Pinned = work.Count;
        if (policy.ExcludeSeen && request.Mode == DecideMode.Online)
        {
            foreach (string id in user.Seen)
            {
                if (work.IndexOf(id) < 0) work.Exclude(id);
            }
        }

        if (request.Mode != DecideMode.Online) Baselines(work, slots);
        if (request.Mode == DecideMode.LogOnly) return;
        switch (rung)
        {
            case Rung.SegmentList:
                if (policy.Segment is { } key && request.Context.TryGetValue(key, out string? segment))
                {
                    List(work, snapshot.SegmentList(segment, 500 + Slack), CandidateSourceKind.SegmentList, 500);
                }

                return;
            case Rung.GlobalList:
                List(work, snapshot.Popular(Features.Definitions.FeatureSet.GlobalWindow, 500 + Slack), CandidateSourceKind.GlobalList, 500);
                if (work.Count < 500) List(work, snapshot.Recent, CandidateSourceKind.GlobalList, 500 - work.Count);
                return;
            default:
                Sources(work, request, policy, snapshot, user);
                return;
        }
    }

    private static void Sources(Workspace work, DecideRequest request, Policy policy, FeatureSnapshot snapshot, UserView user)
    {
        if (!request.Candidates.IsDefault)
        {
            foreach (RequestCandidate candidate in request.Candidates) work.Add(candidate.Item, CandidateSourceKind.Request);
            return;
        }

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
                    Similar(work, snapshot, user, source.Take);
                    break;
            }
        }
    }

    /// <summary>The neighbours of what the session clicked last; of the click before it where those are too few, and so on.</summary>
    private static void Similar(Workspace work, FeatureSnapshot snapshot, UserView user, int take)
    {
        int left = take;
        foreach (string id in user.Recent)
        {
            if (left <= 0) return;
            if (snapshot.Neighbours(snapshot.RowOf(id)) is not { } neighbours) continue;
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
