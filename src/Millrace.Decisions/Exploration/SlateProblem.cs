using Millrace.Decisions.Ranking;
using Millrace.Models.Policies;

namespace Millrace.Decisions.Exploration;

/// <summary>What a slate is drawn from; the caller owns every span. Row i of a column concerns candidate i; a column that is not used may be empty.</summary>
internal readonly ref struct SlateProblem
{
    /// <summary>The candidates that may stand, best first: utility descending, then item id. Others stand by a pin alone.</summary>
    internal required ReadOnlySpan<int> Order { get; init; }

    internal required ReadOnlySpan<double> Utilities { get; init; }

    /// <summary>Utility under M draws of the posterior, draw d of candidate i at d × candidates + i; empty where the rule needs none, or there are none.</summary>
    internal ReadOnlySpan<double> Draws { get; init; }

    /// <summary>Row-major, candidates × <see cref="Limits"/>: the group of a candidate under each limit, −1 for none.</summary>
    internal ReadOnlySpan<int> Groups { get; init; }

    /// <summary>At most so many of one group in the slate, per limit.</summary>
    internal ReadOnlySpan<int> Limits { get; init; }

    /// <summary>One more than the greatest group.</summary>
    internal int GroupCount { get; init; }

    /// <summary>Bit j: the candidate counts for quota j.</summary>
    internal ReadOnlySpan<byte> Quotas { get; init; }

    /// <summary>How many each quota wants, in declared order.</summary>
    internal ReadOnlySpan<int> Needs { get; init; }

    /// <summary>At how many of the first places each quota looks.</summary>
    internal ReadOnlySpan<int> Reaches { get; init; }

    /// <summary>Per place the pinned candidate's index, −1 for none.</summary>
    internal required ReadOnlySpan<int> Pins { get; init; }

    internal required Models.Policies.Exploration Explore { get; init; }

    /// <summary>What full likeness to an item above costs; 0 for nothing.</summary>
    internal double Lambda { get; init; }

    /// <summary>The group whose equality is likeness, −1 for none; empty where vectors say.</summary>
    internal ReadOnlySpan<int> Kinships { get; init; }

    /// <summary>Row-major, candidates × <see cref="Dimensions"/>: vectors whose cosine is likeness.</summary>
    internal ReadOnlySpan<sbyte> Vectors { get; init; }

    internal int Dimensions { get; init; }

    /// <summary>When drawing must end.</summary>
    internal RankDeadline Deadline { get; init; }

    /// <summary>How often each candidate was tried, for <see cref="NewItems"/>; NaN counts as never.</summary>
    internal ReadOnlySpan<float> Trials { get; init; }
}
