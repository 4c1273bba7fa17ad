using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Millrace.Models.Trees;

/// <summary>The part of <see cref="ForestKernel{TLanes}"/> that depends on the length of a vector.</summary>
internal interface ILanes
{
    /// <summary>Computes one split for <paramref name="rows"/> rows, rounded up to whole vectors.</summary>
    static abstract void Run(ref sbyte ranks, ref byte work, in NodeStep step, nint rows);
}

/// <summary>32 rows at a time.</summary>
internal readonly struct Lanes256 : ILanes
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run(ref sbyte ranks, ref byte work, in NodeStep step, nint rows)
    {
        ref sbyte column = ref Unsafe.Add(ref ranks, step.Column);
        ref byte left = ref Unsafe.Add(ref work, (nint)step.Left);
        ref byte right = ref Unsafe.Add(ref work, (nint)step.Right);
        ref byte result = ref Unsafe.Add(ref work, (nint)step.Result);
        nint leftStride = step.LeftStride;
        nint rightStride = step.RightStride;
        Vector256<sbyte> threshold = Vector256.Create(step.Threshold);

        // Two vectors a turn; blocks have room for whole turns.
        for (nint row = 0; row < rows; row += 2 * Vector256<byte>.Count)
        {
            Vector256<byte> goesRight = Vector256.GreaterThan(Vector256.LoadUnsafe(ref column, (nuint)row), threshold).AsByte();
            Vector256<byte> alsoRight = Vector256.GreaterThan(Vector256.LoadUnsafe(ref column, (nuint)(row + Vector256<byte>.Count)), threshold).AsByte();
            Vector256<byte> kept = Vector256.ConditionalSelect(goesRight, Vector256.LoadUnsafe(ref right), Vector256.LoadUnsafe(ref left));
            Vector256<byte> alsoKept = Vector256.ConditionalSelect(
                alsoRight, Vector256.LoadUnsafe(ref right, (nuint)rightStride), Vector256.LoadUnsafe(ref left, (nuint)leftStride));
            kept.StoreUnsafe(ref result, (nuint)row);
            alsoKept.StoreUnsafe(ref result, (nuint)(row + Vector256<byte>.Count));
            left = ref Unsafe.Add(ref left, 2 * leftStride);
            right = ref Unsafe.Add(ref right, 2 * rightStride);
        }
    }
}

/// <summary>64 rows at a time.</summary>
internal readonly struct Lanes512 : ILanes
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run(ref sbyte ranks, ref byte work, in NodeStep step, nint rows)
    {
        ref sbyte column = ref Unsafe.Add(ref ranks, step.Column);
        ref byte left = ref Unsafe.Add(ref work, (nint)step.Left);
        ref byte right = ref Unsafe.Add(ref work, (nint)step.Right);
        ref byte result = ref Unsafe.Add(ref work, (nint)step.Result);
        nint leftStride = step.LeftStride;
        nint rightStride = step.RightStride;
        Vector512<sbyte> threshold = Vector512.Create(step.Threshold);
        for (nint row = 0; row < rows; row += Vector512<byte>.Count)
        {
            Vector512<byte> goesRight = Vector512.GreaterThan(Vector512.LoadUnsafe(ref column, (nuint)row), threshold).AsByte();
            Vector512.ConditionalSelect(goesRight, Vector512.LoadUnsafe(ref right), Vector512.LoadUnsafe(ref left)).StoreUnsafe(ref result, (nuint)row);
            left = ref Unsafe.Add(ref left, leftStride);
            right = ref Unsafe.Add(ref right, rightStride);
        }
    }
}
