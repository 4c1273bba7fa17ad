using Millrace.Delivery.Http2;

namespace Millrace.Delivery.FrontEnd;

/// <summary>The connection's window towards the client, and the large bodies that take turns at it. Guarded by the output's gate.</summary>
/// <param name="clock">Measures how long the client keeps the window shut.</param>
internal sealed class Http2Turns(PeerClock clock)
{
    /// <summary>A body up to this size is copied: that costs less than having its writer wait.</summary>
    private const int CopyBytes = 32 * 1024;

    /// <summary>What one stream may send before it is the next one's turn.</summary>
    private const int Turn = 64 * 1024;

    /// <summary>What one batch holds.</summary>
    private const int BatchBytes = 256 * 1024;

    private const int BatchFrames = 64;

    private readonly Queue<Http2StreamOutput> _ready = new();
    private byte[] _heads = [];
    private long _window = 65_535;
    private bool _isShut;
    private long _sinceShut;

    /// <summary>The streams whose bytes are in the batch that was taken last.</summary>
    public List<Http2StreamOutput> Batch { get; } = [];

    /// <summary>Bytes of bodies that have been taken so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>Whether the client has kept the window shut for too long.</summary>
    public bool IsDeaf => clock.IsDeaf();

    /// <summary>Begins to count the client's time anew: nothing is asked for any more.</summary>
    public void BeginIdle()
    {
        clock.BeginRequest();
        (_isShut, _sinceShut) = (false, 0);
    }

    /// <summary>Whether so much may overtake those that wait: small bodies do, but never at the price of the window that the others need.</summary>
    public bool MayOvertake(Http2StreamOutput stream, int length) =>
        length <= CopyBytes && length <= stream.Window && length <= _window && (_ready.Count == 0 || _window - length > (long)Turn * _ready.Count);

    /// <summary>Counts what leaves of a stream by another way.</summary>
    public void Spend(Http2StreamOutput stream, int bytes)
    {
        stream.Spend(bytes);
        _window -= bytes;
        _sinceShut += bytes;
        Bytes += bytes;
    }

    /// <summary>Has a stream take turns from now on, if it has something to send and may.</summary>
    public void Enqueue(Http2StreamOutput stream)
    {
        if (stream.IsReady && !stream.IsQueued)
        {
            stream.IsQueued = true;
            _ready.Enqueue(stream);
        }
    }

    /// <summary>Widens the connection's window.</summary>
    /// <exception cref="Http2Exception">It would pass its bound.</exception>
    public void Widen(int by)
    {
        _window += by;
        if (_window > PeerSettings.MaxWindow)
        {
            throw new Http2Exception(Http2Error.FlowControl, "The connection's window is too large.");
        }

        EndShut();
    }

    /// <summary>Has a stream that was cut take no more turns: the client owes the others alone an open window.</summary>
    public void Drop(Http2StreamOutput stream)
    {
        if (!stream.IsQueued)
        {
            return;
        }

        stream.IsQueued = false;
        for (var left = _ready.Count; left > 0; left--)
        {
            if (_ready.Dequeue() is var one && one != stream)
            {
                _ready.Enqueue(one);
            }
        }

        if (_ready.Count == 0)
        {
            EndShut();
        }
    }

    /// <summary>Takes the next turns, as frames; returns the bytes of their payloads. What was taken before must have left.</summary>
    public int Take(List<ReadOnlyMemory<byte>> into, int maxFrame)
    {
        if (_ready.Count == 0)
        {
            return 0;
        }

        if (_heads.Length == 0)
        {
            _heads = new byte[BatchFrames * FrameHead.Bytes];
        }

        var (frames, bytes) = (0, 0);
        while (bytes < BatchBytes && frames < BatchFrames && _window > 0 && _ready.TryDequeue(out var stream))
        {
            stream.IsQueued = false;
            for (var turn = Turn; turn > 0 && frames < BatchFrames && _window > 0 && stream.IsReady;)
            {
                var length = (int)Math.Min(Math.Min(Math.Min(turn, maxFrame), _window), Math.Min(stream.Left, stream.Window));
                var head = _heads.AsMemory(FrameHead.Bytes * frames++, FrameHead.Bytes);
                into.Add(head);
                stream.Take(length, into).Write(head.Span);
                _window -= length;
                turn -= length;
                bytes += length;
                if (!stream.IsInFlight)
                {
                    stream.IsInFlight = true;
                    Batch.Add(stream);
                }
            }

            Enqueue(stream);
        }

        _sinceShut += bytes;
        Bytes += bytes;
        if (_window <= 0 && _ready.Count > 0 && !_isShut)
        {
            _isShut = true;
            clock.BeginSending((int)Math.Min(int.MaxValue, _sinceShut));
            _sinceShut = 0;
        }

        return bytes;
    }

    private void EndShut()
    {
        if (_isShut)
        {
            _isShut = false;
            clock.EndSending();
        }
    }
}
