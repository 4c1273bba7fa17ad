using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Http2;

/// <summary>
/// Reads header blocks (RFC 7541), one connection's in their order. What a block decodes to is bounded: beyond the bound fields are still read, since
/// the table must stay the peer's, but go nowhere.
/// </summary>
/// <param name="maxListBytes">SETTINGS_MAX_HEADER_LIST_SIZE (RFC 9113 §6.5.2).</param>
internal sealed class HpackDecoder(int maxListBytes)
{
    /// <summary>Far more than any string may have, far from overflow.</summary>
    private const int MaxInteger = 1 << 24;

    [ThreadStatic]
    private static byte[]? _nameRoom;

    [ThreadStatic]
    private static byte[]? _valueRoom;

    private readonly HpackDynamicTable _table = new();
    private long _addedBeyond;

    /// <summary>Reads a whole block. False when it decodes to more than it may; the sink has the fields up to there.</summary>
    /// <exception cref="Http2Exception">The block is malformed: COMPRESSION_ERROR. Or it adds far more to the table than it may: ENHANCE_YOUR_CALM.</exception>
    public bool Decode<TSink>(ReadOnlySpan<byte> block, ref TSink sink)
        where TSink : IFieldSink, allows ref struct
    {
        _addedBeyond = 0;
        var left = (long)maxListBytes;
        var mayResize = true;
        while (!block.IsEmpty)
        {
            if ((block[0] & 0xe0) == 0x20)
            {
                // §4.2: at the beginning of a block alone.
                var limit = Integer(ref block, 5);
                _table.Resize(mayResize && limit <= HpackDynamicTable.MaxSize ? limit : throw Malformed("A table size update is out of place or too large."));
                continue;
            }

            mayResize = false;
            Read(ref block, ref left, ref sink);
        }

        return left >= 0;
    }

    private void Read<TSink>(scoped ref ReadOnlySpan<byte> block, ref long left, ref TSink sink)
        where TSink : IFieldSink, allows ref struct
    {
        ReadOnlySpan<byte> name, value;
        FieldId id;
        var first = block[0];
        var adds = (first & 0xc0) == 0x40;
        if ((first & 0x80) != 0)
        {
            // §6.1
            Look(Integer(ref block, 7), out id, out name, out value);
        }
        else
        {
            // §6.2: with incremental indexing, without, or never indexed.
            var index = Integer(ref block, adds ? 6 : 4);
            if (index == 0)
            {
                name = Text(ref block, ref _nameRoom);
                id = FieldNames.Of(name);
            }
            else
            {
                Look(index, out id, out name, out _);
            }

            value = Text(ref block, ref _valueRoom);
        }

        left -= name.Length + value.Length + HpackDynamicTable.Overhead;
        if (left >= 0)
        {
            sink.Take(id, name, value);
        }

        if (adds)
        {
            // Two bytes can have kilobytes copied: an honest peer learns from the first such block, and adds little beyond the bound.
            _addedBeyond += left < 0 ? name.Length + value.Length : 0;
            if (_addedBeyond > maxListBytes)
            {
                throw new Http2Exception(Http2Error.EnhanceYourCalm, "A header block adds far more to the table than it may decode to.");
            }

            Add(id, name, value);
        }
    }

    /// <summary>A name that lies in the table itself might be moved while it is added again.</summary>
    private void Add(FieldId id, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (name.Length <= HpackDynamicTable.MaxSize)
        {
            Span<byte> copy = stackalloc byte[name.Length];
            name.CopyTo(copy);
            _table.Add(id, copy, value);
        }
        else
        {
            _table.Add(id, name, value);
        }
    }

    private void Look(int index, out FieldId id, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        if (index is > 0 and <= HpackStaticTable.Count)
        {
            id = HpackStaticTable.Id(index);
            name = HpackStaticTable.Name(index);
            value = HpackStaticTable.Value(index);
            return;
        }

        var place = index - HpackStaticTable.Count - 1;
        if (place < 0 || place >= _table.Count)
        {
            throw Malformed("An index stands for nothing.");
        }

        id = _table.Id(place);
        name = _table.Name(place);
        value = _table.Value(place);
    }

    /// <summary>A string (§5.2): where it lies in the block, or decoded into room that is this thread's until its next block.</summary>
    private static ReadOnlySpan<byte> Text(scoped ref ReadOnlySpan<byte> block, scoped ref byte[]? room)
    {
        if (block.IsEmpty)
        {
            throw Malformed("A string is missing.");
        }

        var isHuffman = (block[0] & 0x80) != 0;
        var length = Integer(ref block, 7);
        if (length > block.Length)
        {
            throw Malformed("A string is longer than its block.");
        }

        var text = block[..length];
        block = block[length..];
        if (!isHuffman)
        {
            return text;
        }

        if (room is null || room.Length < HuffmanCode.MaxDecoded(length))
        {
            room = new byte[Math.Max(1024, HuffmanCode.MaxDecoded(length))];
        }

        return HuffmanCode.Decode(text, room) is >= 0 and var decoded ? room.AsSpan(0, decoded) : throw Malformed("A string's code is wrong.");
    }

    /// <summary>An integer (§5.1) whose first byte has so many bits of it.</summary>
    private static int Integer(scoped ref ReadOnlySpan<byte> block, int prefix)
    {
        var mask = (1 << prefix) - 1;
        var value = block[0] & mask;
        block = block[1..];
        if (value < mask)
        {
            return value;
        }

        for (var shift = 0; shift <= 21 && !block.IsEmpty; shift += 7)
        {
            var one = block[0];
            block = block[1..];
            value += (one & 0x7f) << shift;
            if ((one & 0x80) == 0)
            {
                return value <= MaxInteger ? value : throw Malformed("An integer is too large.");
            }
        }

        throw Malformed("An integer has no end.");
    }

    private static Http2Exception Malformed(string what) => new(Http2Error.Compression, what);
}
