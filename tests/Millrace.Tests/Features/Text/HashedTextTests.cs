using System.Text;
using System.Text.RegularExpressions;
using CsCheck;
using Millrace.Features.Numerics;
using Millrace.Features.Text;

namespace Millrace.Tests.Features.Text;

public sealed partial class HashedTextTests
{
    private static readonly Gen<string> Text = Gen.OneOf(
        Gen.OneOf("The", "the", "quick", "Größe", "GRÖSSE", "हिन्दी", "東京", "a", "ab", "abc", "2026", " ", ", ", "-", "🌊", "𐐀", "𐐨", "e\u0301", "\ud800"),
        Gen.Char.Select(c => c.ToString())).Array[0, 30].Select(string.Concat);

    [Fact]
    public void Counts_are_those_of_n_grams_cut_from_strings() => Gen.Select(Text, Gen.Int[4, 9]).Sample((text, bits) =>
    {
        var counts = new int[1 << bits];
        HashedText.Add(text, counts);
        Assert.Equal(Naive(text, 1 << bits), counts);
    }, iter: 2000);

    /// <summary>The vector for ever: models that learnt from it hang on it. Computed once in another language from the definition.</summary>
    [Fact]
    public void A_text_has_the_counts_that_it_always_had()
    {
        var counts = new int[16];
        HashedText.Add("Größe 42, in Bild & Ton", counts);
        Assert.Equal([-1, -1, 2, 1, 0, -2, 0, 0, 0, -2, 0, 0, 0, 0, -1, 1], counts);
    }

    [Fact]
    public void Texts_add_and_their_case_and_punctuation_do_not_matter()
    {
        var once = new int[64];
        HashedText.Add("Quick brown fox", once);
        var twice = new int[64];
        HashedText.Add("QUICK, brown: fox!", twice);
        HashedText.Add("quick brown — FOX", twice);
        Assert.Equal(once.Select(count => 2 * count), twice);
    }

    [Fact]
    public void Texts_that_share_words_are_nearer_than_those_that_do_not()
    {
        sbyte[] derby = Vector("City win the derby after a late goal");
        Assert.True(Int8Vector.Cosine(derby, Vector("Late goal decides derby for City")) > 0.4);
        Assert.InRange(Int8Vector.Cosine(derby, Vector("Parliament passes new budget law")), -0.25, 0.25);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(48)]
    [InlineData(1024)]
    public void Other_lengths_are_refused(int length) => Assert.Throws<ArgumentException>(() => HashedText.Add("text", new int[length]));

    private static sbyte[] Vector(string text)
    {
        var counts = new int[256];
        HashedText.Add(text, counts);
        var vector = new sbyte[256];
        Int8Vector.FromCounts(counts, vector);
        return vector;
    }

    private static int[] Naive(string text, int length)
    {
        var hashes = new List<ulong>();
        // What cannot be a character becomes the replacement character, which is no letter.
        int[][] words = [.. Words().Matches(Encoding.Unicode.GetString(Encoding.Unicode.GetBytes(text)))
            .Select(word => word.Value.EnumerateRunes().Select(rune => Rune.ToLowerInvariant(rune).Value).ToArray())];
        ulong[] unigrams = [.. words.Select(word => word.Aggregate(0x57C0_11EC_7E57_0001UL, (hash, rune) => StableHash.Mix(hash ^ (uint)rune)))];
        hashes.AddRange(unigrams);
        hashes.AddRange(unigrams.Zip(unigrams.Skip(1), (first, second) => StableHash.Mix(second ^ unchecked(first * 0x9E37_79B9_7F4A_7C15UL))));
        foreach (int[] word in words)
        {
            int[] whole = [0, .. word, 0];
            for (int i = 0; i + 3 <= whole.Length; i++)
            {
                hashes.Add(StableHash.Mix(0x57C0_11EC_7E57_0003UL ^ ((ulong)whole[i] << 42) ^ ((ulong)whole[i + 1] << 21) ^ (ulong)whole[i + 2]));
            }
        }

        var counts = new int[length];
        foreach (ulong hash in hashes) counts[hash % (ulong)length] += hash >> 63 == 1 ? -1 : 1;
        return counts;
    }

    // .NET's expressions work on UTF-16 units: letters beyond the first plane are named by their surrogates, as the only ones in the generator.
    [GeneratedRegex(@"(?:[\p{L}\p{Nd}\p{Mn}\p{Mc}]|\ud801[\udc00-\udc4f])+")]
    private static partial Regex Words();
}
