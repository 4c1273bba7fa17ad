using System.Buffers.Binary;
using System.Text;

namespace Millrace.Journal.Facts.Codec;

/// <summary>Walks over fields. Any bytes at all either parse or throw <see cref="FactFormatException"/>; nothing is read out of bounds.</summary>
internal ref struct FieldReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _all = bytes;
    private int _next;
    private int _start;
    private int _content;
    private WireType _wire;
    private ulong _value;

    /// <summary>The current field's number, from 1.</summary>
    public int Number { get; private set; }

    /// <summary>The current field whole, as it must be written back when it is not known.</summary>
    public readonly ReadOnlySpan<byte> Raw => _all[_start.._next];

    public bool Next()
    {
        var all = _all;
        var at = _next;
        _start = at;
        if ((uint)at >= (uint)all.Length)
        {
            return false;
        }

        var tag = Varint(ref at);
        if (tag >> 3 is 0 or > int.MaxValue)
        {
            throw new FactFormatException($"field number: expected 1 to {int.MaxValue}, got {tag >> 3}");
        }

        (Number, _wire) = ((int)(tag >> 3), (WireType)(tag & 7));
        switch (_wire)
        {
            case WireType.Varint:
                _value = Varint(ref at);
                break;
            case WireType.Fixed64:
                _value = BinaryPrimitives.ReadUInt64LittleEndian(Pass(ref at, 8));
                break;
            case WireType.Fixed32:
                _value = BinaryPrimitives.ReadUInt32LittleEndian(Pass(ref at, 4));
                break;
            case WireType.Fixed128:
                Pass(ref at, 16);
                break;
            case WireType.Bytes:
                var length = Varint(ref at);
                if (length > (ulong)(all.Length - at))
                {
                    throw new FactFormatException($"count: expected at most {all.Length - at}, got {length}");
                }

                Pass(ref at, (int)length);
                break;
            default:
                throw new FactFormatException($"field {Number}: expected wire type 0, 1, 2, 3 or 5, got {(int)_wire}");
        }

        _next = at;
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
        WireType.Fixed128 => TextCache.Uuid(_all[_content.._next]),
        _ => Word(),
    };

    public readonly string Id() => _wire switch
    {
        WireType.Varint => IdForm.ToText(_value),
        WireType.Fixed128 => IdForm.ToText(_all[_content.._next]),
        _ => Text(),
    };

    /// <summary>Passes over an id that nobody wants, refusing what <see cref="Id"/> would.</summary>
    /// <returns>No text.</returns>
    public readonly string PassId() => _wire is WireType.Varint or WireType.Fixed128 or WireType.Bytes ? "" : throw Unexpected(WireType.Bytes);

    public static long UnZigZag(ulong value) => (long)(value >> 1) ^ -(long)(value & 1);

    private readonly long Bounded(long value) =>
        value is >= int.MinValue and <= int.MaxValue ? value : throw new FactFormatException($"field {Number}: expected a 32-bit number, got {value}");

    private readonly ReadOnlySpan<byte> Content() => Is(WireType.Bytes) ? _all[_content.._next] : throw Unexpected(WireType.Bytes);

    private readonly bool Is(WireType wire) => _wire == wire;

    private readonly FactFormatException Unexpected(WireType wire) => new($"field {Number}: expected wire type {wire}, got {_wire}");

    /// <summary>Passes over the content of the field.</summary>
    private ReadOnlySpan<byte> Pass(ref int at, int count)
    {
        if (_all.Length - at < count)
        {
            throw new FactFormatException($"value: expected {count} bytes, got {_all.Length - at}");
        }

        _content = at;
        at += count;
        return _all.Slice(_content, count);
    }

    private readonly ulong Varint(ref int at)
    {
        var first = (uint)at < (uint)_all.Length ? _all[at] : (ulong)0x80;
        if (first < 0x80)
        {
            at++;
            return first;
        }

        var cursor = new ByteCursor(_all[at..]);
        var value = cursor.Varint();
        at = _all.Length - cursor.Rest.Length;
        return value;
    }
}
