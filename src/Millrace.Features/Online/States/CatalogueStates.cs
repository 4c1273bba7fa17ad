using System.Globalization;
using System.Runtime.InteropServices;
using Millrace.Features.Catalogue;
using Millrace.Features.Definitions;
using Millrace.Features.Text;
using Millrace.Journal.Facts;

namespace Millrace.Features.Online;

/// <summary>What the catalogue says of an item, in words of its row: no event changes it, and it is as the last change of the item left it.</summary>
/// <param name="words">How many words of the row it takes.</param>
internal abstract class CatalogueState(int words) : ItemState
{
    internal sealed override int Words => words;

    internal sealed override string? Event => null;

    internal sealed override bool Wants(string @event) => false;

    internal sealed override void Apply(in FoldedEvent folded, Span<long> row)
    {
    }

    internal sealed override void Describe(ItemChanged item, Span<long> row)
    {
        var own = row.Slice(Offset, words);
        own.Clear();
        Write(item, own);
    }

    internal sealed override FrozenState Freeze(long time) => new Frozen(Offset, words);

    /// <summary>Fills its words, which are zero.</summary>
    private protected abstract void Write(ItemChanged item, Span<long> own);

    /// <param name="offset">Where the words of the state begin.</param>
    /// <param name="words">How many there are.</param>
    internal sealed class Frozen(int offset, int words) : FrozenState
    {
        /// <summary>Begins to load its words of some rows of a snapshot.</summary>
        internal void Prefetch(FeatureSnapshot snapshot, ReadOnlySpan<int> rows)
        {
            foreach (var row in rows)
            {
                snapshot.Prefetch(row, offset, words);
            }
        }

        /// <summary>The first of its words in every row.</summary>
        internal int At => offset;

        /// <summary>Its words.</summary>
        internal ReadOnlySpan<long> Of(ReadOnlySpan<long> row) => row.Slice(offset, words);

        internal override IEnumerable<string> Canonical(CanonicalItems items) => items.Taken
            .Where(row => Of(items.Words(row)).ContainsAnyExcept(0))
            .Select(row => $"{items.IdOf(row)}:{Convert.ToHexString(MemoryMarshal.AsBytes(Of(items.Words(row))))}")
            .Order(StringComparer.Ordinal);
    }
}

/// <summary>Up to four values of a part, each as 32 bits of its hash, which are never 0; two to a word.</summary>
internal sealed class ItemValues(ItemValuesKey key) : CatalogueState(ItemPart.KeyOf(key.By) is null ? 1 : Most / 2)
{
    /// <summary>So many values are kept, in ordinal order.</summary>
    internal const int Most = 4;

    private protected override void Write(ItemChanged item, Span<long> own)
    {
        var ids = MemoryMarshal.Cast<long, uint>(own);
        var at = 0;
        foreach (var value in ItemPart.ValuesOf(key.By, item).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Take(ids.Length))
        {
            ids[at++] = ItemPart.IdOf(value);
        }
    }
}

/// <summary>An attribute as a number: the bits of a double, against those of NaN, so that 0 says that there is none.</summary>
internal sealed class ItemNumbers(ItemNumbersKey key) : CatalogueState(1)
{
    private static readonly long Nothing = BitConverter.DoubleToInt64Bits(double.NaN);

    internal static double Of(long word) => BitConverter.Int64BitsToDouble(word ^ Nothing);

    private protected override void Write(ItemChanged item, Span<long> own)
    {
        if (item.Attributes.TryGetValue(key.Attribute, out var values) && values.Length > 0 && NumberText.Parse(values[0]) is { } number)
        {
            own[0] = BitConverter.DoubleToInt64Bits(number) ^ Nothing;
        }
    }
}

/// <summary>Whether a part has a value: 1 when it has, 2 when it has others.</summary>
internal sealed class ItemEquals(ItemEqualsKey key) : CatalogueState(1)
{
    private protected override void Write(ItemChanged item, Span<long> own)
    {
        foreach (var value in ItemPart.ValuesOf(key.By, item))
        {
            own[0] = own[0] == 1 || value == key.Value ? 1 : 2;
        }
    }
}

/// <summary>A vector of bytes and its squared length, of an attribute's text or of a supplied embedding.</summary>
internal sealed class ItemVectors(ItemVectorsKey key) : CatalogueState(1 + (key.Dimensions / sizeof(long)))
{
    private readonly int[] _counts = new int[key.Dimensions];

    /// <summary>The squared length of a vector; 0 when there is none.</summary>
    internal static int Squared(ReadOnlySpan<long> words) => (int)words[0];

    internal static ReadOnlySpan<sbyte> Vector(ReadOnlySpan<long> words) => MemoryMarshal.Cast<long, sbyte>(words[1..]);

    private protected override void Write(ItemChanged item, Span<long> own)
    {
        var vector = MemoryMarshal.Cast<long, sbyte>(own[1..]);
        if (key.Text is not { } text)
        {
            if (item.Embedding.Length != key.Dimensions || !Int8Vector.TryFromFloats(item.Embedding.AsSpan(), vector, out _))
            {
                vector.Clear();
            }
        }
        else if (item.Attributes.TryGetValue(text, out var values))
        {
            Array.Clear(_counts);
            foreach (var value in values)
            {
                HashedText.Add(value, _counts);
            }

            Int8Vector.FromCounts(_counts, vector);
        }

        own[0] = Int8Vector.Dot(vector, vector);
    }
}
