using System.Collections.Immutable;

namespace Millrace.Decisions.Ranking;

/// <summary>A head that is computed from columns alone: row by row, the same operations in the same order on every machine.</summary>
internal abstract class HeadFormula
{
    /// <summary>Writes a value for each row.</summary>
    internal abstract void Fill(ReadOnlySpan<float> matrix, int columns, Span<double> values);
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
internal sealed class BetaFormula(int successes, int trials, double priorSuccesses, double priorTrials) : HeadFormula
{
    internal override void Fill(ReadOnlySpan<float> matrix, int columns, Span<double> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            var (a, b) = Parameters(matrix.Slice(i * columns, columns));
            values[i] = a / (a + b);
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
