using CsCheck;
using Millrace.Features.Numerics;

namespace Millrace.Tests.Features;

public sealed class NumericsTests
{
    [Theory]
    [InlineData(0u, 0u, 0u, 0u, 0u, 0u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(~0u, ~0u, ~0u, ~0u, ~0u, ~0u, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void Philox_gives_the_known_answers_of_its_authors(
        uint c0, uint c1, uint c2, uint c3, uint k0, uint k1, uint r0, uint r1, uint r2, uint r3) =>
        Assert.Equal((r0, r1, r2, r3), Philox.Block(c0, c1, c2, c3, k0, k1));

    [Fact]
    public void Exp_stays_within_two_units_in_the_last_place() => Gen.Double[-700, 700].Sample(x =>
    {
        double expected = Math.Exp(x);
        Assert.True(Math.Abs(Deterministic.Exp(x) - expected) <= 2 * Math.BitIncrement(expected) - (2 * expected), $"exp({x:R})");
    });

    [Fact]
    public void Log_stays_within_two_units_in_the_last_place() => Gen.Double[-300, 300].Sample(power =>
    {
        double x = Math.Pow(10, power);
        double expected = Math.Log(x);
        Assert.True(Math.Abs(Deterministic.Log(x) - expected) <= 2 * (Math.BitIncrement(Math.Abs(expected)) - Math.Abs(expected)), $"log({x:R})");
    });

    [Fact]
    public void Ends_of_the_range_are_those_of_a_double()
    {
        Assert.Equal(1, Deterministic.Exp(0));
        Assert.Equal(0, Deterministic.Exp(-800));
        Assert.Equal(double.PositiveInfinity, Deterministic.Exp(710));
        Assert.True(Deterministic.Exp(-740) > 0);
        Assert.Equal(0, Deterministic.Log(1));
        Assert.Equal(double.NegativeInfinity, Deterministic.Log(0));
        Assert.True(double.IsNaN(Deterministic.Log(-1)));
        Assert.Equal(-744.44, Deterministic.Log(double.Epsilon), 2);
    }

    [Fact]
    public void Hashes_of_text_never_change()
    {
        Assert.Equal(StableHash.Mix(14695981039346656037), StableHash.Of(""));
        Assert.NotEqual(StableHash.Of("a"), StableHash.Of("b"));
        Assert.NotEqual(StableHash.Of("a"), StableHash.Of("a", 1));
    }
}
