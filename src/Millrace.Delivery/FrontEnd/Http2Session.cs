using Millrace.Delivery.Http1;
using Millrace.Delivery.Http2;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.FrontEnd;

/// <summary>
/// What frames mean for the streams of a connection (RFC 9113 §5): opens them, has their requests answered, closes and resets them. Frames come from the
/// connection's reader, one at a time; ends and resets from any thread.
/// </summary>
internal sealed class Http2Session(Http2Peer peer, FrontDoorOptions options, DeliveryCore core, ConnectionWatch watch, Http2Output output, Http2Inflow inflow, FrameBudget budget)
{
    private readonly HpackDecoder _decoder = new(options.MaxHeadBytes);
    private readonly Http2StreamTable _streams = new();
    private int _lastServed = int.MaxValue;

    /// <summary>The latest stream that the client has opened.</summary>
    public int LastStream { get; private set; }

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

    /// <summary>Takes a header block: a request's, or its trailers.</summary>
    public void TakeBlock(int id, ReadOnlySpan<byte> block, bool ends)
    {
        if (id > LastStream)
        {
            LastStream = (id & 1) == 1 ? id : throw new Http2Exception(Http2Error.Protocol, "A client's streams have odd numbers.");
            Open(id, block, ends);
            return;
        }

        var stream = Find(id, FrameType.Headers);
        TrailerSink sink = default;
        var fits = _decoder.Decode(block, ref sink);
        if (stream is null)
        {
            return;
        }

        if (!ends || !fits || sink.Fault != HeadFault.None)
        {
            Blame(stream, Http2Error.Protocol);
            return;
        }

        EndBody(stream);
    }

    /// <summary>Finds the stream that more of a request is for; null where it is to be ignored.</summary>
    /// <exception cref="Http2Exception">It can be for no stream.</exception>
    public Http2Stream? Find(int id, FrameType type)
    {
        if (id > LastStream || (id & 1) == 0)
        {
            throw new Http2Exception(Http2Error.Protocol, "A frame is for a stream that is idle.");
        }

        Http2Stream? stream;
        lock (output.Gate)
        {
            if (!_streams.TryGet(id, out stream))
            {
                return id > _lastServed || _streams.MayFollow(id) ? null
                    : throw new Http2Exception(type == FrameType.Data ? Http2Error.StreamClosed : Http2Error.Protocol, "A frame is for a stream that is closed.");
            }
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
            endsWrite = Http2Output.Cut(stream.Output);
        }

        Release(stream, endsWrite);
    }

    /// <summary>The client has widened a stream's window.</summary>
    public void TakeWindow(int id, int by)
    {
        Http2Stream? stream;
        lock (output.Gate)
        {
            if (!_streams.TryGet(id, out stream) || (by > 0 && output.TryWiden(stream.Output, by)))
            {
                return;
            }
        }

        Blame(stream, by == 0 ? Http2Error.Protocol : Http2Error.FlowControl);
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
                ended.Add((stream, Http2Output.Cut(stream.Output)));
            }

            ended.ForEach(one => _streams.Close(one.Stream, mayFollow: false));
        }

        ended.ForEach(static one => Release(one.Stream, one.EndsWrite));
    }

    /// <summary>Ends what takes too long, on one stream; called from the watch.</summary>
    public void Look()
    {
        List<Http2Stream>? slow = null;
        lock (output.Gate)
        {
            if (_streams.InHand == 0)
            {
                _streams.Trim();
            }

            foreach (var stream in _streams.Open)
            {
                if (stream.Output.IsDeaf || stream.Body?.IsSlow == true)
                {
                    (slow ??= []).Add(stream);
                }
            }
        }

        foreach (var stream in slow ?? [])
        {
            core.Meters.BoundHit(DeliveryReason.SlowClient);
            if (stream.Body?.IsSlow == true)
            {
                stream.Body.Fail(new RequestBodyException(408, new InvalidDataException("The body comes too slowly.")));
            }
            else
            {
                Reset(stream, Http2Error.Cancel);
            }
        }
    }

    private void Open(int id, ReadOnlySpan<byte> block, bool ends)
    {
        Http2Stream? stream;
        bool refused;
        lock (output.Gate)
        {
            refused = _streams.InHand >= options.MaxStreams;
            stream = refused ? null : _streams.Spare();
        }

        if (refused || id > _lastServed)
        {
            Refuse(id, block, ends);
            return;
        }

        RequestCount++;
        stream ??= new Http2Stream(output, core.Open, watch, new PeerClock(options, watch), Abort, Finish);
        stream.Begin(id, output.Peer.InitialWindow);
        peer.Introduce(stream.Exchange.Request);
        RequestSink sink = new(stream.Exchange.Request, options.MaxHeadFields);
        var fault = _decoder.Decode(block, ref sink) ? HeadFault.None : HeadFault.HeadTooLarge;
        BodyFraming framing = default;
        var expectsContinue = false;
        fault = fault == HeadFault.None ? sink.Judge(ends, out framing, out expectsContinue) : fault;
        if (stream.Exchange.Request.IsHead)
        {
            stream.Writer.AnswerHead();
        }

        stream.HasEnded = ends;
        if (!ends)
        {
            stream.Exchange.Request.Body = stream.Body = new Http2RequestBody(inflow, new PeerClock(options, watch))
            {
                Stream = id,
                Length = stream.Exchange.Request.Headers.Contains(FieldId.ContentLength) ? framing.Length : null,
                MaxBytes = options.MaxBodyBytes,
                Continue = stream.Writer.Continue,
                OwesContinue = expectsContinue,
            };
        }

        lock (output.Gate)
        {
            _streams.Add(stream);
        }

        Serve(stream, fault, framing.Length);
    }

    private void Serve(Http2Stream stream, HeadFault fault, long length)
    {
        var (status, reason) = fault != HeadFault.None ? (RequestRules.StatusOf(fault), RequestRules.ReasonOf(fault))
            : length > options.MaxBodyBytes ? (413, DeliveryReason.BodyTooLarge)
            : (0, DeliveryReason.None);
        ValueTask handling;
        if (status == 0)
        {
            handling = core.HandleAsync(stream.Exchange, stream.Aborted);
        }
        else
        {
            stream.IsMalformed = status == 400;
            if (reason != DeliveryReason.BadRequest)
            {
                core.Meters.BoundHit(reason);
            }

            handling = core.RefuseAsync(stream.Exchange, status, reason, stream.Aborted);
        }

        if (handling.IsCompletedSuccessfully)
        {
            handling.GetAwaiter().GetResult();
            Finish(stream);
        }
        else
        {
            stream.Follow(handling);
        }
    }

    /// <summary>Reads a block for the table's sake alone, and says that the request was not looked at (§8.7), unless GOAWAY has.</summary>
    private void Refuse(int id, ReadOnlySpan<byte> block, bool ends)
    {
        TrailerSink nowhere = default;
        _decoder.Decode(block, ref nowhere);
        if (id > _lastServed)
        {
            return;
        }

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

    /// <summary>The core has done with a request.</summary>
    private void Finish(Http2Stream stream)
    {
        bool isIdle;
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

        stream.Body?.Close();
        output.Flush();
        if (isIdle)
        {
            Idle();
        }
    }

    /// <summary>Resets a stream for what the client did.</summary>
    private void Blame(Http2Stream stream, Http2Error error)
    {
        Reset(stream, error);
        budget.Spend();
    }

    private void Abort(Http2Stream stream) => Reset(stream, Http2Error.Internal);

    private void Reset(Http2Stream stream, Http2Error error)
    {
        bool endsWrite;
        lock (output.Gate)
        {
            if (stream.IsReset)
            {
                return;
            }

            stream.IsReset = true;
            PutReset(stream.Id, error);
            _streams.Close(stream, mayFollow: !stream.HasEnded);
            endsWrite = Http2Output.Cut(stream.Output);
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
