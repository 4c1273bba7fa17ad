using Millrace.Features.Numerics;
using Millrace.Models.Posteriors;

namespace Millrace.Learning.Training.Factorisation;

/// <summary>
/// Factors of persons and items whose products foretell who acts on what: iALS (Hu, Koren and Volinsky, ICDM 2008) with the weights of Rendle et al. (RecSys 2022). The loss is Σ over pairs seen of (1 − w·h)² + α₀ Σ over
/// all pairs of (w·h)² + λ Σ (n + α₀·N)^ν ‖factor‖², n being how many pairs a factor is in and N the size of the other side. Every factor is solved exactly and by itself, in a fixed order of summation.
/// </summary>
internal sealed class ImplicitFactors
{
    private readonly double[] _rows;
    private readonly double[] _columns;

    private ImplicitFactors(double[] rows, double[] columns, int dimensions) => (_rows, _columns, Dimensions) = (rows, columns, dimensions);

    public int Dimensions { get; }

    public int Rows => _rows.Length / Dimensions;

    public int Columns => _columns.Length / Dimensions;

    /// <summary>The factor of a person.</summary>
    public ReadOnlySpan<double> Row(int row) => Of(_rows, row, Dimensions);

    /// <summary>The factor of an item.</summary>
    public ReadOnlySpan<double> Column(int column) => Of(_columns, column, Dimensions);

    /// <summary>Fits factors.</summary>
    /// <param name="seen">Persons by items.</param>
    /// <param name="options">How.</param>
    /// <param name="swept">Told the loss after each sweep, which takes a pass of its own; null for none.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="InvalidOperationException">A system has no solution: α₀ and λ are too small.</exception>
    public static ImplicitFactors Train(Interactions seen, ImplicitFactorsOptions options, Action<int, double>? swept, CancellationToken cancellation)
    {
        var transposed = seen.Transposed();
        var factors = new ImplicitFactors(Drawn(seen.Rows, 0, options), Drawn(seen.Columns, 1, options), options.Dimensions);
        for (var sweep = 1; sweep <= options.Sweeps; sweep++)
        {
            Solve(seen, factors._rows, factors._columns, options, cancellation);
            Solve(transposed, factors._columns, factors._rows, options, cancellation);
            swept?.Invoke(sweep, factors.Loss(seen, transposed, options));
        }

        return factors;
    }

    /// <summary>How well a person and an item go together.</summary>
    public double Score(int row, int column) => Dot(Row(row), Column(column));

    /// <summary>What training brings down.</summary>
    internal double Loss(Interactions seen, Interactions transposed, ImplicitFactorsOptions options)
    {
        var loss = 0.0;
        foreach (var (row, column) in seen.Pairs())
        {
            var error = 1 - Score(row, column);
            loss += error * error;
        }

        // Σ over all pairs of (w·h)² is the product of both sides' Gram matrices, element by element.
        var (one, other) = (Gram(_rows, Dimensions), Gram(_columns, Dimensions));
        for (var i = 0; i < Dimensions; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                loss += options.Unobserved * (i == j ? 1 : 2) * one[Cholesky.Row(i) + j] * other[Cholesky.Row(i) + j];
            }
        }

        return loss + Penalty(seen, _rows, options) + Penalty(transposed, _columns, options);
    }

    private double Penalty(Interactions seen, double[] factors, ImplicitFactorsOptions options)
    {
        var sum = 0.0;
        for (var row = 0; row < seen.Rows; row++)
        {
            sum += Ridge(seen, row, options) * Dot(Of(factors, row, Dimensions), Of(factors, row, Dimensions));
        }

        return sum;
    }

    private static void Solve(Interactions seen, double[] factors, double[] others, ImplicitFactorsOptions options, CancellationToken cancellation)
    {
        var unsolved = false;
        var gram = Gram(others, options.Dimensions);
        for (var i = 0; i < gram.Length; i++)
        {
            gram[i] *= options.Unobserved;
        }

        Parallel.For(0, seen.Rows, new ParallelOptions { MaxDegreeOfParallelism = options.Threads, CancellationToken = cancellation }, () => new double[gram.Length], (row, _, matrix) =>
        {
            gram.CopyTo(matrix, 0);
            var solution = factors.AsSpan(row * options.Dimensions, options.Dimensions);
            solution.Clear();
            foreach (var column in seen[row])
            {
                var other = Of(others, column, options.Dimensions);
                AddSquare(matrix, other);
                for (var i = 0; i < other.Length; i++)
                {
                    solution[i] += other[i];
                }
            }

            for (var i = 0; i < options.Dimensions; i++)
            {
                matrix[Cholesky.Row(i) + i] += Ridge(seen, row, options);
            }

            if (Cholesky.Factor(matrix, options.Dimensions) is not { } factor)
            {
                unsolved = true;
                return matrix;
            }

            Cholesky.SolveLower(factor, solution);
            Cholesky.SolveUpper(factor, solution);
            return matrix;
        }, _ => { });
        if (unsolved)
        {
            throw new InvalidOperationException($"A factor has no solution: regularisation {options.Regularisation} and unobserved weight {options.Unobserved} are too small.");
        }
    }

    private static double Ridge(Interactions seen, int row, ImplicitFactorsOptions options) =>
        options.Regularisation * Math.Pow(seen[row].Length + (options.Unobserved * seen.Columns), options.FrequencyScale);

    private static double[] Gram(double[] factors, int dimensions)
    {
        var gram = new double[Cholesky.Length(dimensions)];
        for (var row = 0; row < factors.Length / dimensions; row++)
        {
            AddSquare(gram, Of(factors, row, dimensions));
        }

        return gram;
    }

    /// <summary>Adds v·vᵀ to a lower triangle.</summary>
    private static void AddSquare(double[] matrix, ReadOnlySpan<double> vector)
    {
        for (var i = 0; i < vector.Length; i++)
        {
            var row = matrix.AsSpan(Cholesky.Row(i), i + 1);
            var scale = vector[i];
            for (var j = 0; j < row.Length; j++)
            {
                row[j] += scale * vector[j];
            }
        }
    }

    /// <summary>Normal draws by Box and Muller, whose products have the deviation asked for.</summary>
    private static double[] Drawn(int count, ulong side, ImplicitFactorsOptions options)
    {
        var factors = new double[count * options.Dimensions];
        var scale = options.InitialScale / Math.Sqrt(options.Dimensions);
        for (var i = 0; i < factors.Length; i++)
        {
            var (first, second) = Philox.Draw(options.Seed, side, (ulong)i);
            factors[i] = scale * Math.Sqrt(-2 * Math.Log(1 - Philox.ToUnit(first))) * Math.Cos(2 * Math.PI * Philox.ToUnit(second));
        }

        return factors;
    }

    private static ReadOnlySpan<double> Of(double[] factors, int row, int dimensions) => factors.AsSpan(row * dimensions, dimensions);

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
