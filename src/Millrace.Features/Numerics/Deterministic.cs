namespace Millrace.Features.Numerics;

/// <summary>
/// Exp, Log, sine and cosine of our own: plain multiplications, additions and one division in a fixed order, so that every machine and instruction set
/// gives the same bits (<c>Math.Exp</c> does not where the C library lacks FMA, measured). At most 2 units in the last place off.
/// <see cref="DeterministicLanes"/> does the same over columns. Square roots need nothing of ours: IEEE 754 rounds them exactly.
/// </summary>
public static class Deterministic
{
    internal const double Ln2High = 6.93147180369123816490e-01;
    internal const double Ln2Low = 1.90821492927058770002e-10;
    internal const double InverseLn2 = 1.44269504088896338700e+00;
    internal const double Sqrt2 = 1.4142135623730951;
    internal const double ExpOverflow = 709.782712893384;
    internal const double ExpUnderflow = -745.1332191019412;
    internal const double SmallestNormal = 2.2250738585072014e-308;
    internal const double TwoTo54 = 18014398509481984.0;
    internal const double Ln2 = 0.6931471805599453;
    private const double TwoPiHigh = 6.283185307179586;
    private const double TwoPiLow = 2.4492935982947064e-16;

    /// <summary>1/k! for k = 13 … 0: Taylor's error at |r| ≤ ln 2 / 2 is below 5e-18.</summary>
    internal static ReadOnlySpan<double> ExpTerms =>
    [
        1.0 / 6227020800.0, 1.0 / 479001600.0, 1.0 / 39916800.0, 1.0 / 3628800.0, 1.0 / 362880.0, 1.0 / 40320.0, 1.0 / 5040.0,
        1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0,
    ];

    /// <summary>2/k for odd k = 25 … 3: what follows the leading term of atanh's series, twice.</summary>
    internal static ReadOnlySpan<double> LogTerms =>
    [
        2.0 / 25, 2.0 / 23, 2.0 / 21, 2.0 / 19, 2.0 / 17, 2.0 / 15, 2.0 / 13, 2.0 / 11, 2.0 / 9, 2.0 / 7, 2.0 / 5, 2.0 / 3,
    ];

    /// <summary>(−1)^k·(2π)^(2k+1)/(2k+1)! for k = 9 … 1: the sine of y turns is y·(2π + y²·…); the error at |y| ≤ 1/8 is below 2e-22.</summary>
    private static ReadOnlySpan<double> SinTerms =>
    [
        -0.012031585942120627, 0.10422916220813984, -0.7181223017785006, 3.819952584848282, -15.09464257682299, 42.058693944897655,
        -76.70585975306139, 81.60524927607506, -41.34170224039976,
    ];

    /// <summary>(−1)^k·(2π)^(2k)/(2k)! for k = 10 … 1: the cosine of y turns is 1 + y²·….</summary>
    private static ReadOnlySpan<double> CosTerms =>
    [
        0.0037798342006800396, -0.03638284114254567, 0.28200596845579123, -1.714390711088672, 7.903536371318469, -26.4262567833744,
        60.24464137187666, -85.45681720669373, 64.9393940226683, -19.739208802178716,
    ];

    /// <summary>e to the power of <paramref name="x"/>; 0 and infinity where a double ends; NaN for NaN.</summary>
    public static double Exp(double x)
    {
        if (double.IsNaN(x)) return double.NaN;
        if (x > ExpOverflow) return double.PositiveInfinity;
        if (x < ExpUnderflow) return 0;
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
        if (x < SmallestNormal)
        {
            x *= TwoTo54; // out of the subnormals
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
        foreach (double term in LogTerms) tail = (tail * z) + term;
        tail *= z;
        double half = 0.5 * f * f;
        double log = f - (half - (s * (half + tail)));
        return exponent == 0 ? log : (exponent * Ln2High) + (log + (exponent * Ln2Low));
    }

    /// <summary>log(1 + n) of a count, as the blend reads it.</summary>
    /// <param name="count">At least 0; exact up to 2^53.</param>
    public static double LogOnePlus(long count) => Log(1.0 + count);

    /// <summary>2^(−age/halfLife): the weight that something keeps at <paramref name="age"/>.</summary>
    public static double HalfLifeDecay(double age, double halfLife) => Exp(-(age / halfLife) * Ln2);

    /// <summary>The sine of <paramref name="turns"/> full turns (0.25 gives 1); NaN for NaN and infinities.</summary>
    public static double SinTurns(double turns) => Turn(turns, 0);

    /// <summary>The cosine of <paramref name="turns"/> full turns (0.5 gives −1); NaN for NaN and infinities.</summary>
    public static double CosTurns(double turns) => Turn(turns, 1);

    /// <summary>The sine of <paramref name="turns"/> and <paramref name="quarters"/> quarters of a turn more.</summary>
    private static double Turn(double turns, int quarters)
    {
        // Whole turns and quarters leave without rounding, however many turns there are: |y| ≤ 1/8 is exact.
        double r = turns - Math.Round(turns);
        if (double.IsNaN(r)) return double.NaN;
        double nearest = Math.Round(4 * r);
        double y = r - (nearest * 0.25);
        int quadrant = ((int)nearest + quarters) & 3;
        double value = (quadrant & 1) == 0 ? SinSmall(y) : CosSmall(y);
        return quadrant >= 2 ? -value : value;
    }

    private static double SinSmall(double y)
    {
        double z = y * y;
        double sum = 0;
        foreach (double term in SinTerms) sum = (sum * z) + term;
        return (y * TwoPiHigh) + (y * (TwoPiLow + (z * sum)));
    }

    private static double CosSmall(double y)
    {
        double z = y * y;
        double sum = 0;
        foreach (double term in CosTerms) sum = (sum * z) + term;
        return 1 + (z * sum);
    }

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
