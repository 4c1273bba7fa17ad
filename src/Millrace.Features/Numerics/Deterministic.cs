namespace Millrace.Features.Numerics;

/// <summary>
/// Exp and Log of our own: plain multiplications, additions and one division in a fixed order, so that every machine and instruction set
/// gives the same bits (<c>Math.Exp</c> does not where the C library lacks FMA, measured). At most 2 units in the last place off.
/// </summary>
public static class Deterministic
{
    private const double Ln2High = 6.93147180369123816490e-01;
    private const double Ln2Low = 1.90821492927058770002e-10;
    private const double InverseLn2 = 1.44269504088896338700e+00;
    private const double Sqrt2 = 1.4142135623730951;

    /// <summary>1/k! for k = 13 … 0: Taylor's error at |r| ≤ ln 2 / 2 is below 5e-18.</summary>
    private static ReadOnlySpan<double> ExpTerms =>
    [
        1.0 / 6227020800.0, 1.0 / 479001600.0, 1.0 / 39916800.0, 1.0 / 3628800.0, 1.0 / 362880.0, 1.0 / 40320.0, 1.0 / 5040.0,
        1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0,
    ];

    /// <summary>e to the power of <paramref name="x"/>; 0 and infinity where a double ends; NaN for NaN.</summary>
    public static double Exp(double x)
    {
        if (double.IsNaN(x)) return double.NaN;
        if (x > 709.782712893384) return double.PositiveInfinity;
        if (x < -745.1332191019412) return 0;
        double k = Math.Floor((x * InverseLn2) + 0.5);
        double r = x - (k * Ln2High) - (k * Ln2Low);
        double sum = 0;
        foreach (double term in ExpTerms) sum = (sum * r) + term;
        return Scale(sum, (int)k);
    }

    /// <summary>The natural logarithm of <paramref name="x"/>; −infinity at 0; NaN below 0 and for NaN.</summary>
    public static double Log(double x)
    {
        if (double.IsNaN(x) || x < 0) return double.NaN;
        if (x == 0) return double.NegativeInfinity;
        if (double.IsPositiveInfinity(x)) return x;
        int exponent = 0;
        if (x < 2.2250738585072014e-308)
        {
            x *= 18014398509481984.0; // 2^54: out of the subnormals
            exponent = -54;
        }

        long bits = BitConverter.DoubleToInt64Bits(x);
        exponent += (int)(bits >> 52) - 1023;
        double mantissa = BitConverter.Int64BitsToDouble((bits & 0xFFFFFFFFFFFFF) | 0x3FF0000000000000);
        if (mantissa > Sqrt2)
        {
            mantissa *= 0.5;
            exponent++;
        }

        // log m = f − s·(f − R) with s = f/(2+f), R = 2s²/3 + 2s⁴/5 + …, which keeps the leading f exact (as in fdlibm).
        double f = mantissa - 1;
        double s = f / (2 + f);
        double z = s * s;
        double tail = 0;
        for (int odd = 25; odd >= 3; odd -= 2) tail = (tail * z) + (2.0 / odd);
        tail *= z;
        double half = 0.5 * f * f;
        double log = f - (half - (s * (half + tail)));
        return exponent == 0 ? log : (exponent * Ln2High) + (log + (exponent * Ln2Low));
    }

    /// <summary>log(1 + n) of a count, as the blend reads it.</summary>
    /// <param name="count">At least 0; exact up to 2^53.</param>
    public static double LogOnePlus(long count) => Log(1.0 + count);

    /// <summary>2^(−age/halfLife): the weight that something keeps at <paramref name="age"/>.</summary>
    public static double HalfLifeDecay(double age, double halfLife) => Exp(-(age / halfLife) * 0.6931471805599453);

    private static double Scale(double value, int power)
    {
        if (power < -1000)
        {
            value *= PowerOfTwo(-1000);
            power += 1000;
        }
        else if (power > 1000)
        {
            value *= PowerOfTwo(1000);
            power -= 1000;
        }

        return value * PowerOfTwo(power);
    }

    private static double PowerOfTwo(int power) => BitConverter.Int64BitsToDouble((long)(power + 1023) << 52);
}
