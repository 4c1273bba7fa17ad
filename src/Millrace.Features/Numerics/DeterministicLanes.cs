using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Millrace.Features.Numerics;

/// <summary>
/// <see cref="Deterministic"/> over columns, four rows at a time. Each lane does the scalar's operations in the scalar's order, branches become selections, and
/// nothing passes between lanes: the bits are those of the scalar, with and without vector instructions. A result is as long as its argument, and may overwrite it.
/// </summary>
internal static class DeterministicLanes
{
    // Adding 2^52 to a small whole number leaves it in the low bits of the mantissa, so that no conversion is needed.
    private const double TwoTo52 = 4503599627370496.0;

    /// <summary><see cref="Deterministic.Exp"/> of each value.</summary>
    internal static void Exp(ReadOnlySpan<double> values, Span<double> result)
    {
        result = result[..values.Length];
        int whole = values.Length & ~3;
        for (int i = 0; i < whole; i += 4) Exp(Load(values, i)).CopyTo(result[i..]);
        for (int i = whole; i < values.Length; i++) result[i] = Deterministic.Exp(values[i]);
    }

    /// <summary><see cref="Deterministic.Log"/> of each value.</summary>
    internal static void Log(ReadOnlySpan<double> values, Span<double> result)
    {
        result = result[..values.Length];
        int whole = values.Length & ~3;
        for (int i = 0; i < whole; i += 4) Log(Load(values, i)).CopyTo(result[i..]);
        for (int i = whole; i < values.Length; i++) result[i] = Deterministic.Log(values[i]);
    }

    /// <summary>The logarithm of 1 plus each value, rounded to floats; the values are overwritten.</summary>
    internal static void LogOnePlus(Span<double> values, Span<float> result)
    {
        int whole = values.Length & ~3;
        for (int i = 0; i < whole; i += 4)
        {
            // Of most items there is nothing to take the logarithm of: its bits are those of zero.
            Vector256<double> loaded = Load(values, i);
            if (!Vector256.EqualsAll(loaded, Vector256<double>.Zero))
            {
                Log(Vector256<double>.One + loaded).CopyTo(values[i..]);
            }
            else
            {
                Vector256<double>.Zero.CopyTo(values[i..]);
            }
        }

        for (int i = whole; i < values.Length; i++) values[i] = Deterministic.Log(1 + values[i]);
        ToFloats(values, result);
    }

    /// <summary>Each value rounded to a float.</summary>
    internal static void ToFloats(ReadOnlySpan<double> values, Span<float> result)
    {
        result = result[..values.Length];
        int whole = values.Length & ~7;
        for (int i = 0; i < whole; i += 8)
        {
            Vector256.Narrow(Load(values, i), Load(values, i + 4)).CopyTo(result[i..]);
        }

        for (int i = whole; i < values.Length; i++) result[i] = (float)values[i];
    }

    /// <summary><see cref="Deterministic.HalfLifeDecay"/> of each age.</summary>
    internal static void HalfLifeDecay(ReadOnlySpan<double> ages, double halfLife, Span<double> result)
    {
        result = result[..ages.Length];
        int whole = ages.Length & ~3;
        int pairs = ages.Length & ~7;
        Vector256<double> divisor = Vector256.Create(halfLife);
        for (int i = 0; i < pairs; i += 8)
        {
            Vector256<double> first = Load(ages, i);
            Vector256<double> second = Load(ages, i + 4);
            if (Vector256.EqualsAny(first, first) || Vector256.EqualsAny(second, second))
            {
                (first, second) = Exp(first / divisor * Vector256.Create(-Deterministic.Ln2), second / divisor * Vector256.Create(-Deterministic.Ln2));
                first.CopyTo(result[i..]);
                second.CopyTo(result[(i + 4)..]);
            }
            else
            {
                result.Slice(i, 8).Fill(double.NaN);
            }
        }

        for (int i = pairs; i < whole; i += 4)
        {
            // Most items never had the event that an age counts from.
            Vector256<double> age = Load(ages, i);
            (Vector256.EqualsAny(age, age) ? Exp(age / divisor * Vector256.Create(-Deterministic.Ln2)) : Vector256.Create(double.NaN)).CopyTo(result[i..]);
        }

        for (int i = whole; i < ages.Length; i++) result[i] = Deterministic.HalfLifeDecay(ages[i], halfLife);
    }

    /// <summary>Each dot product over the root of the product of its two squared lengths; NaN where that is zero.</summary>
    internal static void Cosine(ReadOnlySpan<double> dots, ReadOnlySpan<double> squares, Span<double> result)
    {
        result = result[..dots.Length];
        squares = squares[..dots.Length];
        int whole = dots.Length & ~3;
        for (int i = 0; i < whole; i += 4)
        {
            Vector256<double> square = Load(squares, i);
            Vector256<double> cosine = Load(dots, i) / Vector256.Sqrt(square);
            Vector256.ConditionalSelect(Vector256.Equals(square, Vector256<double>.Zero), Vector256.Create(double.NaN), cosine).CopyTo(result[i..]);
        }

        for (int i = whole; i < dots.Length; i++) result[i] = squares[i] == 0 ? double.NaN : dots[i] / Math.Sqrt(squares[i]);
    }

    private static Vector256<double> Load(ReadOnlySpan<double> values, int at) => Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(values), (nuint)at);

    private static Vector256<double> Exp(Vector256<double> x)
    {
        (Vector256<double> k, Vector256<double> r) = Reduce(x);
        Vector256<double> sum = Vector256<double>.Zero;
        foreach (double term in Deterministic.ExpTerms) sum = (sum * r) + Vector256.Create(term);
        return Finish(x, sum, k);
    }

    /// <summary>Two at once: each waits for its own last step, not for the other's.</summary>
    private static (Vector256<double> First, Vector256<double> Second) Exp(Vector256<double> first, Vector256<double> second)
    {
        (Vector256<double> k, Vector256<double> r) = Reduce(first);
        (Vector256<double> l, Vector256<double> s) = Reduce(second);
        Vector256<double> sum = Vector256<double>.Zero;
        Vector256<double> other = Vector256<double>.Zero;
        foreach (double value in Deterministic.ExpTerms)
        {
            Vector256<double> term = Vector256.Create(value);
            sum = (sum * r) + term;
            other = (other * s) + term;
        }

        return (Finish(first, sum, k), Finish(second, other, l));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<double> K, Vector256<double> R) Reduce(Vector256<double> x)
    {
        Vector256<double> k = Vector256.Floor((x * Vector256.Create(Deterministic.InverseLn2)) + Vector256.Create(0.5));
        return (k, x - (k * Vector256.Create(Deterministic.Ln2High)) - (k * Vector256.Create(Deterministic.Ln2Low)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Finish(Vector256<double> x, Vector256<double> sum, Vector256<double> k)
    {
        Vector256<double> scaled = Scale(sum, k);
        scaled = Vector256.ConditionalSelect(Vector256.LessThan(x, Vector256.Create(Deterministic.ExpUnderflow)), Vector256<double>.Zero, scaled);
        scaled = Vector256.ConditionalSelect(
            Vector256.GreaterThan(x, Vector256.Create(Deterministic.ExpOverflow)), Vector256.Create(double.PositiveInfinity), scaled);
        return Vector256.ConditionalSelect(Vector256.Equals(x, x), scaled, Vector256.Create(double.NaN));
    }

    /// <summary>Multiplies by 2^power in the scalar's two steps; the first is by 1 where the scalar needs only the second.</summary>
    private static Vector256<double> Scale(Vector256<double> value, Vector256<double> power)
    {
        Vector256<double> below = Vector256.LessThan(power, Vector256.Create(-1000.0));
        Vector256<double> above = Vector256.GreaterThan(power, Vector256.Create(1000.0));
        Vector256<double> first = Vector256.ConditionalSelect(above, Vector256.Create(1000.0), Vector256<double>.Zero);
        first = Vector256.ConditionalSelect(below, Vector256.Create(-1000.0), first);
        return value * PowerOfTwo(first) * PowerOfTwo(power - first);
    }

    private static Vector256<double> PowerOfTwo(Vector256<double> power) =>
        ((power + Vector256.Create(TwoTo52 + 1023)).AsInt64() << 52).AsDouble();

    private static Vector256<double> Log(Vector256<double> x)
    {
        Vector256<double> small = Vector256.LessThan(x, Vector256.Create(Deterministic.SmallestNormal));
        Vector256<double> normal = Vector256.ConditionalSelect(small, x * Vector256.Create(Deterministic.TwoTo54), x);
        Vector256<double> exponent = Vector256.ConditionalSelect(small, Vector256.Create(-54.0), Vector256<double>.Zero);

        Vector256<long> bits = normal.AsInt64();
        Vector256<double> biased = ((bits >>> 52) | Vector256.Create(TwoTo52).AsInt64()).AsDouble() - Vector256.Create(TwoTo52);
        exponent += biased - Vector256.Create(1023.0);
        Vector256<double> mantissa = ((bits & Vector256.Create(0xFFFFFFFFFFFFF)) | Vector256.Create(0x3FF0000000000000)).AsDouble();
        Vector256<double> high = Vector256.GreaterThan(mantissa, Vector256.Create(Deterministic.Sqrt2));
        mantissa = Vector256.ConditionalSelect(high, mantissa * Vector256.Create(0.5), mantissa);
        exponent = Vector256.ConditionalSelect(high, exponent + Vector256<double>.One, exponent);

        Vector256<double> log = LogOfMantissa(mantissa);
        Vector256<double> shifted = (exponent * Vector256.Create(Deterministic.Ln2High)) + (log + (exponent * Vector256.Create(Deterministic.Ln2Low)));
        log = Vector256.ConditionalSelect(Vector256.Equals(exponent, Vector256<double>.Zero), log, shifted);
        Vector256<double> infinity = Vector256.Create(double.PositiveInfinity);
        log = Vector256.ConditionalSelect(Vector256.Equals(x, infinity), infinity, log);
        log = Vector256.ConditionalSelect(Vector256.Equals(x, Vector256<double>.Zero), Vector256.Create(double.NegativeInfinity), log);
        return Vector256.ConditionalSelect(Vector256.GreaterThanOrEqual(x, Vector256<double>.Zero), log, Vector256.Create(double.NaN));
    }

    private static Vector256<double> LogOfMantissa(Vector256<double> mantissa)
    {
        Vector256<double> f = mantissa - Vector256<double>.One;
        Vector256<double> s = f / (Vector256.Create(2.0) + f);
        Vector256<double> z = s * s;
        Vector256<double> tail = Vector256<double>.Zero;
        foreach (double term in Deterministic.LogTerms) tail = (tail * z) + Vector256.Create(term);
        tail *= z;
        Vector256<double> half = Vector256.Create(0.5) * f * f;
        return f - (half - (s * (half + tail)));
    }
}
