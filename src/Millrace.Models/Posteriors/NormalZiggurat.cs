using Millrace.Features.Numerics;

namespace Millrace.Models.Posteriors;

/// <summary>
/// The layers under the normal density from which most draws cost one multiplication. Made of <see cref="Deterministic"/> and square roots alone: the same bits everywhere.
/// Source: Marsaglia and Tsang, "The ziggurat method for generating random variables", J. Stat. Soft. 5(8), 2000; as in Doornik, "An improved ziggurat method", 2005.
/// </summary>
internal static class NormalZiggurat
{
    internal const int Layers = 128;

    /// <summary>Where the tail begins.</summary>
    internal const double Tail = 3.442619855899;

    private const double Area = 9.91256303526217e-3;

    /// <summary>The layers' right edges, from the base, which is wider than the tail's beginning, up to 0.</summary>
    internal static readonly double[] Edges = MakeEdges();

    /// <summary>Which share of a layer lies under the next: draws there need no further look.</summary>
    internal static readonly double[] Inner = [.. Enumerable.Range(0, Layers).Select(layer => Edges[layer + 1] / Edges[layer])];

    private static double[] MakeEdges()
    {
        var edges = new double[Layers + 1];
        var density = Density(Tail);
        edges[0] = Area / density;
        edges[1] = Tail;
        for (var layer = 2; layer < Layers; layer++)
        {
            edges[layer] = Math.Sqrt(-2 * Deterministic.Log((Area / edges[layer - 1]) + density));
            density = Density(edges[layer]);
        }

        return edges;
    }

    private static double Density(double x) => Deterministic.Exp(-0.5 * x * x);
}
