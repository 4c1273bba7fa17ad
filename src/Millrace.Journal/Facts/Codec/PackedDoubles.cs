using System.Runtime.CompilerServices;

namespace Millrace.Journal.Facts.Codec;

/// <summary>
/// Doubles, bit for bit. Each begins with a varint: 0 eight bytes follow; 1 four, which widen to it exactly; k ≥ 2 the (k − 2)th distinct value again. A slate's
/// propensities are mostly the same floor, so they take a byte each.
/// </summary>
internal static class PackedDoubles
{
    private const int Distinct = 100;

    [SkipLocalsInit]
    public static void Write(FieldWriter writer, ReadOnlySpan<double> values)
    {
        var seen = (stackalloc long[Distinct]);
        var count = 0;
        foreach (var value in values)
        {
            var bits = BitConverter.DoubleToInt64Bits(value);
            var known = seen[..count].IndexOf(bits);
            if (known >= 0)
            {
                writer.Varint((ulong)known + 2);
                continue;
            }

            var narrow = (float)value;
            if (BitConverter.DoubleToInt64Bits(narrow) == bits)
            {
                writer.Varint(1);
                writer.RawFloat(narrow);
            }
            else
            {
                writer.Varint(0);
                writer.RawDouble(value);
            }

            if (count < Distinct)
            {
                seen[count++] = bits;
            }
        }
    }

    public static double[] Read(ref ByteCursor cursor, int count)
    {
        var values = new double[count];
        var seen = (stackalloc double[Distinct]);
        var distinct = 0;
        for (var i = 0; i < count; i++)
        {
            var head = cursor.Varint();
            if (head >= 2)
            {
                values[i] = head - 2 < (ulong)distinct ? seen[(int)(head - 2)] : throw new FactFormatException($"double: expected one of {distinct}, got {head - 2}");
                continue;
            }

            values[i] = head == 0 ? cursor.Double() : cursor.Float();
            if (distinct < Distinct)
            {
                seen[distinct++] = values[i];
            }
        }

        return values;
    }
}
