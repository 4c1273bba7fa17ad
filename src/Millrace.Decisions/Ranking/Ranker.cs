using System.Collections.Immutable;
using Millrace.Decisions.Exploration;
using Millrace.Decisions.Ladder;
using Millrace.Decisions.Pipeline;
using Millrace.Decisions.Reranking;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;

namespace Millrace.Decisions.Ranking;

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
    /// <summary>The slots; default when the problem's deadline was over before all were drawn.</summary>
    internal static ImmutableArray<DecidedSlot> Rank(in RankProblem problem, RankBuffers buffers)
    {
        (buffers.PinMoved, buffers.ThresholdsRelaxed) = (false, false);
        buffers.Relaxed.Clear();
        Span<double> scores = RankBuffers.Of(ref buffers.Scores, problem.Ids.Length);
        Scoring.Score(problem, buffers, scores);
        if (problem.Mode != DecideMode.Online) return Baseline(problem, scores);
        buffers.Spread = problem.Slate.Paces.IsEmpty ? 0 : Additions.Spread(scores);
        ReadOnlySpan<double> added = Additions.Of(problem, buffers);
        Additions.Add(added, scores);
        Span<int> order = RankBuffers.Of(ref buffers.Order, problem.Ids.Length);
        Scoring.Sort(problem.Ids, scores, RankBuffers.Of(ref buffers.Keys, problem.Ids.Length), order);
        int places = 0;
        foreach (RequestSlot slot in problem.Slots) places += slot.Count;
        Span<Placement> slate = RankBuffers.Of(ref buffers.Slate, places);
        Span<double> draws = problem.Rung < Rung.LighterScorer ? problem.Plan.Draw(problem.Matrix, buffers, problem.Seed, scores.Length) : [];
        Additions.Add(added, draws);
        ReadOnlySpan<int> admitted = Scoring.Admit(problem, buffers, order, places);
        buffers.Admitted = admitted.Length;
        if (!SlateBuilder.Draw(problem, buffers, scores, draws, admitted, slate)) return default;
        return SlateBuilder.Collect(problem, slate, out buffers.PinMoved);
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
