using Millrace.Decisions.Candidates.Vectors;

namespace Millrace.Decisions.Candidates;

/// <summary>What a <see cref="NeighbourIndex"/> may take, and from when on it answers.</summary>
internal sealed record NeighbourOptions
{
    /// <summary>From so many rows on: a scan of 10,000 rows takes a millisecond.</summary>
    internal int Least { get; init; } = 10_000;

    /// <summary>Beyond so many bytes no row is added.</summary>
    internal long MaxBytes { get; init; } = 1L << 30;

    /// <summary>How it is laid out; the dimensions are the embedding's.</summary>
    internal VectorIndexOptions Index { get; init; } = new() { Dimensions = 1 };
}
