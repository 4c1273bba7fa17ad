using Millrace.Delivery.Http1;
using Millrace.Delivery.Http2;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.FrontEnd;

/// <summary>Makes header blocks requests, and hands those to the core: most are answered when that returns.</summary>
internal sealed class Http2RequestReader(Http2Peer peer, FrontDoorOptions options, DeliveryCore core, ConnectionWatch watch, Http2Inflow inflow, Http2Session session)
{
    private readonly HpackDecoder _decoder = new(options.MaxHeadBytes);

    /// <summary>Takes a header block: a request's, or its trailers.</summary>
    /// <exception cref="Http2Exception">The connection cannot go on.</exception>
    public void Take(int id, ReadOnlySpan<byte> block, bool ends)
    {
        if (id <= session.LastStream)
        {
            TakeTrailers(id, block, ends);
            return;
        }

        var admission = session.Admit(id);
        if (admission == Http2Admission.Served)
        {
            TakeRequest(id, block, ends);
            return;
        }

        // Read for the table's sake alone.
        TrailerSink nowhere = default;
        _decoder.Decode(block, ref nowhere);
        if (admission == Http2Admission.Refused)
        {
            session.Refuse(id, ends);
        }
    }

    private void TakeTrailers(int id, ReadOnlySpan<byte> block, bool ends)
    {
        var stream = session.Find(id, FrameType.Headers, isCheap: true);
        TrailerSink sink = default;
        var fits = _decoder.Decode(block, ref sink);
        if (stream is null)
        {
            return;
        }

        if (ends && fits && sink.Fault == HeadFault.None)
        {
            session.EndBody(stream);
        }
        else
        {
            session.Blame(stream, Http2Error.Protocol);
        }
    }

    private void TakeRequest(int id, ReadOnlySpan<byte> block, bool ends)
    {
        var stream = session.Take(id);
        var request = stream.Exchange.Request;
        peer.Introduce(request);
        RequestSink sink = new(request, options.MaxHeadFields);
        var fault = _decoder.Decode(block, ref sink) ? HeadFault.None : HeadFault.HeadTooLarge;
        BodyFraming framing = default;
        var expectsContinue = false;
        fault = fault == HeadFault.None ? sink.Judge(ends, out framing, out expectsContinue) : fault;
        if (request.IsHead)
        {
            stream.Writer.AnswerHead();
        }

        stream.HasEnded = ends;
        if (!ends)
        {
            request.Body = stream.Body = new Http2RequestBody(inflow, new PeerClock(options, watch))
            {
                Stream = id,
                Length = request.Headers.Contains(FieldId.ContentLength) ? framing.Length : null,
                MaxBytes = options.MaxBodyBytes,
                Continue = stream.Writer.Continue,
                OwesContinue = expectsContinue,
            };
        }

        session.Open(stream);
        Serve(stream, fault, framing.Length);
    }

    private void Serve(Http2Stream stream, HeadFault fault, long length)
    {
        stream.Exchange.Fault = fault;
        var handling = fault != HeadFault.None ? RefuseAsync(stream, RequestRules.StatusOf(fault), RequestRules.ReasonOf(fault))
            : length > options.MaxBodyBytes ? RefuseAsync(stream, 413, DeliveryReason.BodyTooLarge)
            : core.HandleAsync(stream.Exchange, stream.Aborted);
        if (handling.IsCompletedSuccessfully)
        {
            handling.GetAwaiter().GetResult();
            session.Finish(stream);
        }
        else
        {
            stream.Follow(handling);
        }
    }

    private ValueTask RefuseAsync(Http2Stream stream, int status, DeliveryReason reason)
    {
        stream.IsMalformed = status == 400;
        if (reason != DeliveryReason.BadRequest)
        {
            core.Meters.BoundHit(reason);
        }

        return core.RefuseAsync(stream.Exchange, status, reason, stream.Aborted);
    }
}
