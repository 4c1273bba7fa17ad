namespace Millrace.Tests.Models.Posteriors;

/// <summary>The distribution function of the beta distribution: an oracle by continued fraction (Lentz), nothing of which the sampler uses.</summary>
internal static class BetaCdf
{
    public static double At(double x, double a, double b) => x switch
    {
        <= 0 => 0,
        >= 1 => 1,
        _ when x > (a + 1) / (a + b + 2) => 1 - At(1 - x, b, a),
        _ => Math.Exp(LogGamma(a + b) - LogGamma(a) - LogGamma(b) + (a * Math.Log(x)) + (b * Math.Log(1 - x))) / a * (Fraction(x, a, b) - 1),
    };

    private static double Fraction(double x, double a, double b)
    {
        var (f, c, d) = (1.0, 1.0, 0.0);
        for (var i = 0; i < 10_000; i++)
        {
            var m = i / 2;
            var term = i == 0 ? 1 : i % 2 == 0
                ? m * (b - m) * x / ((a + (2 * m) - 1) * (a + (2 * m)))
                : -(a + m) * (a + b + m) * x / ((a + (2 * m)) * (a + (2 * m) + 1));
            d = 1 / (1 + (term * d));
            c = 1 + (term / c);
            f *= c * d;
            if (Math.Abs((c * d) - 1) < 1e-13)
            {
                break;
            }
        }

        return f;
    }

    private static double LogGamma(double x)
    {
        if (x < 10)
        {
            return LogGamma(x + 1) - Math.Log(x);
        }

        var inverse = 1 / (x * x);
        return ((x - 0.5) * Math.Log(x)) - x + (0.5 * Math.Log(2 * Math.PI))
            + (((((((-1.0 / 1680) * inverse) + (1.0 / 1260)) * inverse) - (1.0 / 360)) * inverse) + (1.0 / 12)) / x;
    }
}
