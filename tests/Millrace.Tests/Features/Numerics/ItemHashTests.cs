using System.IO.Hashing;
using System.Text;
using CsCheck;
using Millrace.Features.Numerics;

namespace Millrace.Tests.Features.Numerics;

public sealed class ItemHashTests
{
    /// <summary>The answers of XXH3's reference implementation, as the ports of it publish them.</summary>
    [Theory]
    [InlineData("", 0, 0x2d06800538d394c2)]
    [InlineData("a", 0, 0xe6c632b61e964e1f)]
    [InlineData("abc", 0, 0x78af5f94892f3950)]
    [InlineData("hello", 0, 0x9555e8555c62dcfd)]
    [InlineData("Hello, World!", 0, 0x60415d5f616602aa)]
    [InlineData("message digest", 0, 0x160d8e9329be94f9)]
    [InlineData("", 0x123456789abcdef0, 0x8aa56c2c3d8317f6)]
    [InlineData("a", 0x123456789abcdef0, 0xb3d499069b2d173a)]
    public void Hashes_are_those_of_XXH3(string text, long seed, ulong expected) => Assert.Equal(expected, ItemHash.Of(text, seed));

    [Fact]
    public void Any_text_of_any_length_is_hashed_as_its_bytes() => Gen.Select(Gen.String[Gen.Char, 0, 2000], Gen.Long).Sample((text, seed) =>
        Assert.Equal(XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(text), seed), ItemHash.Of(text, seed)));

    [Fact]
    public void Hashing_allocates_nothing()
    {
        string longText = new('ü', 3000);
        ulong all = ItemHash.Of("warm") ^ ItemHash.Of(longText);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++) all ^= ItemHash.Of("item-10293", i) ^ ItemHash.Of(longText, i);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.NotEqual(0UL, all);
    }
}
