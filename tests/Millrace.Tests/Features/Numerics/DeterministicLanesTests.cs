using CsCheck;
using Millrace.Features.Numerics;
using Millrace.Features.Text;

namespace Millrace.Tests.Features.Numerics;

/// <summary>A million arguments a function: any bits at all, those of the useful range, and those where branches part.</summary>
public sealed class DeterministicLanesTests
{
    private const int Count = 1_000_003;

    private static readonly double[] Edges =
    [
        0.0, -0.0, double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.Epsilon, -double.Epsilon, double.MaxValue, double.MinValue, 1, -1,
        Deterministic.ExpOverflow, Math.BitIncrement(Deterministic.ExpOverflow), Deterministic.ExpUnderflow, Math.BitDecrement(Deterministic.ExpUnderflow),
        Deterministic.SmallestNormal, Math.BitDecrement(Deterministic.SmallestNormal), Deterministic.Sqrt2, Math.BitIncrement(Deterministic.Sqrt2), 2, 0.5,
        693.5, -693.5, -693.49, 693.49, Math.BitDecrement(1.0), Math.BitIncrement(1.0),
    ];

    private static readonly double[] Arguments = Make();

    [Fact]
    public void Exp_of_a_column_has_the_bits_of_the_scalar()
    {
        var column = new double[Count];
        DeterministicLanes.Exp(Arguments, column);
        Same(Deterministic.Exp, column);
    }

    [Fact]
    public void Log_of_a_column_has_the_bits_of_the_scalar()
    {
        var column = new double[Count];
        DeterministicLanes.Log(Arguments, column);
        Same(Deterministic.Log, column);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(86400e6)]
    [InlineData(0.3)]
    public void Decay_of_a_column_has_the_bits_of_the_scalar(double halfLife)
    {
        var column = new double[Count / 3];
        DeterministicLanes.HalfLifeDecay(Arguments.AsSpan(0, column.Length), halfLife, column);
        Same(age => Deterministic.HalfLifeDecay(age, halfLife), column);
    }

    [Fact]
    public void Decay_of_a_column_has_the_bits_of_the_scalar_among_runs_of_ages_that_are_missing()
    {
        // Whole groups of four, and broken ones, as ages have of items that never had the event; some of NaNs with other bits.
        double[] ages = [.. Arguments.Take(100_003).Select((argument, i) => i % 13 < 9 ? i % 39 < 13 ? BitConverter.UInt64BitsToDouble(0xFFF8_0000_0000_0001) : double.NaN : argument)];
        double[] expected = [.. ages.Select(age => Deterministic.HalfLifeDecay(age, 86400e6))];
        var got = new double[ages.Length];
        DeterministicLanes.HalfLifeDecay(ages, 86400e6, got);
        Assert.Equal(expected.Select(BitConverter.DoubleToUInt64Bits), got.Select(BitConverter.DoubleToUInt64Bits));
    }

    [Fact]
    public void A_column_may_be_overwritten_and_nothing_beyond_it_is() => Gen.Int[0, 40].Sample(length =>
    {
        double[] column = Arguments[..50];
        DeterministicLanes.Exp(column.AsSpan(0, length), column);
        for (int i = 0; i < column.Length; i++) Same(i < length ? Deterministic.Exp(Arguments[i]) : Arguments[i], column[i], Arguments[i]);
    });

    private static void Same(Func<double, double> scalar, double[] column)
    {
        for (int i = 0; i < column.Length; i++) Same(scalar(Arguments[i]), column[i], Arguments[i]);
    }

    [Fact]
    public void Logarithms_of_one_plus_a_column_have_the_bits_of_the_scalar_among_zeros_too()
    {
        // Runs of zeros, whole and broken, as sums of items that nobody clicks have.
        double[] column = [.. Arguments.Take(100_003).Select((argument, i) => i % 13 < 9 ? 0 : argument)];
        float[] expected = [.. column.Select(value => (float)Deterministic.Log(1 + value))];
        var got = new float[column.Length];
        DeterministicLanes.LogOnePlus(column, got);
        Assert.Equal(expected.Select(BitConverter.SingleToUInt32Bits), got.Select(BitConverter.SingleToUInt32Bits));
    }

    [Fact]
    public void Cosines_of_a_column_have_the_bits_of_the_scalar()
    {
        int[] dots = [.. Enumerable.Range(0, 1003).Select(i => (int)Philox.Draw(8, 0, (ulong)i).Item1 >> 8)];
        (int Left, int Right)[] squared = [.. dots.Select((dot, i) => i % 5 == 0 ? (0, dot) : (Math.Abs(dot) + 1, 1 + (i * 7919)))];
        double[] column = [.. dots];
        DeterministicLanes.Cosine(column, [.. squared.Select(both => (double)((long)both.Left * both.Right))], column);
        for (var i = 0; i < dots.Length; i++)
        {
            Same(Int8Vector.Cosine(dots[i], squared[i].Left, squared[i].Right), column[i], dots[i]);
        }
    }

    private static void Same(double expected, double actual, double argument)
    {
        if (BitConverter.DoubleToUInt64Bits(expected) != BitConverter.DoubleToUInt64Bits(actual)) Assert.Fail($"{argument:R}: expected {expected:R}, got {actual:R}");
    }

    private static double[] Make()
    {
        var arguments = new double[Count];
        for (int i = 0; i < Count; i++)
        {
            (ulong first, ulong second) = Philox.Draw(7, 0, (ulong)i);
            arguments[i] = i < Edges.Length * Edges.Length ? Edges[(i + (i / Edges.Length)) % Edges.Length] : (i % 4) switch
            {
                0 => BitConverter.UInt64BitsToDouble(first),
                1 => (Philox.ToUnit(first) - 0.5) * 1500,
                2 => Philox.ToUnit(first) * Deterministic.Exp((Philox.ToUnit(second) - 0.5) * 100),
                _ => 0.5 + (Philox.ToUnit(first) * 1.5),
            };
        }

        return arguments;
    }
}
