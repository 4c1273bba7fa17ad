using Millrace.Decisions.Ladder;
using Millrace.Decisions.Reranking;
using Millrace.Models.Policies;

namespace Millrace.Decisions.Ranking;

/// <summary>All that a slate depends on, by value: what a full record holds. Row i concerns candidate i.</summary>
internal readonly ref struct RankProblem
{
    internal required ReadOnlySpan<string> Ids { get; init; }

    internal required ReadOnlySpan<uint> Sources { get; init; }

    /// <summary>What constraints, diversity and exploration read.</summary>
    internal required SlateInputs Slate { get; init; }

    /// <summary>Row-major, in the order of <see cref="RankingPlan.Columns"/>; NaN is missing.</summary>
    internal required ReadOnlySpan<float> Matrix { get; init; }

    /// <summary>What terms from outside say: a column of candidates for each of <see cref="RankingPlan.Terms"/>, one after the other; NaN is missing.</summary>
    internal ReadOnlySpan<float> Terms { get; init; }

    /// <summary>The policy's heads, compiled.</summary>
    internal required RankingPlan Plan { get; init; }

    internal required ReadOnlySpan<RequestSlot> Slots { get; init; }

    internal required Policy Policy { get; init; }

    internal required Rung Rung { get; init; }

    internal required DecideMode Mode { get; init; }

    internal required ulong Seed { get; init; }

    /// <summary>No part of what the slate depends on: it is that slate, or none.</summary>
    internal RankDeadline Deadline { get; init; }
}
