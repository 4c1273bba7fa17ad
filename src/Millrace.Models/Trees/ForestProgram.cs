namespace Millrace.Models.Trees;

/// <summary>
/// Forests compiled for blocks of rows. Every column that splits read is ranked among its thresholds first, one byte per row; then each tree is computed
/// from its leaves up for all rows of the block at once, whole, without a branch: a split keeps, per row, the index of the leaf on the row's side.
/// See docs/decisions/0025 for why, and docs/results/trees.md for the measurements.
/// </summary>
internal sealed class ForestProgram
{
    /// <summary>Rows of a block: its columns and work area stay in the first-level cache, and its vectors hide the latency from split to split.</summary>
    internal const int BlockRows = 256;

    /// <summary>Leaves of a tree that is computed so: their indexes are bytes.</summary>
    internal const int MostLeaves = 256;

    /// <summary>Columns of bytes: 64 MiB of scratch.</summary>
    internal const int MostColumns = 262_144;

    internal required SimdLevel Level { get; init; }

    internal required RankColumn[] Inputs { get; init; }

    /// <summary>Columns of bytes.</summary>
    internal required int Columns { get; init; }

    internal required NodeStep[] Steps { get; init; }

    internal required TreeProgram[] Trees { get; init; }

    internal required double[] Leaves { get; init; }

    /// <summary>Slots of the work area, one byte per row each, after the constants.</summary>
    internal required int Slots { get; init; }

    /// <summary>Bytes of one vector.</summary>
    internal int VectorBytes => Level == SimdLevel.Vector512 ? 64 : 32;

    /// <summary>The work area: a vector for each leaf index, then slots.</summary>
    internal int WorkBytes => (MostLeaves * VectorBytes) + (Slots * BlockRows);

    /// <summary>Bytes of all that a block needs: columns, work area, values and ranks of one column.</summary>
    internal int ScratchBytes => (Columns * BlockRows) + WorkBytes + (2 * sizeof(float) * BlockRows);
}
