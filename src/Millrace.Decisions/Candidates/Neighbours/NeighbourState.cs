namespace Millrace.Decisions.Candidates;

/// <summary>What an index of neighbours holds at an epoch.</summary>
internal sealed record NeighbourState
{
    /// <summary>Items with a vector.</summary>
    internal int Rows { get; init; }

    /// <summary>Lists that they lie in.</summary>
    internal int Lists { get; init; }

    /// <summary>Memory of vectors, codes and lists.</summary>
    internal long Bytes { get; init; }

    /// <summary>Lists that were split so far.</summary>
    internal long Splits { get; init; }

    /// <summary>Lists that were given up so far.</summary>
    internal long Merges { get; init; }

    /// <summary>Rows that went to a nearer list so far.</summary>
    internal long Moves { get; init; }

    /// <summary>How often an item was left out since memory was at its bound.</summary>
    internal long LeftOut { get; init; }

    /// <summary>The epoch.</summary>
    internal long Epoch { get; init; }
}
