using System.Collections.Immutable;

namespace Millrace.Models.Policies;

/// <summary>How a surface decides: candidate sources, blend, constraints, exploration. Immutable; versioned as a control fact.</summary>
public sealed record Policy
{
    public required string Name { get; init; }

    /// <summary>Assigned when the definition is imported; 0 before.</summary>
    public int Version { get; init; }

    public ImmutableArray<CandidateSource> Candidates { get; init; } = [];

    /// <summary>Feature name → weight of the linear blend; in ordinal order of name, which is the order of summation.</summary>
    public ImmutableSortedDictionary<string, double> Blend { get; init; } = ImmutableSortedDictionary.Create<string, double>(StringComparer.Ordinal);

    public Exploration Explore { get; init; } = new();

    /// <summary>Attribute (<c>provider</c>, <c>kind</c>) → at most so many in one slate.</summary>
    public ImmutableSortedDictionary<string, int> AtMost { get; init; } = ImmutableSortedDictionary.Create<string, int>(StringComparer.Ordinal);

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

/// <summary>Where candidates come from.</summary>
/// <param name="Kind">The source's kind.</param>
/// <param name="Take">At most so many candidates.</param>
/// <param name="Window">The window of <see cref="CandidateSourceKind.Popular"/>, else null.</param>
public sealed record CandidateSource(CandidateSourceKind Kind, int Take, TimeSpan? Window = null);

/// <summary>The kinds of candidate source. The numbers are bit indexes in <c>DecidedItem.Sources</c> and never change.</summary>
public enum CandidateSourceKind
{
    /// <summary>The request named its candidates.</summary>
    Request = 0,

    /// <summary>Most clicked within a sliding window.</summary>
    Popular = 1,

    /// <summary>Most recently published.</summary>
    Recent = 2,

    /// <summary>Clicked in the same sessions as what this session clicked.</summary>
    Similar = 3,

    /// <summary>An editor's pin.</summary>
    Pinned = 4,

    /// <summary>The ladder's per-segment list.</summary>
    SegmentList = 5,

    /// <summary>The ladder's global list.</summary>
    GlobalList = 6,
}

/// <summary>ε-greedy over the best <paramref name="Top"/>: each of them keeps at least ε/K.</summary>
/// <param name="Epsilon">Probability of drawing uniformly; 0 never explores.</param>
/// <param name="Top">K: how many of the best feasible candidates may be drawn.</param>
public sealed record Exploration(double Epsilon = 0, int Top = 20);

/// <summary>An item fixed at a rank of a slot.</summary>
/// <param name="Slot">The slot's id.</param>
/// <param name="Rank">1-based. When there is too little to fill the places before it, it stands at the first empty one, and the reply says <c>pinMoved</c>.</param>
/// <param name="Item">The item's id.</param>
public sealed record Pin(string Slot, int Rank, string Item);
