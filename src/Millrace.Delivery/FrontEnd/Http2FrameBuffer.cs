using System.Buffers;
using Millrace.Delivery.Http2;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.FrontEnd;

/// <summary>Frames that wait to be sent together, in their order. Its memory is rented while it holds something.</summary>
internal struct Http2FrameBuffer
{
    private const int MinBytes = 16 * 1024;

    private byte[]? _bytes;
    private int _last;
    private bool _hasSaidTableSize;

    /// <summary>Bytes that wait.</summary>
    public int Used { get; private set; }

    /// <summary>Adds a frame of few bytes.</summary>
    public void Put(FrameHead head, ReadOnlySpan<byte> payload)
    {
        var room = Room(FrameHead.Bytes + payload.Length);
        head.Write(room);
        payload.CopyTo(room[FrameHead.Bytes..]);
        Used += FrameHead.Bytes + payload.Length;
    }

    /// <summary>Adds the head of a response, final or interim, in as many frames as it takes.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="status">The status.</param>
    /// <param name="fields">Its fields; those of a connection are left out (RFC 9113 §8.2.2).</param>
    /// <param name="date">The Date field's value where it is missing; else empty.</param>
    /// <param name="endsStream">Whether nothing follows.</param>
    /// <param name="maxFrame">The longest payload that the client takes.</param>
    public void PutHead(int stream, int status, HeaderList fields, ReadOnlySpan<byte> date, bool endsStream, int maxFrame)
    {
        var room = Room(Bound(fields, maxFrame));
        var at = FrameHead.Bytes;
        if (!_hasSaidTableSize)
        {
            _hasSaidTableSize = true;
            at += HpackEncoder.PutEmptyTable(room[at..]);
        }

        at += HpackEncoder.PutStatus(room[at..], status);
        at = PutFields(room, at, fields, hasLength: status is >= 200 and not 204);
        if (!date.IsEmpty)
        {
            at += HpackEncoder.Put(room[at..], FieldId.Date, FieldNames.Wire(FieldId.Date), date);
        }

        Used += Frame(room, at - FrameHead.Bytes, stream, endsStream, maxFrame);
    }

    /// <summary>Adds trailers, which end the stream.</summary>
    public void PutTrailers(int stream, HeaderList fields, int maxFrame)
    {
        var room = Room(Bound(fields, maxFrame));
        Used += Frame(room, PutFields(room, FrameHead.Bytes, fields, hasLength: false) - FrameHead.Bytes, stream, endsStream: true, maxFrame);
    }

    /// <summary>Gives all that waits away; the taker returns the array to the pool.</summary>
    public ArraySegment<byte> Take()
    {
        ArraySegment<byte> taken = new(_bytes ?? [], 0, Used);
        (_last, _bytes, Used) = (Used, null, 0);
        return taken;
    }

    private static int Bound(HeaderList fields, int maxFrame)
    {
        const int MaxDateBytes = 64;
        var block = HpackEncoder.MaxStatusBytes + 1 + HpackEncoder.MaxBytes(fields.Wire.Length, 0) + (fields.Count * HpackEncoder.MaxBytes(0, 0)) + MaxDateBytes;
        return block + (FrameHead.Bytes * (2 + (block / maxFrame)));
    }

    private static int PutFields(Span<byte> room, int at, HeaderList fields, bool hasLength)
    {
        foreach (var line in fields)
        {
            if (line.Id is FieldId.Connection or FieldId.KeepAlive or FieldId.ProxyConnection or FieldId.TransferEncoding or FieldId.Upgrade
                || (line.Id == FieldId.ContentLength && !hasLength))
            {
                continue;
            }

            at += HpackEncoder.Put(room[at..], line.Id, line.Name, line.Value);
        }

        return at;
    }

    /// <summary>Puts heads of frames into a block that stands behind the room for the first. Returns the length of all.</summary>
    private static int Frame(Span<byte> room, int block, int stream, bool endsStream, int maxFrame)
    {
        var more = Math.Max(0, (block - 1) / maxFrame);
        for (var i = more; i > 0; i--)
        {
            var from = FrameHead.Bytes + (i * maxFrame);
            var length = Math.Min(maxFrame, block - (i * maxFrame));
            var to = from + (i * FrameHead.Bytes);
            room.Slice(from, length).CopyTo(room[to..]);
            new FrameHead(length, FrameType.Continuation, i == more ? FrameFlags.EndHeaders : FrameFlags.None, stream).Write(room[(to - FrameHead.Bytes)..]);
        }

        var flags = (endsStream ? FrameFlags.EndStream : FrameFlags.None) | (more == 0 ? FrameFlags.EndHeaders : FrameFlags.None);
        new FrameHead(Math.Min(block, maxFrame), FrameType.Headers, flags, stream).Write(room);
        return FrameHead.Bytes + block + (more * FrameHead.Bytes);
    }

    private Span<byte> Room(int size)
    {
        if (_bytes is null || _bytes.Length - Used < size)
        {
            // As much as last time, so that a busy connection's buffer need not grow step by step.
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(MinBytes, _bytes is null ? Math.Max(_last, size) : Math.Max(2 * _bytes.Length, Used + size)));
            if (_bytes is not null)
            {
                _bytes.AsSpan(0, Used).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(_bytes);
            }

            _bytes = larger;
        }

        return _bytes.AsSpan(Used);
    }
}
