using System.Diagnostics.CodeAnalysis;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Features.PointInTime;

/// <summary>An epoch and the decisions that name it, or decisions that are missed.</summary>
/// <param name="Epoch">The epoch; null where the decisions are missed.</param>
/// <param name="Decisions">The records of decisions, in no order.</param>
/// <param name="Reason">Why they are missed; null where they are not.</param>
internal readonly record struct DecidedEpoch(EpochFrozen? Epoch, List<StoredFact> Decisions, NotVisited? Reason)
{
    internal static DecidedEpoch Missed(NotVisited reason, List<StoredFact> decisions) => new(null, decisions, reason);

    /// <summary>Whether the decisions are missed.</summary>
    [MemberNotNullWhen(true, nameof(Reason))]
    [MemberNotNullWhen(false, nameof(Epoch))]
    internal bool IsMissed => Reason is not null;
}
