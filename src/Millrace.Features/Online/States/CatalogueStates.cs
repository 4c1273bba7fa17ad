using System.Globalization;
using System.Runtime.InteropServices;
using Millrace.Features.Catalogue;
using Millrace.Features.Definitions;
using Millrace.Features.Text;
using Millrace.Journal.Facts;

namespace Millrace.Features.Online;

/// <summary>What the catalogue says of an item, in cells of its row: no event changes it, and it is as the last change of the item left it.</summary>
/// <param name="cells">How many cells of the row it takes.</param>
internal abstract class CatalogueState(int cells) : ItemState
{
    internal sealed override int Cells => cells;

    internal sealed override string? Event => null;

    internal sealed override bool Wants(string @event) => false;

    internal sealed override void Apply(in FoldedEvent folded, Span<long> row)
    {
    }

    internal sealed override void Describe(ItemChanged item, Span<long> row)
    {
        var own = row.Cells().Slice(Front, cells);
        own.Clear();
        Write(item, own);
    }

    internal sealed override FrozenState Freeze(long time) => new Frozen(Front, cells);

    /// <summary>Fills its cells, which are zero.</summary>
    private protected abstract void Write(ItemChanged item, Span<uint> own);

    /// <param name="front">Where the cells of the state begin.</param>
    /// <param name="cells">How many there are.</param>
    internal sealed class Frozen(int front, int cells) : FrozenState
    {
        /// <summary>The first of its cells in every row.</summary>
        internal int At => front;

        /// <summary>How many there are.</summary>
        internal int Cells => cells;

        /// <summary>Whether one of its cells holds a value.</summary>
        internal bool Has(CellRow row, uint value)
        {
            var has = false;
            for (var at = front; at < front + cells; at++)
            {
                has |= row[at] == value;
            }

            return has;
        }

        /// <summary>Its cells.</summary>
        internal ReadOnlySpan<uint> Of(ReadOnlySpan<uint> row) => row.Slice(front, cells);

        internal override IEnumerable<string> Canonical(CanonicalItems items) => items.Taken
            .Where(row => Of(items.Cells(row)).ContainsAnyExcept(0u))
            .Select(row => $"{items.IdOf(row)}:{Convert.ToHexString(MemoryMarshal.AsBytes(Of(items.Cells(row))))}")
            .Order(StringComparer.Ordinal);
    }
}

/// <summary>Up to four values of a part, each as 32 bits of its hash, which are never 0.</summary>
internal sealed class ItemValues(ItemValuesKey key) : CatalogueState(ItemPart.KeyOf(key.By) is null ? 1 : Most)
{
    /// <summary>So many values are kept, in ordinal order.</summary>
    internal const int Most = 4;

    private protected override void Write(ItemChanged item, Span<uint> own)
    {
        var at = 0;
        foreach (var value in ItemPart.ValuesOf(key.By, item).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Take(own.Length))
        {
            own[at++] = ItemPart.IdOf(value);
        }
    }
}

/// <summary>An attribute as a number: the bits of a float, against those of NaN, so that 0 says that there is none.</summary>
internal sealed class ItemNumbers(ItemNumbersKey key) : CatalogueState(1)
{
    private static readonly uint Nothing = BitConverter.SingleToUInt32Bits(float.NaN);

    internal override Misfits Misfits { get; } = new($"attributes.{key.Attribute}", "a number, true or false");

    internal static float Of(uint cell) => BitConverter.UInt32BitsToSingle(cell ^ Nothing);

    private protected override void Write(ItemChanged item, Span<uint> own)
    {
        if (!item.Attributes.TryGetValue(key.Attribute, out var values) || values.Length == 0)
        {
            return;
        }

        if (NumberText.Parse(values[0]) is { } number)
        {
            own[0] = BitConverter.SingleToUInt32Bits((float)number) ^ Nothing;
        }
        else
        {
            Misfits.Note(item.Item, $"'{values[0]}'");
        }
    }
}

/// <summary>Whether a part has a value: 1 when it has, 2 when it has others.</summary>
internal sealed class ItemEquals(ItemEqualsKey key) : CatalogueState(1)
{
    private protected override void Write(ItemChanged item, Span<uint> own)
    {
        foreach (var value in ItemPart.ValuesOf(key.By, item))
        {
            own[0] = own[0] == 1 || value == key.Value ? 1u : 2;
        }
    }
}

/// <summary>A vector of bytes and its squared length, of an attribute's text or of a supplied embedding.</summary>
internal sealed class ItemVectors(ItemVectorsKey key) : CatalogueState(1 + (key.Dimensions / sizeof(uint)))
{
    private readonly int[] _counts = new int[key.Dimensions];

    internal override Misfits? Misfits { get; } = key.Text is null ? new Misfits("embedding", $"{key.Dimensions} numbers") : null;

    /// <summary>Which cell of a row holds a vector's place; the first cell of all is the squared length, 0 when there is no vector.</summary>
    internal static int CellAt(Frozen vectors, int place) => vectors.At + 1 + (place / Int8Vector.InCell);

    internal static ReadOnlySpan<sbyte> Vector(ReadOnlySpan<uint> cells) => MemoryMarshal.Cast<uint, sbyte>(cells[1..]);

    private protected override void Write(ItemChanged item, Span<uint> own)
    {
        var vector = MemoryMarshal.Cast<uint, sbyte>(own[1..]);
        if (key.Text is not { } text)
        {
            if (item.Embedding.Length != key.Dimensions || !Int8Vector.TryFromFloats(item.Embedding.AsSpan(), vector, out _))
            {
                vector.Clear();
                if (!item.Embedding.IsEmpty)
                {
                    Misfits!.Note(item.Item, item.Embedding.Length == key.Dimensions ? "some that are not finite" : $"{item.Embedding.Length} numbers");
                }
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

        own[0] = (uint)Int8Vector.Dot(vector, vector);
    }
}
