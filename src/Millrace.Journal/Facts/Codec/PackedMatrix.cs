using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Millrace.Journal.Facts.Codec;

/// <summary>
/// A row-major matrix of floats, bit for bit, written by columns, each in the shortest of four forms: features are mostly counts, constants and
/// missing values. The form is a byte before the column.
/// </summary>
internal static class PackedMatrix
{
    private const byte Raw = 0;
    private const byte Constant = 1;
    private const byte Counts = 2;
    private const byte Dictionary = 3;
    private const int MostDistinct = 256;
    private const int MostValues = 1 << 22;
    private const float MostCount = 1 << 24;

    /// <summary>Writes <paramref name="matrix"/>; one that does not have rows × columns values is written as a single raw column.</summary>
    public static void Write(FieldWriter writer, ReadOnlySpan<float> matrix, int rows, int columns)
    {
        if (matrix.Length != (long)rows * columns)
        {
            (rows, columns) = (matrix.Length, 1);
        }

        if (matrix.Length > MostValues)
        {
            throw new ArgumentException($"Matrix: expected at most {MostValues} values, got {matrix.Length}", nameof(matrix));
        }

        writer.Varint((ulong)rows);
        writer.Varint((ulong)columns);
        var column = new float[rows];
        for (var c = 0; c < columns; c++)
        {
            for (var r = 0; r < rows; r++)
            {
                column[r] = matrix[(r * columns) + c];
            }

            WriteColumn(writer, column);
        }
    }

    public static ImmutableArray<float> Read(ref ByteCursor cursor)
    {
        var (rows, columns) = (cursor.Varint(), cursor.Varint());
        if (rows > MostValues || columns > MostValues || rows * columns > MostValues)
        {
            throw new FactFormatException($"matrix: expected at most {MostValues} values, got {rows} × {columns}");
        }

        var matrix = new float[(int)(rows * columns)];
        for (var c = 0; c < (int)columns; c++)
        {
            ReadColumn(ref cursor, matrix.AsSpan(), (int)rows, (int)columns, c);
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(matrix);
    }

    private static void WriteColumn(FieldWriter writer, ReadOnlySpan<float> column)
    {
        var distinct = new Dictionary<int, byte>();
        var counts = true;
        foreach (var value in column)
        {
            counts &= value is >= 0 and < MostCount && float.IsInteger(value) && !float.IsNegative(value);
            var bits = BitConverter.SingleToInt32Bits(value);
            if (distinct.Count < MostDistinct)
            {
                distinct.TryAdd(bits, (byte)distinct.Count);
            }
        }

        var indexed = distinct.Count < MostDistinct && (4 * distinct.Count) + column.Length + 1 < 4 * column.Length;
        if (distinct.Count == 1)
        {
            writer.RawByte(Constant);
            writer.RawFloat(column[0]);
        }
        else if (counts)
        {
            writer.RawByte(Counts);
            foreach (var value in column)
            {
                writer.Varint((ulong)value);
            }
        }
        else if (indexed)
        {
            WriteIndexed(writer, column, distinct);
        }
        else
        {
            writer.RawByte(Raw);
            foreach (var value in column)
            {
                writer.RawFloat(value);
            }
        }
    }

    private static void WriteIndexed(FieldWriter writer, ReadOnlySpan<float> column, Dictionary<int, byte> distinct)
    {
        writer.RawByte(Dictionary);
        writer.RawByte((byte)distinct.Count);
        foreach (var bits in distinct.OrderBy(d => d.Value).Select(d => d.Key))
        {
            writer.RawFloat(BitConverter.Int32BitsToSingle(bits));
        }

        foreach (var value in column)
        {
            writer.RawByte(distinct[BitConverter.SingleToInt32Bits(value)]);
        }
    }

    private static void ReadColumn(ref ByteCursor cursor, Span<float> matrix, int rows, int columns, int c)
    {
        var form = cursor.Byte();
        var constant = form == Constant ? cursor.Float() : 0;
        var distinct = form == Dictionary ? new float[cursor.Byte()] : [];
        for (var d = 0; d < distinct.Length; d++)
        {
            distinct[d] = cursor.Float();
        }

        for (var r = 0; r < rows; r++)
        {
            matrix[(r * columns) + c] = form switch
            {
                Raw => cursor.Float(),
                Constant => constant,
                Counts => cursor.Varint(),
                Dictionary when cursor.Byte() is var i => i < distinct.Length ? distinct[i] : throw new FactFormatException($"matrix: expected one of {distinct.Length}, got {i}"),
                _ => throw new FactFormatException($"matrix: expected column form 0 to 3, got {form}"),
            };
        }
    }
}
