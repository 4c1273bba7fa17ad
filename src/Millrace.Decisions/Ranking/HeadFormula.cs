using System.Collections.Immutable;
using Millrace.Models.Posteriors;

namespace Millrace.Decisions.Ranking;

/// <summary>A head that is computed from columns alone: row by row, the same operations in the same order on every machine.</summary>
internal abstract class HeadFormula
{
    /// <summary>Writes a value for each row.</summary>
    internal abstract void Fill(ReadOnlySpan<float> matrix, int columns, Span<double> values);
}

/// <summary>A head that is believed, not known: it has another value under each draw of its posterior.</summary>
internal abstract class PosteriorFormula : HeadFormula
{
    /// <summary>Writes a value for each row under one draw.</summary>
    /// <param name="matrix">As <see cref="HeadFormula.Fill"/> reads it.</param>
    /// <param name="columns">Of the matrix.</param>
    /// <param name="seed">The decision's.</param>
    /// <param name="draw">Which draw under the seed, below 2³²; no two heads have the same.</param>
    /// <param name="values">One per row.</param>
    internal abstract void Draw(ReadOnlySpan<float> matrix, int columns, ulong seed, int draw, Span<double> values);
}

/// <summary>Σ weight × value in the order of its terms; what is missing adds nothing.</summary>
internal sealed class BlendFormula(ImmutableArray<(int Column, double Weight)> terms) : HeadFormula
{
    internal override void Fill(ReadOnlySpan<float> matrix, int columns, Span<double> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            ReadOnlySpan<float> row = matrix.Slice(i * columns, columns);
            double sum = 0;
            foreach (var (column, weight) in terms)
            {
                if (!float.IsNaN(row[column])) sum += weight * row[column];
            }

            values[i] = sum;
        }
    }
}

/// <summary>One column as it is; 0 where it is missing.</summary>
internal sealed class FeatureFormula(int column) : HeadFormula
{
    internal override void Fill(ReadOnlySpan<float> matrix, int columns, Span<double> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            float value = matrix[(i * columns) + column];
            values[i] = float.IsNaN(value) ? 0 : value;
        }
    }
}

/// <summary>The mean of a Beta posterior.</summary>
internal sealed class BetaFormula(int successes, int trials, double priorSuccesses, double priorTrials) : PosteriorFormula
{
    internal override void Fill(ReadOnlySpan<float> matrix, int columns, Span<double> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            var (a, b) = Parameters(matrix.Slice(i * columns, columns));
            values[i] = a / (a + b);
        }
    }

    internal override void Draw(ReadOnlySpan<float> matrix, int columns, ulong seed, int draw, Span<double> values)
    {
        ulong first = (ulong)draw << 32;
        for (int i = 0; i < values.Length; i++)
        {
            var (a, b) = Parameters(matrix.Slice(i * columns, columns));
            values[i] = double.IsFinite(a) && double.IsFinite(b) ? BetaPosterior.Draw(a, b, seed, first | (uint)i) : double.NaN;
        }
    }

    /// <summary>The posterior's: successes and failures, those of the prior among them. Counts of different windows may have more successes than trials: then there are no failures but the prior's.</summary>
    internal (double A, double B) Parameters(ReadOnlySpan<float> row)
    {
        double won = Count(row[successes]);
        double tried = Math.Max(Count(row[trials]), won);
        return (priorSuccesses + won, priorTrials - priorSuccesses + (tried - won));
    }

    private static double Count(float value) => value > 0 ? value : 0;
}

/// <summary>The mean of a Bayesian linear model; its draws are of the weights, one for all rows.</summary>
/// <param name="posterior">The model.</param>
/// <param name="inputs">The column of each of its features.</param>
internal sealed class LinearFormula(LinearPosterior posterior, ImmutableArray<int> inputs) : PosteriorFormula
{
    internal override void Fill(ReadOnlySpan<float> matrix, int columns, Span<double> values) => Predict(posterior.Weights, matrix, columns, values);

    internal override void Draw(ReadOnlySpan<float> matrix, int columns, ulong seed, int draw, Span<double> values)
    {
        Span<double> weights = stackalloc double[LinearPosterior.MostFeatures];
        posterior.DrawWeights(seed, draw, weights);
        Predict(weights[..inputs.Length], matrix, columns, values);
    }

    private void Predict(ReadOnlySpan<double> weights, ReadOnlySpan<float> matrix, int columns, Span<double> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            ReadOnlySpan<float> row = matrix.Slice(i * columns, columns);
            double sum = 0;
            for (int at = 0; at < weights.Length; at++)
            {
                float value = row[inputs[at]];
                if (!float.IsNaN(value)) sum += weights[at] * value;
            }

            values[i] = sum;
        }
    }
}
