using Millrace.Decisions.Ladder;
using Millrace.Decisions.Pipeline;
using Millrace.Features.Definitions;
using Millrace.Features.Online;
using Millrace.Models.Policies;

namespace Millrace.Decisions.Candidates;

/// <summary>Fills a workspace with what may be shown: the request's candidates and nothing else, or the policy's sources in their order.</summary>
/// <param name="clock">The time that sources have.</param>
/// <param name="faulted">Told of a source that threw; null when nobody wants to know.</param>
internal sealed class CandidateGatherer(TimeProvider clock, Action<Exception>? faulted)
{
    /// <summary>How long the ladder's lists are.</summary>
    private const int ListLength = 500;

    /// <summary>Whether the rung <see cref="Rung.SegmentList"/> has a list for this request.</summary>
    internal static bool HasSegmentList(in Request asked) => !SegmentRows(asked, ListLength + CandidateSink.Slack).IsEmpty;

    /// <summary>Excludes, then gathers for <paramref name="rung"/>.</summary>
    /// <param name="work">What is filled.</param>
    /// <param name="asked">The request.</param>
    /// <param name="rung">The rung.</param>
    /// <param name="slots">The slots to fill.</param>
    /// <param name="until">The timestamp by which the last source is cut.</param>
    /// <param name="reasons">Told of sources that were cut or failed.</param>
    internal void Gather(Workspace work, in Request asked, Rung rung, ReadOnlySpan<RequestSlot> slots, long until, List<DegradedReason> reasons)
    {
        DecideRequest request = asked.Asked;
        work.Filter(asked.Candidates.Filters, new FilterInputs(asked.Now, request.Context));
        foreach (string id in request.Exclude) work.Exclude(id);
        if (!request.Candidates.IsDefault) work.Offer(request.Candidates);
        Pins(work, asked.Policy, slots);
        work.Pinned = work.Count;
        if (request.Mode == DecideMode.Online) ExcludeSeen(work, asked);
        if (request.Mode != DecideMode.Online) Baselines(work, slots);
        if (request.Mode == DecideMode.LogOnly) return;
        if (!request.Candidates.IsDefault)
        {
            Offered(work, asked, rung);
            return;
        }

        switch (rung)
        {
            case Rung.SegmentList:
                List(work, asked, SegmentRows, CandidateSourceKind.SegmentList);
                return;
            case Rung.GlobalList:
                List(work, asked, GlobalRows, CandidateSourceKind.GlobalList);
                if (work.Count < ListLength) List(work, asked.Snapshot.Recent, CandidateSourceKind.GlobalList, ListLength - work.Count);
                return;
            default:
                Sources(work, asked, until, reasons);
                return;
        }
    }

    private static void ExcludeSeen(Workspace work, in Request asked)
    {
        if (asked.Policy.ExcludeSeen) work.ExcludeAll(work.Person.Seen(asked.Now));
        foreach (PastSection past in asked.Candidates.Filters.Pasts) work.ExcludeSince(past, asked.Now);
    }

    /// <summary>The caller's candidates: on the list rungs those of the list first, in its order; the rest, and on other rungs all, in the caller's.</summary>
    private static void Offered(Workspace work, in Request asked, Rung rung)
    {
        switch (rung)
        {
            case Rung.SegmentList:
                OfferedOf(work, asked.Snapshot, SegmentRows(asked, ListLength + CandidateSink.Slack), CandidateSourceKind.SegmentList);
                break;
            case Rung.GlobalList:
                OfferedOf(work, asked.Snapshot, GlobalRows(asked, ListLength + CandidateSink.Slack), CandidateSourceKind.GlobalList);
                break;
        }

        foreach (RequestCandidate candidate in asked.Asked.Candidates) work.Add(candidate.Item, CandidateSourceKind.Request);
    }

    private static void OfferedOf(Workspace work, FeatureSnapshot snapshot, ReadOnlySpan<int> rows, CandidateSourceKind list)
    {
        foreach (int row in rows)
        {
            if (work.IsOffered(snapshot.Item(row).Id) && work.Add(row, CandidateSourceKind.Request)) work.Add(row, list);
        }
    }

    private static ReadOnlySpan<int> SegmentRows(in Request asked, int depth) => SegmentOf(asked) is { } segment ? asked.Snapshot.SegmentList(segment, depth) : [];

    private static string? SegmentOf(in Request asked) => asked.Policy.Segment is { } key ? asked.Asked.Context.GetValueOrDefault(key) : null;

    private static ReadOnlySpan<int> GlobalRows(in Request asked, int depth) => asked.Snapshot.Popular(FeatureSet.GlobalWindow, depth);

    /// <summary>Asks one source after the other. One that throws or takes too long keeps what it gave by then, and costs the others nothing.</summary>
    private void Sources(Workspace work, in Request asked, long until, List<DegradedReason> reasons)
    {
        CandidatePlan plan = asked.Candidates;
        foreach (string item in plan.Boosts) work.Add(item, CandidateSourceKind.Boosted);
        if (plan.Pool is { } pool) work.Limit(pool);
        work.SourceScratch.Begin();
        work.Sink.Begin(plan.FirstPhase is null ? 0 : plan.Sources.Length);
        var request = new SourceRequest(
            new ReadInputs { Snapshot = asked.Snapshot, Rows = [], Person = work.Person, Asked = asked.Now, Context = asked.Asked.Context }, SegmentOf(asked), work.SourceScratch)
        {
            Neighbours = asked.Neighbours,
        };
        for (int i = 0; i < plan.Sources.Length; i++)
        {
            PlannedSource source = plan.Sources[i];
            work.Sink.Begin(source, plan.Pool, clock, Until(source.Settings, until, plan.Sources.Length - i));
            try
            {
                source.Source.Gather(request, work.Sink);
            }
            catch (Exception fault) when (fault is not OutOfMemoryException)
            {
                faulted?.Invoke(fault);
                Note(reasons, DegradedReason.CandidatesFailed);
            }

            work.SourceScratch.Scores.Clear();
            if (work.Sink.Late) Note(reasons, DegradedReason.CandidatesLate);
        }

        // The wide pool of a first phase is cut in a step of its own.
        if (plan.FirstPhase is null) work.Sink.Finish(asked.Snapshot);
    }

    /// <summary>When a source is cut: at its deadline, or without one after its even share of what is left to it and those after it, so that a slow one does not starve those.</summary>
    private long Until(CandidateSource source, long until, int sources)
    {
        if (source.Deadline is { } deadline) return Math.Min(until, clock.GetTimestamp() + (long)(deadline.TotalSeconds * clock.TimestampFrequency));
        if (until == long.MaxValue) return until;
        long now = clock.GetTimestamp();
        return now < until ? now + ((until - now) / sources) : until;
    }

    /// <summary>Adds as many of a list as one of the ladder's is long, and looks deeper while what may not be shown stands before them.</summary>
    private static void List(Workspace work, in Request asked, ListRows list, CandidateSourceKind source)
    {
        int take = ListLength;
        int looked = 0;
        for (int depth = ListLength + CandidateSink.Slack; take > 0; depth *= 2)
        {
            ReadOnlySpan<int> rows = list(asked, depth);
            take = List(work, rows[looked..], source, take);
            if (rows.Length < depth) return;
            looked = depth;
        }
    }

    /// <returns>How many more there should be.</returns>
    private static int List(Workspace work, ReadOnlySpan<int> rows, CandidateSourceKind source, int take)
    {
        foreach (int row in rows)
        {
            if (take <= 0) break;
            if (work.Add(row, source)) take--;
        }

        return take;
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

    private static void Note(List<DegradedReason> reasons, DegradedReason reason)
    {
        if (!reasons.Contains(reason)) reasons.Add(reason);
    }

    /// <summary>The first rows of a list, best first; fewer than <paramref name="depth"/> when those are all.</summary>
    private delegate ReadOnlySpan<int> ListRows(in Request asked, int depth);
}
