using Millrace.Features.Numerics;
using Millrace.Learning.Training;
using Millrace.World.Clicks;

namespace Millrace.WorldRuns;

/// <summary>
/// A log in which the old policy's taste decides who is looked at: it draws slates by Plackett and Luce from scores that are for the most part its own fancy, <c>house</c>, which nobody else shares. A model
/// that takes clicks at their word takes over the fancy. Examination is known: 1 / rank^0.7.
/// </summary>
/// <param name="seed">All follows from it.</param>
internal sealed class PositionWorld(ulong seed)
{
    internal const int Ranks = 10;
    internal static readonly string[] Features = ["affinity", "house", "noise", "quality"];
    internal static readonly PositionBasedModel Page = new();
    private const ulong Unseen = 1UL << 40;

    /// <summary>What became of so many slates, and what had become of them if every place were looked at.</summary>
    internal (ArrayExamples Logged, ArrayExamples Unbiased) Log(int decisions)
    {
        var rows = decisions * Ranks;
        var (matrix, clicks, attracted, ranks, propensities) = (new float[rows * Features.Length], new float[rows], new float[rows], new int[rows], new double[rows]);
        var (drawn, order) = (new float[Ranks * Features.Length], new int[Ranks]);
        for (var decision = 0; decision < decisions; decision++)
        {
            Candidates((ulong)decision, drawn);
            var place = decision * Ranks;
            Draw((ulong)decision, drawn, order, propensities.AsSpan(place, Ranks));
            for (var rank = 0; rank < Ranks; rank++, place++)
            {
                var item = drawn.AsSpan(order[rank] * Features.Length, Features.Length);
                item.CopyTo(matrix.AsSpan(place * Features.Length));
                attracted[place] = Unit((ulong)decision, 300 + rank) < Attraction(item) ? 1 : 0;
                clicks[place] = Unit((ulong)decision, 400 + rank) < Page.Examination(rank) ? attracted[place] : 0;
                ranks[place] = rank + 1;
            }
        }

        var logged = ArrayExamples.Of([.. Features], matrix, clicks, Enumerable.Repeat(Ranks, decisions)).With(whole => whole with { Ranks = ranks, Propensities = propensities });
        return (logged, logged.With(whole => whole with { Labels = attracted }));
    }

    /// <summary>The candidates of a decision that no log holds.</summary>
    internal void Later(int decision, Span<float> rows) => Candidates(Unseen + (ulong)decision, rows);

    /// <summary>The clicks to be expected of candidates in an order, in this world.</summary>
    internal static double Reward(ReadOnlySpan<float> rows, ReadOnlySpan<int> order)
    {
        var sum = 0.0;
        for (var rank = 0; rank < order.Length; rank++)
        {
            sum += Page.Examination(rank) * Attraction(rows.Slice(order[rank] * Features.Length, Features.Length));
        }

        return sum;
    }

    /// <summary>The probability of a click on what is looked at.</summary>
    internal static double Attraction(ReadOnlySpan<float> item) => 0.01 + (0.4 / (1 + Math.Exp(-5 * (item[0] + (item[3] * item[0]) + item[3] - 1.6))));

    private void Candidates(ulong decision, Span<float> rows)
    {
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i] = (float)Unit(decision, i);
        }
    }

    private void Draw(ulong decision, ReadOnlySpan<float> items, Span<int> order, Span<double> propensities)
    {
        Span<double> weights = stackalloc double[Ranks];
        for (var i = 0; i < Ranks; i++)
        {
            weights[i] = Math.Exp((3 * items[(i * Features.Length) + 1]) + items[(i * Features.Length) + 3]);
        }

        for (var rank = 0; rank < Ranks; rank++)
        {
            var total = 0.0;
            foreach (var weight in weights) total += weight;
            var (left, chosen) = (Unit(decision, 200 + rank) * total, -1);
            for (var i = 0; i < Ranks && (chosen < 0 || left >= 0); i++)
            {
                if (weights[i] == 0) continue;
                (chosen, left) = (i, left - weights[i]);
            }

            (order[rank], propensities[rank]) = (chosen, weights[chosen] / total);
            weights[chosen] = 0;
        }
    }

    private double Unit(ulong decision, int draw) => Philox.ToUnit(Philox.Draw(seed, decision, (ulong)draw).First);
}
