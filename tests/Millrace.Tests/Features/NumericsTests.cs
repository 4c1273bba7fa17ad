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

    /// <summary>The first two outputs of SplitMix64 from the seed 1234567, as its authors' and Java's generators give them.</summary>
    [Theory]
    [InlineData(1, 6457827717110365317)]
    [InlineData(2, 3203168211198807973)]
    public void The_mixer_gives_the_known_answers_of_SplitMix64(ulong step, ulong expected) =>
        Assert.Equal(expected, StableHash.Mix(unchecked(1234567 + (step * 0x9E3779B97F4A7C15))));

    /// <summary>FNV-1a's published hashes (of "a": af63dc4c8601ec8c, of "foobar": 85944171f73967e8), mixed outside this project.</summary>
    [Theory]
    [InlineData("", 0, 0xf52a15e9a9b5e89b)]
    [InlineData("a", 0, 0x02c0bdbf481420f8)]
    [InlineData("foobar", 0, 0x404da9e3b74078c2)]
    [InlineData("größe", 0, 0xbe9079c1b7e5afe8)]
    [InlineData("\U0001F30A", 0, 0xd2e0bab774873405)]
    [InlineData("a", 1, 0x270aeb36a95726cf)]
    public void Hashes_of_text_never_change(string text, ulong seed, ulong expected) => Assert.Equal(expected, StableHash.Of(text, seed));
}
