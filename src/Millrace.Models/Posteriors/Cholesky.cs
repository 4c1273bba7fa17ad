namespace Millrace.Models.Posteriors;

/// <summary>Factors of symmetric positive definite matrices, in plain double arithmetic in a fixed order. Matrices are lower triangles by row.</summary>
internal static class Cholesky
{
    /// <summary>How many numbers a lower triangle has.</summary>
    internal static int Length(int dimensions) => dimensions * (dimensions + 1) / 2;

    /// <summary>Where a row begins.</summary>
    internal static int Row(int row) => row * (row + 1) / 2;

    /// <summary>L with matrix = L·Lᵀ; null when the matrix is not positive definite, or not finite.</summary>
    internal static double[]? Factor(ReadOnlySpan<double> matrix, int dimensions)
    {
        var factor = matrix.ToArray();
        for (var i = 0; i < dimensions; i++)
        {
            var row = factor.AsSpan(Row(i), i + 1);
            for (var j = 0; j < i; j++)
            {
                row[j] = (row[j] - Dot(row[..j], factor.AsSpan(Row(j), j))) / factor[Row(j) + j];
            }

            var pivot = row[i] - Dot(row[..i], row[..i]);
            if (!(pivot > 0 && double.IsFinite(pivot)))
            {
                return null;
            }

            row[i] = Math.Sqrt(pivot);
        }

        return factor;
    }

    /// <summary>Solves L·x = b in place.</summary>
    internal static void SolveLower(ReadOnlySpan<double> factor, Span<double> vector)
    {
        for (var i = 0; i < vector.Length; i++)
        {
            vector[i] = (vector[i] - Dot(factor.Slice(Row(i), i), vector[..i])) / factor[Row(i) + i];
        }
    }

    /// <summary>Solves Lᵀ·x = b in place.</summary>
    internal static void SolveUpper(ReadOnlySpan<double> factor, Span<double> vector)
    {
        for (var i = vector.Length - 1; i >= 0; i--)
        {
            var row = factor.Slice(Row(i), i + 1);
            vector[i] /= row[i];
            for (var j = 0; j < i; j++)
            {
                vector[j] -= row[j] * vector[i];
            }
        }
    }

    private static double Dot(ReadOnlySpan<double> left, ReadOnlySpan<double> right)
    {
        var sum = 0.0;
        for (var i = 0; i < left.Length; i++)
        {
            sum += left[i] * right[i];
        }

        return sum;
    }
}
