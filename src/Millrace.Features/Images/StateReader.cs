using System.Buffers.Binary;
using System.Text;

namespace Millrace.Features.Images;

/// <summary>Reads what <see cref="StateWriter"/> wrote. Nothing that it reads is believed: every count has a bound, and what breaks it is named.</summary>
internal sealed class StateReader
{
    private readonly Stream _from;
    private readonly byte[] _buffer;
    private int _next;
    private int _end;
    private long _before;

    internal StateReader(Stream from) => (_from, _buffer) = (from, new byte[64 * 1024]);

    /// <summary>Reads bytes that are here already.</summary>
    internal StateReader(byte[] bytes) => (_from, _buffer, _end) = (Stream.Null, bytes, bytes.Length);

    /// <summary>Bytes read so far: where a fault stands.</summary>
    internal long Offset => _before + _next;

    /// <exception cref="InvalidDataException">The bytes end, or a number is longer than 64 bits.</exception>
    internal ulong Number()
    {
        // Most numbers are small, and hardly any lies across two blocks.
        if (_next < _end && _buffer[_next] is var first and < 0x80)
        {
            _next++;
            return first;
        }

        ulong value = 0;
        for (var shift = 0; shift < 70; shift += 7)
        {
            var next = Byte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw Bad("a number of at most 64 bits", "a longer one");
    }

    /// <summary>A count from 0 to <paramref name="most"/>.</summary>
    internal int Count(int most)
    {
        var value = Number();
        return most >= 0 && value <= (ulong)most ? (int)value : throw Bad($"0 to {most}", $"{value}");
    }

    internal long Signed()
    {
        var value = Number();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    internal ulong Hash()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        Raw(bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    internal bool Flag() => Count(1) == 1;

    internal byte[] Bytes(int most)
    {
        var bytes = new byte[Count(most)];
        Raw(bytes);
        return bytes;
    }

    /// <summary>As many bytes as there is room for.</summary>
    internal void Raw(Span<byte> into)
    {
        while (!into.IsEmpty)
        {
            if (_next == _end)
            {
                Fill();
            }

            var part = Math.Min(into.Length, _end - _next);
            _buffer.AsSpan(_next, part).CopyTo(into);
            into = into[part..];
            _next += part;
        }
    }

    /// <summary>Whether nothing follows.</summary>
    internal bool AtEnd()
    {
        if (_next < _end)
        {
            return false;
        }

        _before += _end;
        (_next, _end) = (0, _from.Read(_buffer, 0, _buffer.Length));
        return _end == 0;
    }

    internal string? Text(int mostBytes)
    {
        if (!Flag())
        {
            return null;
        }

        var length = Count(mostBytes);
        if (length > _end - _next)
        {
            var bytes = new byte[length];
            Raw(bytes);
            return Encoding.UTF8.GetString(bytes);
        }

        var text = Encoding.UTF8.GetString(_buffer, _next, length);
        _next += length;
        return text;
    }

    internal void Sparse(Span<long> words)
    {
        var left = Count(words.Length);
        for (var at = 0; left > 0; left--, at++)
        {
            at += Count(words.Length);
            if (at >= words.Length)
            {
                throw Bad($"a word below {words.Length}", $"{at}");
            }

            words[at] = Signed();
        }
    }

    internal InvalidDataException Bad(string expected, string got) => new($"byte {Offset}: expected {expected}; got {got}");

    private byte Byte()
    {
        if (_next == _end)
        {
            Fill();
        }

        return _buffer[_next++];
    }

    private void Fill()
    {
        _before += _end;
        _next = 0;
        _end = _from.Read(_buffer, 0, _buffer.Length);
        if (_end == 0)
        {
            throw Bad("more bytes", "the end");
        }
    }
}
