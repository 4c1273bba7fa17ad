using Millrace.Features.Numerics;

namespace Millrace.Models.Posteriors;

/// <summary>
/// The sequence of draws that belongs to (seed, stream, index): as many as a rejection method asks for, and none of them another index's. The n-th block is Philox at
/// (index, stream, n).
/// </summary>
internal struct PosteriorRandom(ulong seed, uint stream, ulong index)
{
    private const int CounterShift = 32;
    private const int LayerBits = 7;

    private ulong _block;
    private ulong _second;
    private bool _half;

    /// <summary>64 even bits.</summary>
    internal ulong NextBits()
    {
        if (_half)
        {
            _half = false;
            return _second;
        }

        (var first, _second) = Philox.Draw(seed, (_block++ << CounterShift) | stream, index);
        _half = true;
        return first;
    }

    /// <summary>Uniform in (0, 1): neither end, so that logarithms are finite.</summary>
    internal double NextUnit() => ToOpenUnit(NextBits());

    /// <summary>Normal with mean 0 and deviation 1.</summary>
    internal double NextNormal()
    {
        while (true)
        {
            var bits = NextBits();
            var layer = (int)(bits & ((1 << LayerBits) - 1));
            var u = (2 * ToOpenUnit(bits)) - 1;
            if (Math.Abs(u) < NormalZiggurat.Inner[layer])
            {
                return u * NormalZiggurat.Edges[layer];
            }

            if (layer == 0)
            {
                return u < 0 ? -NextTail() : NextTail();
            }

            var x = u * NormalZiggurat.Edges[layer];
            var below = Relative(NormalZiggurat.Edges[layer], x);
            var above = Relative(NormalZiggurat.Edges[layer + 1], x);
            if (above + (NextUnit() * (below - above)) < 1)
            {
                return x;
            }
        }
    }

    /// <summary>The logarithm of a gamma draw with scale 1. Source: Marsaglia and Tsang, "A simple method for generating gamma variables", ACM TOMS 26(3), 2000.</summary>
    /// <param name="shape">Above 0.</param>
    internal double NextLogGamma(double shape) => shape < 1
        ? Deterministic.Log(NextGamma(shape + 1)) + (Deterministic.Log(NextUnit()) / shape)
        : Deterministic.Log(NextGamma(shape));

    /// <summary>A gamma draw with scale 1.</summary>
    /// <inheritdoc cref="NextLogGamma" path="/summary/text()[last()]"/>
    /// <param name="shape">At least 1: smaller ones may be too small for a double, see <see cref="NextLogGamma"/>.</param>
    internal double NextGamma(double shape)
    {
        var d = shape - (1.0 / 3);
        var c = 1 / Math.Sqrt(9 * d);
        while (true)
        {
            var x = NextNormal();
            var root = 1 + (c * x);
            if (root <= 0)
            {
                continue;
            }

            var v = root * root * root;
            var u = NextUnit();
            var square = x * x;
            if (u < 1 - (0.0331 * square * square) || Deterministic.Log(u) < (0.5 * square) + (d * (1 - v + Deterministic.Log(v))))
            {
                return d * v;
            }
        }
    }

    /// <summary>Beyond the ziggurat's last edge. Source: Marsaglia, "Generating a variable from the tail of the normal distribution", Technometrics 6, 1964.</summary>
    private double NextTail()
    {
        while (true)
        {
            var x = -Deterministic.Log(NextUnit()) / NormalZiggurat.Tail;
            if (-2 * Deterministic.Log(NextUnit()) >= x * x)
            {
                return NormalZiggurat.Tail + x;
            }
        }
    }

    private static double Relative(double edge, double x) => Deterministic.Exp(-0.5 * ((edge * edge) - (x * x)));

    private static double ToOpenUnit(ulong bits) => ((bits >> 11) + 0.5) * (1.0 / 9007199254740992.0);
}
