using Millrace.Models.Posteriors;

namespace Millrace.Learning.Training.Factorisation;

/// <summary>
/// EASE (Steck, WWW 2019): the item-to-item weights with which what a person acted on foretells what else they do, in closed form: B = I − P·diag(P)⁻¹ with P = (XᵀX + λI)⁻¹. A strong baseline for catalogues of
/// a few thousand items: memory grows with the square of the items, time with their cube.
/// </summary>
internal sealed class EaseWeights
{
    private readonly double[][] _weights;

    private EaseWeights(double[][] weights) => _weights = weights;

    /// <summary>Fits weights.</summary>
    /// <param name="seen">Persons by items.</param>
    /// <param name="regularisation">λ, above 0.</param>
    /// <param name="threads">The weights do not depend on it by a bit.</param>
    /// <param name="cancellation">Ends it.</param>
    public static EaseWeights Train(Interactions seen, double regularisation, int threads, CancellationToken cancellation)
    {
        var items = seen.Columns;
        var gram = new double[Cholesky.Length(items)];
        for (var person = 0; person < seen.Rows; person++)
        {
            var acted = seen[person];
            for (var i = 0; i < acted.Length; i++)
            {
                for (var j = 0; j <= i; j++)
                {
                    gram[Cholesky.Row(acted[i]) + acted[j]]++;
                }
            }
        }

        for (var item = 0; item < items; item++)
        {
            gram[Cholesky.Row(item) + item] += regularisation;
        }

        var factor = Cholesky.Factor(gram, items) ?? throw new InvalidOperationException($"EASE has no solution with regularisation {regularisation}.");
        var weights = new double[items][];
        Parallel.For(0, items, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation }, item =>
        {
            // Column of P; divided by its diagonal and negated it is the column of B, whose diagonal is 0.
            var column = new double[items];
            column[item] = 1;
            Cholesky.SolveLower(factor, column);
            Cholesky.SolveUpper(factor, column);
            var diagonal = column[item];
            for (var i = 0; i < items; i++)
            {
                column[i] = i == item ? 0 : -column[i] / diagonal;
            }

            weights[item] = column;
        });
        return new EaseWeights(weights);
    }

    /// <summary>How well an item goes with what a person acted on.</summary>
    public double Score(ReadOnlySpan<int> acted, int item)
    {
        var (sum, column) = (0.0, _weights[item]);
        foreach (var other in acted)
        {
            sum += column[other];
        }

        return sum;
    }
}
