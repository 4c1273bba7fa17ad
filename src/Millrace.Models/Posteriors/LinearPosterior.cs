using System.Collections.Immutable;

namespace Millrace.Models.Posteriors;

/// <summary>
/// What is believed of the weights of a linear model: a normal distribution, kept as precision and precision × mean. Immutable; any thread reads. Everything is plain double
/// arithmetic in a fixed order: the same bits on every machine.
/// </summary>
public sealed class LinearPosterior
{
    /// <summary>The most features of a model: a draw of its weights costs their square.</summary>
    public const int MostFeatures = 256;

    /// <summary>Philox's stream of its draws.</summary>
    internal const uint Stream = 2;

    private readonly double[] _factor;
    private readonly double[] _mean;

    private LinearPosterior(ImmutableArray<string> features, ImmutableArray<double> precision, ImmutableArray<double> vector, double[] factor)
    {
        (Features, Precision, Vector, _factor) = (features, precision, vector, factor);
        _mean = [.. vector];
        Cholesky.SolveLower(factor, _mean);
        Cholesky.SolveUpper(factor, _mean);
    }

    /// <summary>The names of the columns that it reads, in the order of its weights.</summary>
    public ImmutableArray<string> Features { get; }

    /// <summary>The mean of each weight.</summary>
    public ReadOnlySpan<double> Weights => _mean;

    internal ImmutableArray<double> Precision { get; }

    internal ImmutableArray<double> Vector { get; }

    /// <summary>The mean prediction for a row.</summary>
    /// <param name="row">One value per feature; a missing one (NaN) counts as 0.</param>
    public double Mean(ReadOnlySpan<float> row) => Predict(_mean, row);

    /// <summary>The variance of the prediction for a row, without the noise of a single observation.</summary>
    /// <inheritdoc cref="Mean" path="/param"/>
    public double Variance(ReadOnlySpan<float> row)
    {
        Span<double> solved = stackalloc double[MostFeatures];
        solved = solved[.._mean.Length];
        for (var i = 0; i < solved.Length; i++)
        {
            solved[i] = Value(row[i]);
        }

        Cholesky.SolveLower(_factor, solved);
        var sum = 0.0;
        foreach (var value in solved)
        {
            sum += value * value;
        }

        return sum;
    }

    /// <summary>Draws weights from the posterior; <see cref="Predict"/> with them is a draw of every candidate's prediction.</summary>
    /// <param name="seed">The decision's seed.</param>
    /// <param name="draw">Which draw under the seed: another for each head.</param>
    /// <param name="weights">Receives one weight per feature.</param>
    public void DrawWeights(ulong seed, int draw, Span<double> weights)
    {
        var random = new PosteriorRandom(seed, Stream, (ulong)draw);
        for (var i = 0; i < _mean.Length; i++)
        {
            weights[i] = random.NextNormal();
        }

        // precision = L·Lᵀ, so L⁻ᵀ·z has the covariance of the weights.
        weights = weights[.._mean.Length];
        Cholesky.SolveUpper(_factor, weights);
        for (var i = 0; i < weights.Length; i++)
        {
            weights[i] += _mean[i];
        }
    }

    /// <summary>What weights say of a row, summed in their order.</summary>
    /// <param name="weights">One per feature.</param>
    /// <param name="row">One value per feature; a missing one (NaN) counts as 0.</param>
    public static double Predict(ReadOnlySpan<double> weights, ReadOnlySpan<float> row)
    {
        var sum = 0.0;
        for (var i = 0; i < weights.Length; i++)
        {
            sum += weights[i] * Value(row[i]);
        }

        return sum;
    }

    /// <summary>A posterior of its sums; null when the precision is not positive definite.</summary>
    internal static LinearPosterior? Create(ImmutableArray<string> features, ImmutableArray<double> precision, ImmutableArray<double> vector)
    {
        if (Cholesky.Factor(precision.AsSpan(), vector.Length) is not { } factor)
        {
            return null;
        }

        var posterior = new LinearPosterior(features, precision, vector, factor);
        return posterior._mean.All(double.IsFinite) ? posterior : null;
    }

    internal static ImmutableArray<string> Checked(ImmutableArray<string> features) => Fault(features) is { } fault ? throw new ArgumentException(fault, nameof(features)) : features;

    internal static string? Fault(ImmutableArray<string> features)
    {
        if (features.Length is 0 or > MostFeatures) return $"Expected 1 to {MostFeatures} features; got {features.Length}.";
        return features.Distinct(StringComparer.Ordinal).Count() < features.Length ? "Expected each feature once." : null;
    }

    internal static double Value(float value) => float.IsNaN(value) ? 0 : value;
}
