using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Millrace.Models.Trees;

/// <summary>Runs a <see cref="ForestProgram"/> over one block of rows.</summary>
/// <typeparam name="TLanes">The vectors; the JIT makes one kernel of each.</typeparam>
internal static class ForestKernel<TLanes>
    where TLanes : struct, ILanes
{
    /// <summary>Adds every tree's leaves, in the order of the trees, to <paramref name="scores"/>.</summary>
    /// <param name="program">What to run.</param>
    /// <param name="rows">The block's rows, row-major.</param>
    /// <param name="stride">Values per row.</param>
    /// <param name="count">Rows in the block.</param>
    /// <param name="scratch">Of <see cref="ForestProgram.ScratchBytes"/>.</param>
    /// <param name="scores">Output by output, from the block's first row on.</param>
    /// <param name="scoreStride">Rows between one output and the next.</param>
    /// <param name="floatSums">Per output, whether its sum is rounded to a float after each tree.</param>
    internal static void Run(
        ForestProgram program, ReadOnlySpan<float> rows, int stride, int count, Span<byte> scratch, Span<double> scores, int scoreStride, bool[] floatSums)
    {
        Span<byte> work = scratch[..program.WorkBytes];
        Span<sbyte> ranks = MemoryMarshal.Cast<byte, sbyte>(scratch.Slice(program.WorkBytes, program.Columns * ForestProgram.BlockRows));
        Span<byte> rest = scratch[(program.WorkBytes + ranks.Length)..];
        Span<float> values = MemoryMarshal.Cast<byte, float>(rest)[..ForestProgram.BlockRows];
        Span<int> numbers = MemoryMarshal.Cast<byte, int>(rest[(sizeof(float) * ForestProgram.BlockRows)..])[..ForestProgram.BlockRows];
        foreach (var input in program.Inputs) input.Write(rows, stride, count, ranks, values, numbers);
        foreach (var tree in program.Trees)
        {
            Span<double> sums = scores.Slice(tree.Output * scoreStride, count);
            if (tree.Wide is not null)
            {
                Walk(tree, rows, stride, sums, floatSums[tree.Output]);
                continue;
            }

            // A tree that is one leaf has no step that would write the root: all rows are in leaf 0.
            Compute(program, tree, ref MemoryMarshal.GetReference(ranks), ref MemoryMarshal.GetReference(work), count);
            if (tree.Steps == 0) work.Slice(tree.Root, count).Clear();
            ref double leaves = ref program.Leaves[tree.FirstLeaf];
            if (floatSums[tree.Output]) AddFloats(ref leaves, work.Slice(tree.Root, count), sums);
            else Add(ref leaves, work.Slice(tree.Root, count), sums);
        }
    }

    private static void Compute(ForestProgram program, TreeProgram tree, ref sbyte ranks, ref byte work, int count)
    {
        foreach (ref readonly var step in program.Steps.AsSpan(tree.FirstStep, tree.Steps)) TLanes.Run(ref ranks, ref work, in step, count);
    }

    private static void Add(ref double leaves, ReadOnlySpan<byte> indexes, Span<double> sums)
    {
        int row = 0;
        ref double sum = ref MemoryMarshal.GetReference(sums);
        for (; row <= sums.Length - 8; row += 8)
        {
            ulong eight = BinaryPrimitives.ReadUInt64LittleEndian(indexes[row..]);
            (Vector256.LoadUnsafe(ref sum, (nuint)row) + Four(ref leaves, (uint)eight)).StoreUnsafe(ref sum, (nuint)row);
            (Vector256.LoadUnsafe(ref sum, (nuint)row + 4) + Four(ref leaves, (uint)(eight >> 32))).StoreUnsafe(ref sum, (nuint)row + 4);
        }

        for (; row < sums.Length; row++) sums[row] += Unsafe.Add(ref leaves, (nint)indexes[row]);
    }

    private static Vector256<double> Four(ref double leaves, uint indexes) => Vector256.Create(
        Unsafe.Add(ref leaves, (nint)(byte)indexes),
        Unsafe.Add(ref leaves, (nint)(byte)(indexes >> 8)),
        Unsafe.Add(ref leaves, (nint)(byte)(indexes >> 16)),
        Unsafe.Add(ref leaves, (nint)(indexes >> 24)));

    // A sum of two floats, rounded to a double and then to a float, is their sum as floats.
    private static void AddFloats(ref double leaves, ReadOnlySpan<byte> indexes, Span<double> sums)
    {
        for (int row = 0; row < sums.Length && row < indexes.Length; row++) sums[row] = (float)(sums[row] + Unsafe.Add(ref leaves, (nint)indexes[row]));
    }

    private static void Walk(TreeProgram tree, ReadOnlySpan<float> rows, int stride, Span<double> sums, bool floats)
    {
        for (int row = 0; row < sums.Length; row++)
        {
            double sum = sums[row] + tree.Wide!.Leaves[tree.Wide.LeafOf(rows.Slice(row * stride, stride), tree.Columns)];
            sums[row] = floats ? (float)sum : sum;
        }
    }
}
