using System.Runtime.Intrinsics;

namespace Millrace.Models.Trees;

/// <summary>
/// The categories that some categorical splits of one input column name, as codes of a byte: values that none of them names share one code, missing values have another.
/// A split is then a table of 256 bits, looked up for 16 rows at once.
/// </summary>
internal sealed class CategoryCodes
{
    /// <summary>Categories that one group of splits may name: two codes are taken.</summary>
    internal const int MostNamed = 254;

    // Categories below this find their code in a table, others by halving.
    private const int TableSize = 4_096;

    private readonly int[] _named;
    private readonly byte[] _table;
    private readonly bool _truncates;
    private readonly CategoryVariant[] _variants;

    /// <param name="splits">
    /// Which categories each names, whether missing values go left, and the column to write. All truncate alike; together they name at most <see cref="MostNamed"/>.
    /// </param>
    internal CategoryCodes(IReadOnlyList<(CategorySet Set, bool MissingLeft, int Column)> splits)
    {
        _truncates = splits[0].Set.Truncates;
        _named = [.. splits.SelectMany(static split => split.Set.Named()).Distinct().Order()];
        _table = new byte[Math.Min(TableSize, _named.Length == 0 ? 0 : _named[^1] + 1)];
        for (int category = 0; category < _table.Length; category++) _table[category] = Code(category);
        _variants = [.. splits.Select(Variant)];
    }

    private byte None => (byte)_named.Length;

    private byte Missing => (byte)(_named.Length + 1);

    /// <summary>Writes the columns of all splits.</summary>
    /// <param name="values">The input's values, a multiple of 16.</param>
    /// <param name="block">The block's columns.</param>
    /// <param name="codes">Room for as many codes.</param>
    internal void Write(ReadOnlySpan<float> values, Span<sbyte> block, Span<byte> codes)
    {
        for (int i = 0; i < values.Length; i++) codes[i] = CodeOf(values[i]);
        foreach (var variant in _variants) variant.Write(codes, block.Slice(variant.Column * ForestProgram.BlockRows, codes.Length));
    }

    private byte CodeOf(float value)
    {
        if (float.IsNaN(value)) return Missing;
        if (!(value >= 0 || (_truncates && value > -1)) || value >= int.MaxValue) return None;
        int category = (int)value;
        return category < _table.Length ? _table[category] : Code(category);
    }

    private byte Code(int category)
    {
        int at = Array.BinarySearch(_named, category);
        return at < 0 ? None : (byte)at;
    }

    private CategoryVariant Variant((CategorySet Set, bool MissingLeft, int Column) split)
    {
        Span<byte> right = stackalloc byte[32];
        for (int code = 0; code < _named.Length; code++) Put(right, code, !split.Set.GoesLeft(_named[code]));
        Put(right, None, split.Set.InsideLeft);
        Put(right, Missing, !split.MissingLeft);
        return new CategoryVariant(split.Column, Vector128.Create<byte>(right[..16]), Vector128.Create<byte>(right[16..]));
    }

    private static void Put(Span<byte> bits, int code, bool set)
    {
        if (set) bits[code >> 3] |= (byte)(1 << (code & 7));
    }
}

/// <summary>A column of one categorical split: −1 on the left, 0 on the right.</summary>
/// <param name="Column">Where it is written.</param>
/// <param name="Low">Bit k of byte i: whether code 8i + k goes right.</param>
/// <param name="High">The same from code 128 on.</param>
internal sealed record CategoryVariant(int Column, Vector128<byte> Low, Vector128<byte> High)
{
    /// <summary>What goes right is above it.</summary>
    internal const sbyte Threshold = -1;

    internal void Write(ReadOnlySpan<byte> codes, Span<sbyte> column)
    {
        Vector128<byte> bits = Vector128.Create((byte)1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128);
        Vector128<byte> ofSixteen = Vector128.Create((byte)15);
        for (int i = 0; i < codes.Length; i += Vector128<byte>.Count)
        {
            Vector128<byte> code = Vector128.Create(codes[i..]);
            Vector128<byte> eighth = (code.AsUInt16() >> 3).AsByte() & Vector128.Create((byte)31);
            Vector128<byte> inHigh = Vector128.GreaterThan(eighth, ofSixteen);
            Vector128<byte> found = Vector128.ConditionalSelect(inHigh, Vector128.Shuffle(High, eighth & ofSixteen), Vector128.Shuffle(Low, eighth & ofSixteen));
            Vector128.Equals(found & Vector128.Shuffle(bits, code & Vector128.Create((byte)7)), Vector128<byte>.Zero).AsSByte().CopyTo(column[i..]);
        }
    }
}
