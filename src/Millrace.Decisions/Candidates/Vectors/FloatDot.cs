using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Millrace.Decisions.Candidates.Vectors;

/// <summary>
/// Inner products of floats with the same bits on every machine: sixteen sums, element i in sum i mod 16, added by halves; products are rounded before they are added.
/// Vectors are padded with zeros to a multiple of <see cref="Lanes"/>.
/// </summary>
internal static class FloatDot
{
    internal const int Lanes = 16;

    internal static int Padded(int dimensions) => (dimensions + Lanes - 1) / Lanes * Lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float Of(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        ref float left = ref MemoryMarshal.GetReference(a);
        ref float right = ref MemoryMarshal.GetReference(b);
        Vector256<float> low = Vector256<float>.Zero;
        Vector256<float> high = Vector256<float>.Zero;
        for (nuint i = 0; i < (nuint)b.Length; i += Lanes)
        {
            low += Vector256.LoadUnsafe(ref left, i) * Vector256.LoadUnsafe(ref right, i);
            high += Vector256.LoadUnsafe(ref left, i + 8) * Vector256.LoadUnsafe(ref right, i + 8);
        }

        Vector256<float> eight = low + high;
        Vector128<float> four = eight.GetLower() + eight.GetUpper();
        Vector64<float> two = four.GetLower() + four.GetUpper();
        return two[0] + two[1];
    }

    /// <summary>Writes <paramref name="vector"/> at length 1, padded; false when it has no direction: zero, or not finite.</summary>
    internal static bool Normalise(ReadOnlySpan<float> vector, Span<float> unit)
    {
        // Divided by the largest first: squares neither overflow nor vanish.
        float largest = 0;
        foreach (float value in vector)
        {
            if (!float.IsFinite(value)) return false;
            largest = MathF.Max(largest, MathF.Abs(value));
        }

        if (largest == 0) return false;
        unit.Clear();
        for (int i = 0; i < vector.Length; i++) unit[i] = vector[i] / largest;
        float length = MathF.Sqrt(Of(unit, unit));
        for (int i = 0; i < vector.Length; i++) unit[i] /= length;
        return true;
    }
}
