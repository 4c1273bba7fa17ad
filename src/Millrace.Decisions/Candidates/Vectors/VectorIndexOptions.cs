using Millrace.Models.Trees;

namespace Millrace.Decisions.Candidates.Vectors;

/// <summary>How a <see cref="VectorIndex"/> is laid out and searched. The defaults are measured: docs/results/vectors.md.</summary>
public sealed record VectorIndexOptions
{
    /// <summary>Values per vector.</summary>
    public required int Dimensions { get; init; }

    /// <summary>Up to so many rows every search looks at all of them and is exact.</summary>
    public int ExactBelow { get; init; } = 50_000;

    /// <summary>Up to so many rows allowed by a bitmap a search looks at exactly these.</summary>
    public int ExactAllowed { get; init; } = 20_000;

    /// <summary>A list with more than twice so many rows is split in two.</summary>
    public int ListRows { get; init; } = 512;

    /// <summary>A search ends when the lists that it has not looked at are expected to hold less than this share of the answer.</summary>
    public float Missed { get; init; } = 0.06f;

    /// <summary>Rows looked at after an insert, to move those to which another list's mean has become nearer.</summary>
    public int ImprovePerInsert { get; init; } = 1;

    /// <summary>Seed of the samples that lists are split by.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Called by the thread that writes when a list has been parted and nothing of it is published yet; for tests.</summary>
    internal Action? Parted { get; init; }

    /// <summary>Null for the best of this machine. The answers are the same.</summary>
    public SimdLevel? Level { get; init; }
}
