using System.Buffers.Binary;
using System.Text;

namespace Millrace.Journal.Facts.Codec;

/// <summary>Takes values off the front of bytes that nobody vouches for.</summary>
internal ref struct ByteCursor(ReadOnlySpan<byte> bytes)
{
    private const int MostVarintBytes = 10;

    public ReadOnlySpan<byte> Rest { get; private set; } = bytes;

    public readonly bool AtEnd => Rest.IsEmpty;

    public ulong Varint()
    {
        if (!Rest.IsEmpty && Rest[0] < 0x80)
        {
            var single = Rest[0];
            Rest = Rest[1..];
            return single;
        }

        return LongVarint();
    }

    /// <summary>A count of things that take at least <paramref name="least"/> bytes each, so that a false count cannot ask for memory.</summary>
    public int Count(int least = 1)
    {
        var count = Varint();
        return count <= (ulong)(Rest.Length / least)
            ? (int)count
            : throw new FactFormatException($"count: expected at most {Rest.Length / least}, got {count}");
    }

    public ReadOnlySpan<byte> Take(int count)
    {
        if (Rest.Length < count)
        {
            throw new FactFormatException($"value: expected {count} bytes, got {Rest.Length}");
        }

        var taken = Rest[..count];
        Rest = Rest[count..];
        return taken;
    }

    /// <summary>A run of bytes behind its length.</summary>
    public ReadOnlySpan<byte> Run() => Take(Count());

    public byte Byte() => Take(1)[0];

    public string Text() => Encoding.UTF8.GetString(Run());

    /// <summary>A text that is often the same as one before (<see cref="TextCache"/>).</summary>
    public string Word() => TextCache.Text(Run());

    public double Double() => BitConverter.Int64BitsToDouble(BinaryPrimitives.ReadInt64LittleEndian(Take(8)));

    public float Float() => BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadInt32LittleEndian(Take(4)));

    private ulong LongVarint()
    {
        ulong value = 0;
        for (var i = 0; i < MostVarintBytes && i < Rest.Length; i++)
        {
            value |= (ulong)(Rest[i] & 0x7F) << (7 * i);
            if (Rest[i] < 0x80)
            {
                Rest = Rest[(i + 1)..];
                return value;
            }
        }

        throw new FactFormatException($"varint: expected an end within {MostVarintBytes} bytes, got {Rest.Length} bytes without one");
    }
}
