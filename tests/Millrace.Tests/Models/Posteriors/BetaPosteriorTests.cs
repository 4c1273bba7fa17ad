using Millrace.Models.Posteriors;

namespace Millrace.Tests.Models.Posteriors;

public sealed class BetaPosteriorTests
{
    private const int Draws = 20_000;

    /// <summary>Of Kolmogorov's distribution; one in a thousand good samples lies above, and the seeds are fixed.</summary>
    private const double Critical = 1.95;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 5)]
    [InlineData(1, 40)]
    [InlineData(30, 2)]
    [InlineData(0.5, 0.5)]
    [InlineData(0.3, 3)]
    [InlineData(4, 0.7)]
    [InlineData(12.5, 480.25)]
    [InlineData(1e5, 3e5)]
    public void Draws_are_distributed_as_the_beta_distribution_says(double a, double b) => Assert.InRange(Distance(a, b, a, b), 0, Critical);

    [Theory]
    [InlineData(2.1, 5, 2, 5)]
    [InlineData(0.5, 0.47, 0.5, 0.5)]
    [InlineData(12.5, 470, 12.5, 480.25)]
    public void A_parameter_that_is_a_little_off_is_caught(double a, double b, double saidA, double saidB) =>
        Assert.True(Distance(a, b, saidA, saidB) > Critical);

    [Theory]
    [InlineData(0.01, 0.01)]
    [InlineData(0.001, 0.1)]
    [InlineData(0.02, 5)]
    public void Tiny_parameters_draw_what_lies_near_the_ends(double a, double b)
    {
        double[] edges = [1e-300, 1e-100, 1e-20, 1e-6, 0.01, 0.5, 0.99];
        var drawn = Drawn(a, b);
        foreach (var edge in edges)
        {
            var (expected, got) = (BetaCdf.At(edge, a, b), drawn.Count(draw => draw <= edge) / (double)Draws);
            Assert.Equal(expected, got, tolerance: 4 * Math.Sqrt((expected * (1 - expected) / Draws) + 1e-6));
        }
    }

    [Fact]
    public void The_oracle_knows_the_closed_forms()
    {
        Assert.Equal(0.3, BetaCdf.At(0.3, 1, 1), tolerance: 1e-12);
        Assert.Equal(Math.Pow(0.3, 4), BetaCdf.At(0.3, 4, 1), tolerance: 1e-12);
        Assert.Equal(1 - Math.Pow(0.7, 5), BetaCdf.At(0.3, 1, 5), tolerance: 1e-12);
        Assert.Equal(2 / Math.PI * Math.Asin(Math.Sqrt(0.3)), BetaCdf.At(0.3, 0.5, 0.5), tolerance: 1e-9);
    }

    [Fact]
    public void Draws_are_the_ones_that_were_first_written_down()
    {
        // Golden: a release or a machine that draws otherwise would not replay the slates of another.
        (double A, double B)[] parameters = [(1, 1), (2, 5), (0.5, 0.5), (1, 200), (0.01, 3), (1e6, 1e6)];
        var bits = parameters.Select((p, i) => BitConverter.DoubleToInt64Bits(BetaPosterior.Draw(p.A, p.B, 0x0123456789ABCDEF, (ulong)i)).ToString("X16", null));
        Assert.Equal("3FE9D3675016D791 3FC92598ADBC66F6 3FEFAEFEBB25F847 3F70606AF5417920 3D67499B7843EB27 3FE00377E844F3BD", string.Join(' ', bits));
    }

    [Fact]
    public void A_draw_depends_on_its_arguments_alone_and_neighbours_are_not_alike()
    {
        Assert.Equal(BetaPosterior.Draw(2, 5, 7, 3), BetaPosterior.Draw(2, 5, 7, 3));
        var pairs = Enumerable.Range(0, Draws).Select(i => (One: BetaPosterior.Draw(2, 5, 7, (ulong)i), Next: BetaPosterior.Draw(2, 5, 7, (ulong)i + 1))).ToArray();
        var mean = 2.0 / 7;
        var correlation = pairs.Average(pair => (pair.One - mean) * (pair.Next - mean)) / (10.0 / (49 * 8));
        Assert.InRange(correlation, -4 / Math.Sqrt(Draws), 4 / Math.Sqrt(Draws));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.MaxValue)]
    [InlineData(double.Epsilon)]
    public void What_is_no_count_is_refused(double parameter)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => BetaPosterior.Draw(parameter, 1, 1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => BetaPosterior.Draw(1, parameter, 1, 1));
    }

    [Theory]
    [InlineData(1e300, 1e300)]
    [InlineData(1e-300, 1e-300)]
    [InlineData(1e-300, 1e300)]
    [InlineData(1e300, 1)]
    public void A_draw_at_the_ends_of_the_range_is_a_rate(double a, double b)
    {
        for (ulong draw = 0; draw < 1_000; draw++) Assert.InRange(BetaPosterior.Draw(a, b, 1, draw), 0, 1);
    }

    [Fact]
    public void Normal_draws_are_normal_to_the_tails()
    {
        const int Many = 400_000;
        var random = new PosteriorRandom(5, 9, 1);
        var (sum, squares, fourth, beyond, far) = (0.0, 0.0, 0.0, 0, 0);
        for (var i = 0; i < Many; i++)
        {
            var x = random.NextNormal();
            sum += x;
            squares += x * x;
            fourth += x * x * x * x;
            beyond += Math.Abs(x) > 1 ? 1 : 0;
            far += Math.Abs(x) > NormalZiggurat.Tail ? 1 : 0;
        }

        Assert.Equal(0, sum / Many, tolerance: 4 / Math.Sqrt(Many));
        Assert.Equal(1, squares / Many, tolerance: 4 * Math.Sqrt(2.0 / Many));
        Assert.Equal(3, fourth / Many, tolerance: 4 * Math.Sqrt(96.0 / Many));
        Assert.Equal(0.31731050786, beyond / (double)Many, tolerance: 4 * Math.Sqrt(0.2166 / Many));
        Assert.Equal(0.00057611, far / (double)Many, tolerance: 4 * Math.Sqrt(0.00057611 / Many));
        Assert.Equal(0, NormalZiggurat.Edges[^1]);
    }

    private static double[] Drawn(double a, double b) => [.. Enumerable.Range(0, Draws).Select(i => BetaPosterior.Draw(a, b, 42, (ulong)i))];

    /// <summary>Kolmogorov's distance between draws from one distribution and another, times the root of their number.</summary>
    private static double Distance(double a, double b, double saidA, double saidB)
    {
        var drawn = Drawn(a, b);
        Array.Sort(drawn);
        var most = drawn.Select((x, i) => (Said: BetaCdf.At(x, saidA, saidB), Index: i))
            .Max(point => Math.Max(Math.Abs(point.Said - ((double)point.Index / Draws)), Math.Abs(point.Said - ((point.Index + 1.0) / Draws))));
        return most * Math.Sqrt(Draws);
    }
}
