using System.Runtime.InteropServices;

namespace Millrace.Models.Trees;

/// <summary>
/// One split of a compiled tree, for a block of rows: of each row's two candidate leaves, one byte each, it keeps the one on the row's side.
/// Offsets are bytes: <see cref="Column"/> into the block's ranks, the others into its work area.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct NodeStep(int column, sbyte threshold, ushort left, ushort leftStride, ushort right, ushort rightStride, ushort result)
{
    internal readonly int Column = column;
    internal readonly ushort Left = left;
    internal readonly ushort Right = right;
    internal readonly ushort Result = result;

    /// <summary>0 for a leaf, whose byte is the same in all rows; else a vector's length.</summary>
    internal readonly ushort LeftStride = leftStride;
    internal readonly ushort RightStride = rightStride;

    /// <summary>Ranks above it go right.</summary>
    internal readonly sbyte Threshold = threshold;
}
