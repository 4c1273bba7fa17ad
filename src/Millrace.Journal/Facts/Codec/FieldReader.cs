using System.Buffers.Binary;
using System.Text;

namespace Millrace.Journal.Facts.Codec;

/// <summary>Walks over fields. Any bytes at all either parse or throw <see cref="FactFormatException"/>; nothing is read out of bounds.</summary>
internal ref struct FieldReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;
    private WireType _wire;
    private ulong _value;
    private ReadOnlySpan<byte> _bytes;

    /// <summary>The current field's number, from 1.</summary>
    public int Number { get; private set; }

    /// <summary>The current field whole, as it must be written back when it is not known.</summary>
    public ReadOnlySpan<byte> Raw { get; private set; }

    public bool Next()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        var start = _rest;
        var cursor = new ByteCursor(_rest);
        var tag = cursor.Varint();
        _wire = (WireType)(tag & 7);
        if (tag >> 3 is 0 or > int.MaxValue)
        {
            throw new FactFormatException($"field number: expected 1 to {int.MaxValue}, got {tag >> 3}");
        }

        Number = (int)(tag >> 3);
        _value = 0;
        _bytes = default;
        switch (_wire)
        {
            case WireType.Varint:
                _value = cursor.Varint();
                break;
            case WireType.Fixed64:
                _value = BinaryPrimitives.ReadUInt64LittleEndian(cursor.Take(8));
                break;
            case WireType.Fixed32:
                _value = BinaryPrimitives.ReadUInt32LittleEndian(cursor.Take(4));
                break;
            case WireType.Fixed128:
                _bytes = cursor.Take(16);
                break;
            case WireType.Bytes:
                _bytes = cursor.Run();
                break;
            default:
                throw new FactFormatException($"field {Number}: expected wire type 0, 1, 2, 3 or 5, got {(int)_wire}");
        }

        _rest = cursor.Rest;
        Raw = start[..(start.Length - _rest.Length)];
        return true;
    }

    public readonly ulong Unsigned() => Is(WireType.Varint) ? _value : throw Unexpected(WireType.Varint);

    public readonly long Signed() => UnZigZag(Unsigned());

    public readonly int Int() => checked((int)Bounded(Signed()));

    public readonly bool Flag() => Unsigned() != 0;

    public readonly ulong Fixed64() => Is(WireType.Fixed64) ? _value : throw Unexpected(WireType.Fixed64);

    public readonly ByteCursor Bytes() => new(Content());

    public readonly string Text() => Encoding.UTF8.GetString(Content());

    /// <summary>A text that is often the same as one before (<see cref="TextCache"/>).</summary>
    public readonly string Word() => TextCache.Text(Content());

    /// <summary>An id that is often the same as one before.</summary>
    public readonly string FrequentId() => _wire switch
    {
        WireType.Varint => IdForm.ToText(_value),
        WireType.Fixed128 => TextCache.Uuid(_bytes),
        _ => Word(),
    };

    public readonly string Id() => _wire switch
    {
        WireType.Varint => IdForm.ToText(_value),
        WireType.Fixed128 => IdForm.ToText(_bytes),
        _ => Text(),
    };

    public static long UnZigZag(ulong value) => (long)(value >> 1) ^ -(long)(value & 1);

    private readonly long Bounded(long value) =>
        value is >= int.MinValue and <= int.MaxValue ? value : throw new FactFormatException($"field {Number}: expected a 32-bit number, got {value}");

    private readonly ReadOnlySpan<byte> Content() => Is(WireType.Bytes) ? _bytes : throw Unexpected(WireType.Bytes);

    private readonly bool Is(WireType wire) => _wire == wire;

    private readonly FactFormatException Unexpected(WireType wire) => new($"field {Number}: expected wire type {wire}, got {_wire}");
}
