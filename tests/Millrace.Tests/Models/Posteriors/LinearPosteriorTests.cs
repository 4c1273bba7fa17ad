using System.Collections.Immutable;
using System.Security.Cryptography;
using CsCheck;
using Millrace.Models.Posteriors;

namespace Millrace.Tests.Models.Posteriors;

public sealed class LinearPosteriorTests
{
    /// <summary>Where the numbers of the example's file begin: behind magic, number of features, and two names with their lengths.</summary>
    private const int Matrix = 10 + 4 + (4 + 4) + (4 + 3);

    /// <summary>Where the second of two names of one byte stands.</summary>
    private const int SecondName = 10 + 4 + (4 + 1) + 4;

    private static readonly Gen<(float[][] Rows, double[] Targets)> _observations =
        Gen.Int[1, 6].SelectMany(d => Gen.Int[0, 12].SelectMany(n => Gen.Select(Gen.Float[-2, 2].Array[d].Array[n], Gen.Double[-3, 3].Array[n])));

    [Fact]
    public void The_posterior_is_what_one_observation_after_another_makes_of_mean_and_covariance() => _observations.Sample(seen =>
    {
        var d = seen.Rows.Length == 0 ? 3 : seen.Rows[0].Length;
        var evidence = new LinearEvidence(Names(d), prior: 2, noise: 0.5);
        var (mean, covariance) = (new double[d], new double[d, d]);
        for (var i = 0; i < d; i++)
        {
            covariance[i, i] = 2;
        }

        foreach (var (row, target) in seen.Rows.Zip(seen.Targets))
        {
            evidence.Add(row, target);
            Observe(mean, covariance, row, target, noise: 0.5);
        }

        var posterior = evidence.Posterior();
        float[] asked = [.. Enumerable.Range(0, d).Select(i => (float)Math.Sin(i + 1))];
        var (said, spread) = (0.0, 0.0);
        for (var i = 0; i < d; i++)
        {
            Assert.Equal(mean[i], posterior.Weights[i], tolerance: 1e-8);
            said += mean[i] * asked[i];
            for (var j = 0; j < d; j++)
            {
                spread += asked[i] * covariance[i, j] * asked[j];
            }
        }

        Assert.Equal(said, posterior.Mean(asked), tolerance: 1e-8);
        Assert.Equal(spread, posterior.Variance(asked), tolerance: 1e-8);
    });

    [Fact]
    public void Drawn_weights_have_the_posteriors_mean_and_covariance()
    {
        const int Draws = 40_000;
        var posterior = Example();
        Span<double> weights = stackalloc double[2];
        var (sums, products) = (new double[2], new double[3]);
        for (var draw = 0; draw < Draws; draw++)
        {
            posterior.DrawWeights(3, draw, weights);
            var (x, y) = (weights[0] - posterior.Weights[0], weights[1] - posterior.Weights[1]);
            sums[0] += x;
            sums[1] += y;
            products[0] += x * x;
            products[1] += x * y;
            products[2] += y * y;
        }

        double[] expected = [posterior.Variance([1, 0]), (posterior.Variance([1, 1]) - posterior.Variance([1, 0]) - posterior.Variance([0, 1])) / 2, posterior.Variance([0, 1])];
        Assert.True(Math.Abs(expected[1]) > 0.1 * Math.Sqrt(expected[0] * expected[2]));
        var scale = Math.Sqrt(expected[0] * expected[2]);
        Assert.All(sums, sum => Assert.Equal(0, sum / Draws / Math.Sqrt(scale), tolerance: 0.03));
        Assert.All(products.Zip(expected), pair => Assert.Equal(pair.Second / scale, pair.First / Draws / scale, tolerance: 0.04));
    }

    [Fact]
    public void A_weight_counts_as_so_many_observations_and_a_missing_value_as_nothing()
    {
        var (once, twice) = (new LinearEvidence(Names(2), 1, 1), new LinearEvidence(Names(2), 1, 1));
        once.Add([1, float.NaN], 3, weight: 2);
        twice.Add([1, 0], 3);
        twice.Add([1, 0], 3);
        Assert.Equal(once.Posterior().Weights.ToArray(), twice.Posterior().Weights.ToArray());
        Assert.Equal(0, once.Posterior().Weights[1]);
    }

    [Fact]
    public void A_file_reads_back_to_the_bit_and_is_the_one_that_was_first_written_down()
    {
        var file = LinearFile.Write(Example());
        var read = LinearFile.Read(file);
        Assert.Equal(Example().Weights.ToArray(), read.Weights.ToArray());
        Assert.Equal(file, LinearFile.Write(read));
        Assert.Equal(["bias", "age"], read.Features);
        Span<double> weights = stackalloc double[2];
        read.DrawWeights(11, 4, weights);
        var golden = $"{Convert.ToHexString(SHA256.HashData(file).AsSpan(0, 8))} {BitConverter.DoubleToInt64Bits(weights[0]):X16} {BitConverter.DoubleToInt64Bits(weights[1]):X16}";
        Assert.Equal("523FF98E974CCC34 3FE012B8D0688C08 3FE2C7A0277F4ECC", golden);
    }

    [Fact]
    public void A_damaged_or_cut_file_is_refused_wherever_it_is_hurt()
    {
        var file = LinearFile.Write(Example());
        for (var at = 0; at < file.Length; at++)
        {
            byte[] hurt = [.. file];
            hurt[at] ^= 0x10;
            Assert.Throws<InvalidDataException>(() => LinearFile.Read(hurt));
            Assert.Throws<InvalidDataException>(() => LinearFile.Read(file.AsSpan(0, at)));
        }
    }

    [Fact]
    public void A_signed_file_that_says_nonsense_is_refused_in_words()
    {
        Assert.Contains("1 to 256", Refusal(file => file[10] = 0), StringComparison.Ordinal);
        Assert.Contains("positive definite", Refusal(file => file.AsSpan(Matrix, 8).Clear()), StringComparison.Ordinal);
        Assert.Contains("finite", Refusal(file => file.AsSpan(Matrix, 8).Fill(0xFF)), StringComparison.Ordinal);
        Assert.Contains("each feature once", Refusal(file => file[SecondName] = (byte)'a', "a", "b"), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_out_of_range_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new LinearEvidence([], 1, 1));
        Assert.Throws<ArgumentException>(() => new LinearEvidence(["a", "a"], 1, 1));
        Assert.Throws<ArgumentException>(() => new LinearEvidence(Names(257), 1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new LinearEvidence(Names(1), 0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new LinearEvidence(Names(1), 1, double.NaN));
        var evidence = new LinearEvidence(Names(1), 1, 1);
        Assert.Throws<ArgumentException>(() => evidence.Add([1, 2], 1));
        Assert.Throws<ArgumentException>(() => evidence.Add([float.PositiveInfinity], 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => evidence.Add([1], double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => evidence.Add([1], 1, -1));
    }

    [Fact]
    public void The_largest_file_is_within_the_bound()
    {
        var evidence = new LinearEvidence([.. Enumerable.Range(0, 256).Select(i => new string('f', 61) + $"{i:D3}")], 1, 1);
        Assert.InRange(LinearFile.Write(evidence.Posterior()).Length, 0, LinearFile.MostBytes);
    }

    private static LinearPosterior Example()
    {
        var evidence = new LinearEvidence(["bias", "age"], prior: 1, noise: 0.25);
        evidence.Add([1, 2], 1.5);
        evidence.Add([1, -1], 0.25, weight: 0.5);
        evidence.Add([1, 0.5f], 1);
        return evidence.Posterior();
    }

    private static string Refusal(Action<byte[]> change, params ImmutableArray<string> names)
    {
        var file = LinearFile.Write(names.IsEmpty ? Example() : new LinearEvidence(names, 1, 1).Posterior());
        change(file);
        var body = file.AsSpan(0, file.Length - SHA256.HashSizeInBytes);
        SHA256.HashData(body, file.AsSpan(body.Length));
        return Assert.Throws<InvalidDataException>(() => LinearFile.Read(file)).Message;
    }

    private static ImmutableArray<string> Names(int count) => [.. Enumerable.Range(0, count).Select(i => $"f{i}")];

    /// <summary>The oracle: the update of mean and covariance by one observation (Sherman-Morrison), which inverts nothing.</summary>
    private static void Observe(double[] mean, double[,] covariance, float[] row, double target, double noise)
    {
        var d = mean.Length;
        var gain = new double[d];
        var (spread, said) = (noise, 0.0);
        for (var i = 0; i < d; i++)
        {
            for (var j = 0; j < d; j++)
            {
                gain[i] += covariance[i, j] * row[j];
            }

            said += mean[i] * row[i];
        }

        spread += Enumerable.Range(0, d).Sum(i => gain[i] * row[i]);
        for (var i = 0; i < d; i++)
        {
            mean[i] += gain[i] * (target - said) / spread;
            for (var j = 0; j < d; j++)
            {
                covariance[i, j] -= gain[i] * gain[j] / spread;
            }
        }
    }
}
