using Millrace.Delivery.Http2;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.FrontEnd;

/// <summary>
/// The streams of a connection and what frames mean for them (RFC 9113 §5). Frames come from the connection's reader, one at a time; ends and resets from any
/// thread.
/// </summary>
internal sealed class Http2Session(FrontDoorOptions options, DeliveryCore core, ConnectionWatch watch, Http2Output output, Http2Inflow inflow, FrameBudget budget)
{
    private readonly Http2StreamTable _streams = new();
    private int _lastServed = int.MaxValue;
    private long _countAtLook;
    private long _openedLate;

    /// <summary>The latest stream that the client has opened.</summary>
    public int LastStream { get; private set; }

    /// <summary>The latest stream that is served, which GOAWAY tells: it never grows again (§6.8).</summary>
    public int LastServed => Math.Min(LastStream, _lastServed);

    /// <summary>Requests begun so far.</summary>
    public long RequestCount { get; private set; }

    /// <summary>Called, on any thread, when no request is in hand any more.</summary>
    public Action Idle { get; set; } = static () => { };

    /// <summary>Requests in hand.</summary>
    public int InHand
    {
        get
        {
            lock (output.Gate)
            {
                return _streams.InHand;
            }
        }
    }

    /// <summary>A new stream has come: says whether its request is to be served.</summary>
    /// <exception cref="Http2Exception">It has a number that no client's stream may have.</exception>
    public Http2Admission Admit(int id)
    {
        LastStream = (id & 1) == 1 ? id : throw new Http2Exception(Http2Error.Protocol, "A client's streams have odd numbers.");
        if (id > _lastServed)
        {
            budget.Spend();
            return Http2Admission.Ignored;
        }

        lock (output.Gate)
        {
            if (_streams.InHand >= options.MaxStreams)
            {
                return Http2Admission.Refused;
            }
        }

        RequestCount++;
        return Http2Admission.Served;
    }

    /// <summary>What one request needs: used before, or new.</summary>
    public Http2Stream Take(int id)
    {
        Http2Stream? stream;
        lock (output.Gate)
        {
            stream = _streams.Spare();
        }

        stream ??= new Http2Stream(output, core.Open, watch, new PeerClock(options, watch), Abort, Finish);
        stream.Begin(id, output.Peer.InitialWindow);
        return stream;
    }

    /// <summary>Opens a stream: frames may be for it from now on.</summary>
    public void Open(Http2Stream stream)
    {
        lock (output.Gate)
        {
            _streams.Add(stream);
        }
    }

    /// <summary>Says that a request was not looked at (§8.7).</summary>
    public void Refuse(int id, bool ends)
    {
        budget.Spend();
        lock (output.Gate)
        {
            PutReset(id, Http2Error.RefusedStream);
            if (!ends)
            {
                _streams.Remember(id);
            }
        }
    }

    /// <summary>Finds the stream that more of a request is for; null where it is to be ignored.</summary>
    /// <param name="id">The stream's number.</param>
    /// <param name="type">What has come.</param>
    /// <param name="isCheap">Whether it costs its sender so little that the budget has to bear it where it is ignored.</param>
    /// <exception cref="Http2Exception">It can be for no stream.</exception>
    public Http2Stream? Find(int id, FrameType type, bool isCheap)
    {
        if (id > LastStream || (id & 1) == 0)
        {
            throw new Http2Exception(Http2Error.Protocol, "A frame is for a stream that is idle.");
        }

        Http2Stream? stream;
        lock (output.Gate)
        {
            if (!_streams.TryGet(id, out stream) && id <= _lastServed && !_streams.MayFollow(id))
            {
                throw new Http2Exception(type == FrameType.Data ? Http2Error.StreamClosed : Http2Error.Protocol, "A frame is for a stream that is closed.");
            }
        }

        if (stream is null)
        {
            if (isCheap)
            {
                budget.Spend();
            }

            return null;
        }

        if (stream.HasEnded)
        {
            // §5.1, half-closed (remote)
            Blame(stream, Http2Error.StreamClosed);
            return null;
        }

        return stream;
    }

    /// <summary>Takes data of a request's body; false when the rest of it goes nowhere.</summary>
    public bool TakeData(Http2Stream stream, ReadOnlySpan<byte> data, int padding)
    {
        switch (stream.Body!.Take(data, padding))
        {
            case BodyFault.None:
                return true;
            case BodyFault.TooLarge:
                core.Meters.BoundHit(DeliveryReason.BodyTooLarge);
                stream.Body.Fail(new RequestBodyException(413, new InvalidDataException("The body is too large.")));
                return true;
            case BodyFault.Window:
                inflow.Consumed(data.Length + padding);
                Blame(stream, Http2Error.FlowControl);
                return false;
            default:
                inflow.Consumed(data.Length + padding);
                Blame(stream, Http2Error.Protocol);
                return false;
        }
    }

    /// <summary>Takes the end of a request's body.</summary>
    public void EndBody(Http2Stream stream)
    {
        lock (output.Gate)
        {
            stream.HasEnded = true;
        }

        if (!stream.Body!.End())
        {
            Blame(stream, Http2Error.Protocol);
        }
    }

    /// <summary>The client has reset a stream.</summary>
    public void TakeReset(int id)
    {
        Http2Stream? stream;
        bool endsWrite;
        lock (output.Gate)
        {
            if (!_streams.TryGet(id, out stream))
            {
                return;
            }

            stream.IsReset = true;
            _streams.Close(stream, mayFollow: false);
            endsWrite = output.Cut(stream.Output);
        }

        Release(stream, endsWrite);
    }

    /// <summary>
    /// The client has widened a stream's window. False when it did so for nothing: the stream has ended, and the client has opened all that it can have read of
    /// such streams. An honest one opens what it reads while the end is on its way: one of 4 MiB, read by 4 KiB at a time, a thousand times.
    /// </summary>
    public bool TakeWindow(int id, int by)
    {
        Http2Stream? stream;
        lock (output.Gate)
        {
            if (!_streams.TryGet(id, out stream))
            {
                var mayBeRead = by <= output.BodyBytes - _openedLate;
                _openedLate += mayBeRead ? by : 0;
                return mayBeRead;
            }

            if (by > 0 && output.TryWiden(stream.Output, by))
            {
                return true;
            }
        }

        Blame(stream, by == 0 ? Http2Error.Protocol : Http2Error.FlowControl);
        return true;
    }

    /// <summary>The client has changed its settings (§6.9.2: the windows of all streams move with the initial one).</summary>
    public void TakeSettings(ReadOnlySpan<byte> payload)
    {
        lock (output.Gate)
        {
            var before = output.Peer.InitialWindow;
            output.Peer.Take(payload);
            foreach (var stream in _streams.Open)
            {
                if (!output.TryWiden(stream.Output, (long)output.Peer.InitialWindow - before))
                {
                    throw new Http2Exception(Http2Error.FlowControl, "A stream's window is too large.");
                }
            }
        }
    }

    /// <summary>The core has done with a request.</summary>
    public void Finish(Http2Stream stream)
    {
        bool isIdle;

        // Taken now: once it is let go, the stream is another request's.
        var body = stream.Body;
        lock (output.Gate)
        {
            if (!stream.IsReset)
            {
                var error = !stream.Writer.Finish() ? Http2Error.Internal : stream.IsMalformed ? Http2Error.Protocol : Http2Error.None;
                if (error != Http2Error.None || !stream.HasEnded)
                {
                    // §8.1: a client whose answer is whole is told to send no more of its request.
                    PutReset(stream.Id, error);
                }

                _streams.Close(stream, mayFollow: !stream.HasEnded);
            }

            _streams.LetGo(stream);
            isIdle = _streams.InHand == 0;
        }

        body?.Close();
        output.Flush();
        if (isIdle)
        {
            Idle();
        }
    }

    /// <summary>Resets a stream for what the client did.</summary>
    public void Blame(Http2Stream stream, Http2Error error)
    {
        Reset(stream, stream.Id, error);
        budget.Spend();
    }

    /// <summary>Takes no more requests: what is opened from now on is ignored, as GOAWAY has said.</summary>
    public void Leave() => _lastServed = LastStream;

    /// <summary>Ends all that is in hand: the connection has ended.</summary>
    public void EndAll()
    {
        List<(Http2Stream Stream, bool EndsWrite)> ended = [];
        lock (output.Gate)
        {
            foreach (var stream in _streams.Open)
            {
                stream.IsReset = true;
                ended.Add((stream, output.Cut(stream.Output)));
            }

            ended.ForEach(one => _streams.Close(one.Stream, mayFollow: false));
        }

        ended.ForEach(static one => Release(one.Stream, one.EndsWrite));
    }

    /// <summary>Ends what takes too long, on one stream; called from the watch.</summary>
    public void Look()
    {
        List<(Http2Stream Stream, int Id)>? slow = null;
        lock (output.Gate)
        {
            if (_streams.InHand == 0 && _countAtLook == RequestCount)
            {
                _streams.Trim();
            }

            _countAtLook = RequestCount;
            foreach (var stream in _streams.Open)
            {
                if (stream.Output.IsDeaf || stream.Body?.IsSlow == true)
                {
                    (slow ??= []).Add((stream, stream.Id));
                }
            }
        }

        foreach (var (stream, id) in slow ?? [])
        {
            core.Meters.BoundHit(DeliveryReason.SlowClient);
            if (stream.Body is { IsSlow: true } body)
            {
                body.Fail(new RequestBodyException(408, new InvalidDataException("The body comes too slowly.")));
            }
            else
            {
                Reset(stream, id, Http2Error.Cancel);
            }
        }
    }

    private void Abort(Http2Stream stream) => Reset(stream, stream.Id, Http2Error.Internal);

    private void Reset(Http2Stream stream, int id, Http2Error error)
    {
        bool endsWrite;
        lock (output.Gate)
        {
            if (!_streams.TryGet(id, out var open) || open != stream)
            {
                // It ended meanwhile, and may serve another by now.
                return;
            }

            stream.IsReset = true;
            PutReset(id, error);
            _streams.Close(stream, mayFollow: !stream.HasEnded);
            endsWrite = output.Cut(stream.Output);
        }

        Release(stream, endsWrite);
        output.Flush();
    }

    private void PutReset(int id, Http2Error error)
    {
        Span<byte> payload = stackalloc byte[sizeof(int)];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(payload, (int)error);
        output.Buffer.Put(new FrameHead(payload.Length, FrameType.ResetStream, FrameFlags.None, id), payload);
    }

    /// <summary>Lets go whoever waits for a stream that is closed.</summary>
    private static void Release(Http2Stream stream, bool endsWrite)
    {
        stream.Cancel();
        if (endsWrite)
        {
            stream.Output.Complete(new IOException("The stream was reset."));
        }

        stream.Body?.Close();
    }
}

/// <summary>What becomes of a new stream's request.</summary>
internal enum Http2Admission
{
    Served,

    /// <summary>There are too many; it may be sent again.</summary>
    Refused,

    /// <summary>GOAWAY has said that it would not be looked at.</summary>
    Ignored,
}
