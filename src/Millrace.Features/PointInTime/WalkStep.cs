using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Features.PointInTime;

/// <summary>What a walk does next with items: found out by <see cref="PersonWalk"/>, which folds persons and stands before them, done in order by <see cref="PointInTimeWalk"/>.</summary>
internal abstract record WalkStep
{
    private WalkStep()
    {
    }

    /// <summary>Folds facts of a partition; persons have folded them.</summary>
    /// <param name="Feed">Which partition: its place among those that are folded.</param>
    /// <param name="Facts">Read since the last step of this partition; null when none were.</param>
    /// <param name="Before">The first offset that is not folded.</param>
    internal sealed record Fold(int Feed, FactBatch? Facts, long Before) : WalkStep;

    /// <summary>Forgets whose keys are gone.</summary>
    internal sealed record Forget : WalkStep;

    /// <summary>Shows an epoch: its cut is folded.</summary>
    internal sealed record Stand(EpochFrozen Epoch) : WalkStep;

    /// <summary>Visits a decision of the epoch that is shown, unless it was refused.</summary>
    /// <param name="Stored">The decision.</param>
    /// <param name="Person">Who asked, as the decision read it; goes back to who filled it.</param>
    /// <param name="Refused">Why it is not visited.</param>
    /// <param name="HistoryFrom">Epochs before it miss events that retention took, as far as was known when persons were folded.</param>
    /// <param name="Losses">What bounds on persons had left out by then.</param>
    internal sealed record Visit(StoredFact Stored, PersonBuffer Person, NotVisited? Refused, UnixMicros HistoryFrom, PersonLosses Losses) : WalkStep
    {
        internal Decided Decided => (Decided)Stored.Fact;
    }

    /// <summary>Passes over a decision.</summary>
    internal sealed record Miss(Decided Decided, NotVisited Reason) : WalkStep;

    /// <summary>Meets an epoch of other definitions.</summary>
    internal sealed record Other(EpochFrozen Epoch, int Decisions) : WalkStep;

    /// <summary>Is through with an epoch.</summary>
    /// <param name="Reached">How far decisions are done.</param>
    /// <param name="Latest">When the last record of a decision or an epoch was received that is read.</param>
    internal sealed record Pass(UnixMicros Reached, UnixMicros Latest) : WalkStep;
}
