using System.Buffers.Binary;
using System.Text;

namespace Millrace.Features.Images;

/// <summary>Writes what a fold holds as compact integers: varints, zigzag for what may be negative. Not thread-safe; <see cref="Flush"/> at the end.</summary>
internal sealed class StateWriter(Stream to)
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _length;

    internal void Number(ulong value)
    {
        Room(10);
        while (value >= 0x80)
        {
            _buffer[_length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        _buffer[_length++] = (byte)value;
    }

    internal void Count(int value) => Number((uint)value);

    internal void Signed(long value) => Number((ulong)((value << 1) ^ (value >> 63)));

    /// <summary>Eight bytes: for hashes, which no varint shortens.</summary>
    internal void Hash(ulong value)
    {
        Room(sizeof(ulong));
        BinaryPrimitives.WriteUInt64LittleEndian(_buffer.AsSpan(_length), value);
        _length += sizeof(ulong);
    }

    internal void Flag(bool value) => Number(value ? 1UL : 0UL);

    internal void Bytes(ReadOnlySpan<byte> bytes)
    {
        Count(bytes.Length);
        Raw(bytes);
    }

    /// <summary>Bytes without their length.</summary>
    internal void Raw(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            Room(1);
            var part = bytes[..Math.Min(bytes.Length, _buffer.Length - _length)];
            part.CopyTo(_buffer.AsSpan(_length));
            _length += part.Length;
            bytes = bytes[part.Length..];
        }
    }

    internal void Text(string? text)
    {
        Flag(text is not null);
        if (text is not null)
        {
            Bytes(Encoding.UTF8.GetBytes(text));
        }
    }

    /// <summary>A row of words of which most are zero: how many are not, then each with its distance from the one before.</summary>
    internal void Sparse(ReadOnlySpan<long> words)
    {
        Count(words.Length - words.Count(0L));
        var last = -1;
        for (var i = 0; i < words.Length; i++)
        {
            if (words[i] != 0)
            {
                Count(i - last - 1);
                Signed(words[i]);
                last = i;
            }
        }
    }

    internal void Flush()
    {
        to.Write(_buffer, 0, _length);
        _length = 0;
    }

    private void Room(int bytes)
    {
        if (_buffer.Length - _length < bytes)
        {
            Flush();
        }
    }
}
