using Millrace.Features.PointInTime;

namespace Millrace.FeatureBuild;

/// <summary>What a build came to.</summary>
/// <param name="Slices">How many slices there are.</param>
/// <param name="Kept">How many of them an earlier run completed.</param>
/// <param name="Rows">Rows written.</param>
/// <param name="Decisions">Decisions that they are of.</param>
/// <param name="Slim">Decisions without rows because their records do not say the candidates.</param>
/// <param name="Late">Decisions that came after their slice was complete.</param>
/// <param name="Folded">Facts folded.</param>
/// <param name="Whole">Whether nothing that a bound left out lay within a window, so that values are those of a node that hit none.</param>
/// <param name="Counts">What the walk met.</param>
internal sealed record BuildOutcome(int Slices, int Kept, long Rows, long Decisions, long Slim, long Late, long Folded, bool Whole, WalkCounts Counts)
{
    /// <summary>Decisions that could not be rebuilt and should have been; erased persons never can, and are meant to be so.</summary>
    public long Missing => Late + Counts.NotVisited - Counts.Not(NotVisited.Erased);

    public static BuildOutcome Done(RowSlices slices) => new(slices.Count, slices.Kept, 0, 0, 0, 0, 0, Whole: true, new WalkCounts());
}
