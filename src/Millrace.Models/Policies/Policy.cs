using System.Collections.Immutable;

namespace Millrace.Models.Policies;

/// <summary>How a surface decides: candidate sources, predictions and their worth, constraints, exploration. Immutable; versioned as a control fact.</summary>
public sealed record Policy
{
    public required string Name { get; init; }

    /// <summary>Assigned when the definition is imported; 0 before.</summary>
    public int Version { get; init; }

    public ImmutableArray<CandidateSource> Candidates { get; init; } = [];

    /// <summary>
    /// The most candidates of all sources together; each source then counts only what none before it named, and the last ones fill up the pool. Null takes the node's
    /// bound, and what each source names counts.
    /// </summary>
    public int? Pool { get; init; }

    /// <summary>What keeps the best of a wide pool for <see cref="Pool"/>; null where the sources fill that themselves.</summary>
    public FirstPhase? FirstPhase { get; init; }

    /// <summary>Which items may be shown, whatever named them; in the order in which they are asked.</summary>
    public ImmutableArray<CandidateFilter> Filters { get; init; } = [];

    /// <summary>Items that an editor wants among the candidates, whatever else is.</summary>
    public ImmutableArray<string> Boosts { get; init; } = [];

    /// <summary>Boosted item → what being boosted adds to its utility; none for those that are ranked like the others.</summary>
    public ImmutableSortedDictionary<string, double> Worths { get; init; } = ImmutableSortedDictionary.Create<string, double>(StringComparer.Ordinal);

    /// <summary>Feature name → weight of the linear blend; in ordinal order of name, which is the order of summation.</summary>
    public ImmutableSortedDictionary<string, double> Blend { get; init; } = ImmutableSortedDictionary.Create<string, double>(StringComparer.Ordinal);

    /// <summary>What is predicted of a candidate, by name; none where <see cref="Blend"/> is all there is.</summary>
    public ImmutableSortedDictionary<string, Head> Heads { get; init; } = ImmutableSortedDictionary.Create<string, Head>(StringComparer.Ordinal);

    /// <summary>Head → what one unit of it is worth, negative where it harms; the score is their weighted sum in ordinal order of name.</summary>
    public ImmutableSortedDictionary<string, double> Objectives { get; init; } = ImmutableSortedDictionary.Create<string, double>(StringComparer.Ordinal);

    /// <summary>Head → the values beyond which a candidate is left out while enough others are there.</summary>
    public ImmutableSortedDictionary<string, Threshold> Thresholds { get; init; } = ImmutableSortedDictionary.Create<string, Threshold>(StringComparer.Ordinal);

    public Exploration Explore { get; init; } = new();

    /// <summary>Attribute (<c>provider</c>, <c>kind</c> or one of the items' own) → at most so many of one value of it in one slate.</summary>
    public ImmutableSortedDictionary<string, int> AtMost { get; init; } = ImmutableSortedDictionary.Create<string, int>(StringComparer.Ordinal);

    /// <summary>Quotas in the order in which they are kept: where not all can be met, the last gives way first.</summary>
    public ImmutableArray<Quota> AtLeast { get; init; } = [];

    /// <summary>What likeness to the items above costs; null for nothing.</summary>
    public Diversity? Diversity { get; init; }

    /// <summary>Shares of the places that are held over time, in declared order.</summary>
    public ImmutableArray<Pace> Pacing { get; init; } = [];

    /// <summary>Items that an editor fixed at a rank of a slot.</summary>
    public ImmutableArray<Pin> Pins { get; init; } = [];

    /// <summary>Whether items that the session has already seen are left out.</summary>
    public bool ExcludeSeen { get; init; } = true;

    /// <summary>The context key whose value names the segment of the ladder's per-segment list; null for none.</summary>
    public string? Segment { get; init; }

    /// <summary>Protected features that it may use all the same; in ordinal order.</summary>
    public ImmutableArray<string> AllowProtected { get; init; } = [];

    /// <summary><c>home@12</c>.</summary>
    public string Id => $"{Name}@{Version}";
}
