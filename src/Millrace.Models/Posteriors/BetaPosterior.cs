using Millrace.Features.Numerics;

namespace Millrace.Models.Posteriors;

/// <summary>What is believed of a rate: successes and other trials, those of the prior among them.</summary>
public static class BetaPosterior
{
    /// <summary>Philox's stream of these draws; the slate's own are stream 0, those of <see cref="LinearPosterior"/> 2.</summary>
    internal const uint Stream = 1;

    /// <summary>Parameters beyond these, or their sum, would leave the range of doubles on the way.</summary>
    private const double Least = 1e-300;

    private const double Most = 1e300;

    /// <summary>A draw from Beta(<paramref name="a"/>, <paramref name="b"/>): the same bits on every machine, a function of its arguments alone.</summary>
    /// <param name="a">Successes, 1e-300 to 1e300.</param>
    /// <param name="b">Other trials, 1e-300 to 1e300.</param>
    /// <param name="seed">The decision's seed.</param>
    /// <param name="index">Which draw under the seed: another for each candidate and repetition, and for each head.</param>
    /// <returns>In [0, 1]; the ends where a double holds nothing nearer.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is beyond its range, or not a number.</exception>
    public static double Draw(double a, double b, ulong seed, ulong index)
    {
        if (!(a >= Least && a <= Most)) throw new ArgumentOutOfRangeException(nameof(a), a, "expected 1e-300 to 1e300");
        if (!(b >= Least && b <= Most)) throw new ArgumentOutOfRangeException(nameof(b), b, "expected 1e-300 to 1e300");
        var random = new PosteriorRandom(seed, Stream, index);
        if (a >= 1 && b >= 1)
        {
            var x = random.NextGamma(a);
            return x / (x + random.NextGamma(b));
        }

        // Of small parameters both gammas may be too small for a double, and their ratio is not.
        var log = random.NextLogGamma(a);
        return 1 / (1 + Deterministic.Exp(random.NextLogGamma(b) - log));
    }
}
