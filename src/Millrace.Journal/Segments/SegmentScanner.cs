using System.Buffers;
using System.Buffers.Binary;
using Millrace.Journal.Facts;

namespace Millrace.Journal.Segments;

/// <summary>What stands at the scanner.</summary>
internal enum ScanState
{
    Fact,
    Mark,
    Seal,

    /// <summary>The limit is reached; nothing is wrong.</summary>
    End,

    /// <summary>The bytes here are no whole frame whose checksum holds.</summary>
    Bad,
}

/// <summary>Walks over the frames of a segment from any frame's beginning, checking every one.</summary>
internal sealed class SegmentScanner : IDisposable
{
    public const int WholeSegmentBuffer = 1 << 18;
    private const int LeastBuffer = 1 << 14;
    private readonly IJournalFile _file;
    private readonly long _limit;
    private byte[] _buffer;
    private long _bufferAt;
    private int _buffered;
    private int _frame;
    private int _frameLength;

    /// <param name="file">The segment; stays the caller's.</param>
    /// <param name="at">Where a frame begins.</param>
    /// <param name="offset">The offset of the next fact there.</param>
    /// <param name="limit">Where the bytes to look at end.</param>
    /// <param name="buffer">How many bytes to read at once.</param>
    public SegmentScanner(IJournalFile file, long at, long offset, long limit, int buffer = WholeSegmentBuffer)
    {
        _file = file;
        _limit = limit;
        _bufferAt = at;
        NextOffset = offset;
        _buffer = ArrayPool<byte>.Shared.Rent(Math.Clamp(buffer, LeastBuffer, WholeSegmentBuffer));
    }

    /// <summary>The offset of the fact after the current one.</summary>
    public long NextOffset { get; private set; }

    /// <summary>Where the current frame begins; after <see cref="ScanState.Bad"/>, where the good bytes end.</summary>
    public long Position => _bufferAt + _frame;

    /// <summary>The largest durable offset that any mark so far has stated.</summary>
    public long Durable { get; private set; }

    public UnixMicros Received => new(Frame.Received(_buffer.AsSpan(_frame)));

    /// <summary>The current frame's content, until the next step.</summary>
    public ReadOnlySpan<byte> Content => _buffer.AsSpan(_frame + Frame.HeadBytes, _frameLength - Frame.HeadBytes);

    public ScanState Next()
    {
        _frame += _frameLength;
        _frameLength = 0;
        if (Position >= _limit)
        {
            return ScanState.End;
        }

        if (!Ensure(Frame.HeadBytes))
        {
            return ScanState.Bad;
        }

        var kind = Frame.Kind(_buffer.AsSpan(_frame));
        var length = Frame.Length(_buffer.AsSpan(_frame)) + Frame.HeadBytes;
        if (length > FactSize.Max + Frame.HeadBytes || kind is < FrameKind.Fact or > FrameKind.Seal || !Ensure(length))
        {
            return ScanState.Bad;
        }

        var frame = _buffer.AsSpan(_frame, length);
        if (!Frame.Holds(frame, NextOffset) || (kind != FrameKind.Fact && (length != Frame.MarkBytes || Frame.MarkFirst(frame) != NextOffset)))
        {
            return ScanState.Bad;
        }

        _frameLength = length;
        if (kind == FrameKind.Fact)
        {
            NextOffset++;
            return ScanState.Fact;
        }

        Durable = Math.Max(Durable, Frame.MarkDurable(frame));
        return kind == FrameKind.Seal ? ScanState.Seal : ScanState.Mark;
    }

    /// <summary>
    /// The largest durable offset that any mark beyond the bad bytes states, at whatever byte it begins: what tells corruption from a torn tail. What a fact
    /// holds may look like a mark: it counts only when it says what a mark of ours would, and no more facts than could stand before it.
    /// </summary>
    public long DurableBeyond()
    {
        var rest = new byte[Math.Max(0, _limit - Position)];
        var read = _file.Read(rest, Position);
        var durable = Durable;
        var head = (stackalloc byte[sizeof(uint)]);
        foreach (var kind in (ReadOnlySpan<FrameKind>)[FrameKind.Mark, FrameKind.Seal])
        {
            BinaryPrimitives.WriteUInt32LittleEndian(head, Frame.MarkHead(kind));
            for (var at = 0; at + Frame.MarkBytes <= read; at++)
            {
                var found = rest.AsSpan(at, read - at).IndexOf(head);
                if (found < 0 || at + found + Frame.MarkBytes > read)
                {
                    break;
                }

                at += found;
                var mark = rest.AsSpan(at, Frame.MarkBytes);
                var first = Frame.MarkFirst(mark);
                if (first == Frame.MarkDurable(mark) && first >= NextOffset && first - NextOffset <= at / Frame.HeadBytes && Frame.Holds(mark, first))
                {
                    durable = Math.Max(durable, first);
                }
            }
        }

        return durable;
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    /// <summary>Brings <paramref name="bytes"/> bytes from the frame on into the buffer; false when the limit comes before.</summary>
    private bool Ensure(int bytes)
    {
        if (_buffered - _frame >= bytes)
        {
            return true;
        }

        if (Position + bytes > _limit)
        {
            return false;
        }

        var kept = _buffered - _frame;
        var from = _buffer;
        if (bytes > _buffer.Length)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(bytes);
        }

        from.AsSpan(_frame, kept).CopyTo(_buffer);
        if (!ReferenceEquals(from, _buffer))
        {
            ArrayPool<byte>.Shared.Return(from);
        }

        _bufferAt += _frame;
        _frame = 0;
        var wanted = (int)Math.Min(_buffer.Length - kept, _limit - _bufferAt - kept);
        _buffered = kept + _file.Read(_buffer.AsSpan(kept, wanted), _bufferAt + kept);
        return _buffered >= bytes;
    }
}
