using System.Globalization;
using System.Numerics;
using System.Text;
using Millrace.Features.Numerics;

namespace Millrace.Features.Text;

/// <summary>
/// Text as counts of hashed n-grams: words, pairs of neighbouring words, and three characters of a word whose ends count as one. Each n-gram adds or takes one at one
/// place of the vector, so that collisions cancel in the mean. Source: Weinberger et al., "Feature hashing for large scale multitask learning", ICML 2009. A word is a
/// run of letters, digits and marks (without the marks, words of Indic scripts would fall apart), lower-cased by Unicode's simple mapping. Text is taken as
/// it is composed: whoever mixes é and e´ should normalise first.
/// </summary>
internal static class HashedText
{
    internal const int MinLength = 16;
    internal const int MaxLength = 512;

    private const ulong WordSeed = 0x57C0_11EC_7E57_0001;
    private const ulong PairSeed = 0x9E37_79B9_7F4A_7C15;
    private const ulong CharactersSeed = 0x57C0_11EC_7E57_0003;

    /// <summary>Adds the n-grams of <paramref name="text"/> to <paramref name="counts"/>, whose length is a power of two, 16 to 512. Allocates nothing.</summary>
    internal static void Add(ReadOnlySpan<char> text, Span<int> counts)
    {
        if (counts.Length is < MinLength or > MaxLength || !BitOperations.IsPow2(counts.Length))
        {
            throw new ArgumentException($"expected a power of two of {MinLength} to {MaxLength}; got {counts.Length}", nameof(counts));
        }

        (ulong word, ulong lastWord) = (WordSeed, 0);
        (int length, int before, int last) = (0, 0, 0);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (IsOfWord(rune))
            {
                int value = Rune.ToLowerInvariant(rune).Value;
                word = StableHash.Mix(word ^ (uint)value);
                if (length++ > 0) Characters(before, last, value, counts);
                (before, last) = (last, value);
            }
            else if (length > 0)
            {
                EndWord(word, lastWord, before, last, counts);
                (word, lastWord, length, before, last) = (WordSeed, word, 0, 0, 0);
            }
        }

        if (length > 0) EndWord(word, lastWord, before, last, counts);
    }

    private static void EndWord(ulong word, ulong lastWord, int before, int last, Span<int> counts)
    {
        Count(word, counts);
        Characters(before, last, 0, counts);
        if (lastWord != 0) Count(StableHash.Mix(word ^ (lastWord * PairSeed)), counts);
    }

    private static void Characters(int first, int second, int third, Span<int> counts) =>
        Count(StableHash.Mix(CharactersSeed ^ ((ulong)first << 42) ^ ((ulong)second << 21) ^ (ulong)third), counts);

    private static void Count(ulong hash, Span<int> counts) => counts[(int)(hash & (ulong)(counts.Length - 1))] += (long)hash < 0 ? -1 : 1;

    private static bool IsOfWord(Rune rune) => Rune.IsLetterOrDigit(rune)
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;
}
