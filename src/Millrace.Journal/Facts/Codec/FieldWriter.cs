using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Millrace.Journal.Facts.Codec;

/// <summary>Writes fields (number, wire type, value) into a buffer that grows and is used again. Defaults are left out by the callers.</summary>
internal sealed class FieldWriter
{
    private byte[] _buffer = new byte[1024];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, Length);

    public Span<byte> WrittenFrom(int start) => _buffer.AsSpan(start, Length - start);

    public void Clear() => Length = 0;

    /// <summary>Takes back all that was written past <paramref name="length"/>.</summary>
    public void Truncate(int length) => Length = length;

    public void Unsigned(int number, ulong value)
    {
        if (value != 0)
        {
            Tag(number, WireType.Varint);
            Varint(value);
        }
    }

    public void Signed(int number, long value) => Unsigned(number, ZigZag(value));

    public void Signed(int number, long? value)
    {
        if (value is { } present)
        {
            Tag(number, WireType.Varint);
            Varint(ZigZag(present));
        }
    }

    public void Flag(int number, bool value) => Unsigned(number, value ? 1UL : 0);

    public void Fixed64(int number, ulong value)
    {
        if (value != 0)
        {
            Tag(number, WireType.Fixed64);
            BinaryPrimitives.WriteUInt64LittleEndian(Take(8), value);
        }
    }

    public void Text(int number, string? value)
    {
        if (value is not null)
        {
            Tag(number, WireType.Bytes);
            RawText(value);
        }
    }

    /// <summary>An id in its shortest form: a number, the 16 bytes of a UUID, or text.</summary>
    public void Id(int number, string? value)
    {
        if (value is null)
        {
            return;
        }

        var uuid = (stackalloc byte[IdForm.UuidBytes]);
        switch (IdForm.Of(value, out var numeric, uuid))
        {
            case IdKind.Number:
                Tag(number, WireType.Varint);
                Varint(numeric);
                break;
            case IdKind.Uuid:
                Tag(number, WireType.Fixed128);
                Raw(uuid);
                break;
            default:
                Tag(number, WireType.Bytes);
                RawText(value);
                break;
        }
    }

    /// <summary>Begins a field of bytes; what is written until <see cref="End"/> is its value.</summary>
    public int Begin(int number)
    {
        Tag(number, WireType.Bytes);
        return BeginRaw();
    }

    /// <summary>Begins a length-prefixed run without a tag, within a field of bytes.</summary>
    public int BeginRaw()
    {
        Take(1);
        return Length;
    }

    /// <summary>Ends what began at <paramref name="start"/>: most values are shorter than 128 bytes, so one byte is kept for the length.</summary>
    public void End(int start)
    {
        var length = Length - start;
        var extra = VarintSize((ulong)length) - 1;
        if (extra > 0)
        {
            Take(extra);
            _buffer.AsSpan(start, length).CopyTo(_buffer.AsSpan(start + extra));
        }

        var end = Length;
        Length = start - 1;
        Varint((ulong)length);
        Length = end;
    }

    public void Tag(int number, WireType wire) => Varint(((ulong)number << 3) | (ulong)wire);

    public void Varint(ulong value)
    {
        if (value < 0x80)
        {
            RawByte((byte)value);
            return;
        }

        var span = Ensure(10);
        var i = 0;
        for (; value >= 0x80; value >>= 7)
        {
            span[i++] = (byte)(value | 0x80);
        }

        span[i++] = (byte)value;
        Length += i;
    }

    public void RawByte(byte value) => Take(1)[0] = value;

    public void RawDouble(double value) => BinaryPrimitives.WriteInt64LittleEndian(Take(8), BitConverter.DoubleToInt64Bits(value));

    public void RawFloat(float value) => BinaryPrimitives.WriteInt32LittleEndian(Take(4), BitConverter.SingleToInt32Bits(value));

    public void RawText(string value)
    {
        var most = Encoding.UTF8.GetMaxByteCount(value.Length);
        if (most < 0x80)
        {
            var bytes = Encoding.UTF8.GetBytes(value, Ensure(most + 1)[1..]);
            _buffer[Length] = (byte)bytes;
            Length += bytes + 1;
            return;
        }

        Varint((ulong)Encoding.UTF8.GetByteCount(value));
        Length += Encoding.UTF8.GetBytes(value, Ensure(most));
    }

    public void Raw(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    /// <summary>The next <paramref name="bytes"/> bytes, to be filled by the caller.</summary>
    public Span<byte> Take(int bytes)
    {
        var span = Ensure(bytes)[..bytes];
        Length += bytes;
        return span;
    }

    public static ulong ZigZag(long value) => (ulong)((value << 1) ^ (value >> 63));

    private static int VarintSize(ulong value) => ((BitOperations.Log2(value | 1) * 9) + 73) / 64;

    private Span<byte> Ensure(int bytes)
    {
        if (_buffer.Length - Length < bytes)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, Length + bytes));
        }

        return _buffer.AsSpan(Length);
    }
}
