using System.Collections.Immutable;

namespace Millrace.Learning.Training.Positions;

/// <summary>How likely each rank is looked at, as a share of the first: what a position-based click model divides clicks by.</summary>
/// <param name="Source">How it was found: harvest, em or discount.</param>
/// <param name="Ranks">The first is 1; a rank beyond the last has the last one's.</param>
internal sealed record ExaminationCurve(string Source, ImmutableArray<ExaminedRank> Ranks)
{
    /// <summary>The discount of DCG, 1 / log2(rank + 1): what is taken where nothing can be estimated.</summary>
    internal static double Discount(int rank) => 1 / Math.Log2(rank + 1);

    internal static ExaminationCurve OfDiscount(int ranks) =>
        new("discount", [.. Enumerable.Range(1, ranks).Select(rank => new ExaminedRank(Discount(rank), double.NaN, double.NaN, 0))]);

    /// <summary>The probability at a 1-based rank; what was not shown was not looked at, and has that of the last.</summary>
    internal double At(int rank) => Ranks[Math.Clamp(rank, 1, Ranks.Length) - 1].Probability;
}

/// <summary>What is known of a rank.</summary>
/// <param name="Probability">That it is looked at, as a share of the first rank.</param>
/// <param name="Low">Of the 95 % interval by persons; NaN where it is not estimated, or has none.</param>
/// <param name="High">Of the same.</param>
/// <param name="Support">How many clicks it rests on, as many as they are worth with their weights: the fewest of the chain of ranks that leads there; 0 where it follows the discount.</param>
internal sealed record ExaminedRank(double Probability, double Low, double High, double Support);
