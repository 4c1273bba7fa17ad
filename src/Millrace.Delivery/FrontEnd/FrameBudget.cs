using System.Buffers;

namespace Millrace.Delivery.FrontEnd;

/// <summary>
/// Counts the frames of one HTTP/2 connection that cost us work and its sender nothing (RFC 9113 §10.5): a server that answers every PING and SETTINGS, or
/// follows every reset stream, spends 5 seconds of processor on what two connections send in 6 (measured). It reads frame heads alone.
/// </summary>
internal sealed class FrameBudget(FrontDoorOptions options, ConnectionWatch watch)
{
    private const int HeadBytes = 9;
    private const int UpdateBytes = HeadBytes + 4;

    /// <summary>The client's preface, which stands before its first frame.</summary>
    private const int PrefaceBytes = 24;

    /// <summary>The budget is a mean over so many seconds: a page that is left resets its streams all at once.</summary>
    private const int MeanSeconds = 10;

    /// <summary>Smaller window updates are counted, but for some a request: clients that update after each piece of data are slow, not hostile.</summary>
    private const int TinyUpdate = 1024;

    private const int UpdatesPerRequest = 8;

    private readonly byte[] _head = new byte[UpdateBytes];
    private int _headLength;
    private long _skip = PrefaceBytes;
    private double _left = (double)options.MaxControlFramesPerSecond * MeanSeconds;
    private long _filled = watch.Now;
    private long _updates = UpdatesPerRequest;

    private enum Frame : byte
    {
        Data = 0,
        Headers = 1,
        WindowUpdate = 8,
    }

    /// <summary>Requests begun so far.</summary>
    public long Requests { get; private set; }

    /// <summary>Looks at what was received next; false once the budget is spent.</summary>
    public bool Spend(ReadOnlySequence<byte> received)
    {
        Refill();
        foreach (var segment in received)
        {
            Scan(segment.Span);
        }

        return _left >= 0;
    }

    private void Refill()
    {
        var now = watch.Now;
        _left = Math.Min((double)options.MaxControlFramesPerSecond * MeanSeconds, _left + ((now - _filled) * options.MaxControlFramesPerSecond / 1000.0));
        _filled = now;
    }

    private void Scan(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_skip > 0)
            {
                var skipped = (int)Math.Min(_skip, bytes.Length);
                _skip -= skipped;
                bytes = bytes[skipped..];
                continue;
            }

            _head[_headLength++] = bytes[0];
            bytes = bytes[1..];
            if (_headLength < HeadBytes)
            {
                continue;
            }

            var length = (_head[0] << 16) | (_head[1] << 8) | _head[2];
            var isUpdate = (Frame)_head[3] == Frame.WindowUpdate && length == UpdateBytes - HeadBytes;
            if (isUpdate && _headLength < UpdateBytes)
            {
                continue;
            }

            _left -= isUpdate ? CostOfUpdate() : Cost((Frame)_head[3], _head[4], length);
            _skip = isUpdate ? 0 : length;
            _headLength = 0;
        }
    }

    private int CostOfUpdate()
    {
        var increment = ((_head[HeadBytes] & 0x7f) << 24) | (_head[HeadBytes + 1] << 16) | (_head[HeadBytes + 2] << 8) | _head[HeadBytes + 3];
        return increment >= TinyUpdate || _updates-- > 0 ? 0 : 1;
    }

    /// <summary>Nothing for a request or for data that goes anywhere; one for all else, padding included.</summary>
    private int Cost(Frame type, byte flags, int length)
    {
        const byte EndStream = 0x1;
        const byte Padded = 0x8;
        switch (type)
        {
            case Frame.Headers:
                Requests++;
                _updates = Math.Max(_updates, 0) + UpdatesPerRequest;
                return 0;
            case Frame.Data:
                return (flags & EndStream) != 0 || (length > 0 && (flags & Padded) == 0) ? 0 : 1;
            default:
                return 1;
        }
    }
}
