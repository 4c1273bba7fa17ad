using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Millrace.Features.Definitions;

/// <summary>Candidates' cells as vectors. Columns are whole lanes long, eight candidates each, so that nothing is left over.</summary>
internal static class Lanes
{
    /// <summary>Candidates of one step.</summary>
    internal const int Count = 8;

    // Of a number below 2^52 that is put into the mantissa of 2^52, what is above 2^52 is that number.
    private const double TwoTo52 = 4503599627370496.0;

    /// <summary>How many candidates there are with those that fill the last lanes up.</summary>
    internal static int Whole(int candidates) => (candidates + Count - 1) & -Count;

    /// <summary>Eight cells from candidate <paramref name="i"/> on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<uint> Load(ReadOnlySpan<uint> cells, int i) => Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(cells), (nuint)i);

    /// <summary>Eight values of a column from candidate <paramref name="i"/> on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<float> Load(ReadOnlySpan<float> column, int i) => Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(column), (nuint)i);

    /// <summary>Four cells from candidate <paramref name="i"/> on as doubles, exactly.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<double> Doubles(ReadOnlySpan<uint> cells, int i) => (Wide(cells, i) | Vector256.Create(TwoTo52).AsInt64()).AsDouble() - Vector256.Create(TwoTo52);

    /// <summary>Four whole numbers from candidate <paramref name="i"/> on as doubles.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<double> Doubles(ReadOnlySpan<int> numbers, int i) =>
        Vector256.ConvertToDouble(Vector256.WidenLower(Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(numbers), (nuint)i).ToVector256Unsafe()));

    /// <summary>Four values, and the four behind them, rounded to floats in a column.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Store(Vector256<double> first, Vector256<double> second, Span<float> column, int i) =>
        Vector256.Narrow(first, second).StoreUnsafe(ref MemoryMarshal.GetReference(column), (nuint)i);

    /// <summary>A value where a condition holds, NaN elsewhere.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<double> Where(Vector256<double> condition, Vector256<double> value) => Vector256.ConditionalSelect(condition, value, Vector256.Create(double.NaN));

    /// <summary>Four cells as longs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<long> Wide(ReadOnlySpan<uint> cells, int i) =>
        Vector256.WidenLower(Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(cells), (nuint)i).ToVector256Unsafe()).AsInt64();
}

/// <summary>A number of each candidate that takes two cells.</summary>
/// <param name="low">Its lower half.</param>
/// <param name="high">Its upper half.</param>
internal readonly ref struct LongColumn(ReadOnlySpan<uint> low, ReadOnlySpan<uint> high)
{
    private readonly ReadOnlySpan<uint> _low = low;
    private readonly ReadOnlySpan<uint> _high = high;

    internal long this[int i] => (long)(_low[i] | ((ulong)_high[i] << 32));

    /// <summary>Four from candidate <paramref name="i"/> on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Vector256<long> Load(int i) => Lanes.Wide(_low, i) | (Lanes.Wide(_high, i) << 32);
}
