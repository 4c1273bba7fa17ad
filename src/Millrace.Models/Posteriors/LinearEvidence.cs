using System.Collections.Immutable;

namespace Millrace.Models.Posteriors;

/// <summary>
/// What observations say of the weights of a linear model: target = w·row + normal noise, with w a priori normal around 0. Sums are taken in the order of the observations,
/// so that equal sequences give equal bits; one writer.
/// </summary>
public sealed class LinearEvidence
{
    private readonly double[] _precision;
    private readonly double[] _vector;
    private readonly double[] _row;
    private readonly double _noise;

    /// <param name="features">The names of the columns, in their order: 1 to <see cref="LinearPosterior.MostFeatures"/>, distinct.</param>
    /// <param name="prior">The variance of each weight before anything is seen, above 0.</param>
    /// <param name="noise">The variance of a target around its mean, above 0.</param>
    public LinearEvidence(ImmutableArray<string> features, double prior, double noise)
    {
        if (!(prior > 0 && double.IsFinite(1 / prior))) throw new ArgumentOutOfRangeException(nameof(prior), prior, "expected a variance above 0");
        if (!(noise > 0 && double.IsFinite(1 / noise))) throw new ArgumentOutOfRangeException(nameof(noise), noise, "expected a variance above 0");
        Features = LinearPosterior.Checked(features);
        _noise = noise;
        _precision = new double[Cholesky.Length(features.Length)];
        _vector = new double[features.Length];
        _row = new double[features.Length];
        for (var i = 0; i < features.Length; i++)
        {
            _precision[Cholesky.Row(i) + i] = 1 / prior;
        }
    }

    /// <summary>The names of the columns.</summary>
    public ImmutableArray<string> Features { get; }

    /// <summary>Takes an observation.</summary>
    /// <param name="row">One value per feature; a missing one (NaN) counts as 0.</param>
    /// <param name="target">What was observed, finite.</param>
    /// <param name="weight">How many such observations it is worth, not negative: the examination of its place, or 1 over its propensity.</param>
    public void Add(ReadOnlySpan<float> row, double target, double weight = 1)
    {
        if (row.Length != _vector.Length) throw new ArgumentException($"Expected {_vector.Length} values; got {row.Length}.", nameof(row));
        if (!double.IsFinite(target)) throw new ArgumentOutOfRangeException(nameof(target), target, "expected a finite number");
        if (!(weight >= 0 && double.IsFinite(weight))) throw new ArgumentOutOfRangeException(nameof(weight), weight, "expected a finite number of at least 0");
        for (var i = 0; i < row.Length; i++)
        {
            if (float.IsInfinity(row[i])) throw new ArgumentException($"Expected finite values; got {row[i]} for {Features[i]}.", nameof(row));
            _row[i] = LinearPosterior.Value(row[i]);
        }

        var scale = weight / _noise;
        for (var i = 0; i < _row.Length; i++)
        {
            var scaled = _row[i] * scale;
            if (scaled == 0)
            {
                continue;
            }

            _vector[i] += scaled * target;
            var line = _precision.AsSpan(Cholesky.Row(i), i + 1);
            for (var j = 0; j < line.Length; j++)
            {
                line[j] += scaled * _row[j];
            }
        }
    }

    /// <summary>What is believed now.</summary>
    /// <exception cref="InvalidOperationException">The sums have grown beyond what a double can part.</exception>
    public LinearPosterior Posterior() => LinearPosterior.Create(Features, [.. _precision], [.. _vector])
        ?? throw new InvalidOperationException("The precision of the weights is not positive definite: features are too large or too alike for doubles.");
}
