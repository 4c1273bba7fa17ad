namespace Millrace.Features.Online;

/// <summary>The bounds of a fold that leave out something that facts say.</summary>
[Flags]
internal enum FoldBounds
{
    None = 0,
    Items = 1 << 0,
    Rows = 1 << 1,
    LearntItems = 1 << 2,
    Segments = 1 << 3,
    Neighbours = 1 << 4,
    Pairs = 1 << 5,
    Crosses = 1 << 6,
    SharedSessions = 1 << 7,
    Counts = 1 << 8,
    Sums = 1 << 9,

    /// <summary>Those that concern whatever is folded of items.</summary>
    OfItems = Items | Rows | LearntItems,

    /// <summary>Those that concern pairs of items too.</summary>
    OfPairs = OfItems | Neighbours | Pairs | SharedSessions,
}
