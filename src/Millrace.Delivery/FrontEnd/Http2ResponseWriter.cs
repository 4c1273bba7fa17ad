using System.Buffers.Text;
using Millrace.Delivery.Http2;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.FrontEnd;

/// <summary>Writes one stream's response: HEADERS, DATA, and HEADERS again where it has trailers (RFC 9113 §8.1).</summary>
internal sealed class Http2ResponseWriter(Http2Output output, ConnectionWatch watch, Http2StreamOutput stream, Action abort) : IResponseWriter
{
    /// <summary>A length that only the end will tell.</summary>
    private const long Unknown = -1;

    private static readonly HeaderList NoFields = new(1);

    private bool _toHead;
    private long _left;

    public bool Started { get; private set; }

    /// <summary>Whether END_STREAM has been given.</summary>
    public bool Ended { get; private set; }

    /// <summary>Makes it ready for another stream's response.</summary>
    public void Begin() => (_toHead, _left, Started, Ended) = (false, 0, false, false);

    /// <summary>Says that the request is HEAD.</summary>
    public void AnswerHead() => _toHead = true;

    public ValueTask InformAsync(int status, HeaderList headers, CancellationToken cancellationToken)
    {
        // RFC 9113 §8.6: 101 has no meaning here.
        if (status is >= 100 and not 101 and < 200)
        {
            Inform(status, headers);
        }

        return default;
    }

    /// <summary>Sends 100 (Continue) unless the head has been given: an early answer may come while the body is being asked for.</summary>
    public void Continue() => Inform(100, NoFields);

    public void Start(int status, HeaderList headers)
    {
        _left = _toHead || status is 204 or 304 ? 0
            : !headers.Contains(FieldId.ContentLength) ? Unknown
            : Utf8Parser.TryParse(headers.First(FieldId.ContentLength), out long length, out _) ? length
            : throw new InvalidOperationException("A response's Content-Length is no number.");
        lock (output.Gate)
        {
            Started = true;
            if (!stream.IsCut)
            {
                Ended = _left == 0;
                output.Buffer.PutHead(stream.Stream, status, headers, headers.Contains(FieldId.Date) ? default : watch.DateValue, Ended, output.Peer.MaxFrame);
            }
        }
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken) =>
        Spend(data.Length) ? output.WriteAsync(stream, data, Ended) : default;

    public ValueTask WriteAsync(ReadOnlyMemory<ReadOnlyMemory<byte>> pieces, CancellationToken cancellationToken)
    {
        var length = 0L;
        foreach (var piece in pieces.Span)
        {
            length += piece.Length;
        }

        return Spend(length) ? output.WriteAsync(stream, pieces, length, Ended) : default;
    }

    public void End(HeaderList trailers)
    {
        if (Started && !Ended && _left == Unknown && trailers.Count > 0)
        {
            lock (output.Gate)
            {
                Ended = true;
                if (!stream.IsCut)
                {
                    output.Buffer.PutTrailers(stream.Stream, trailers, output.Peer.MaxFrame);
                }
            }
        }
    }

    public ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        output.Flush();
        return default;
    }

    public void Abort() => abort();

    /// <summary>Ends the response, once the core has; the gate is held. False when it is not whole, so that the stream must be reset for the client to see it.</summary>
    public bool Finish()
    {
        if (Started && !Ended && _left == Unknown)
        {
            Ended = true;
            output.Buffer.Put(new FrameHead(0, FrameType.Data, FrameFlags.EndStream, stream.Stream), default);
        }

        return Ended;
    }

    /// <summary>Counts a piece of the body; false when it does not go out.</summary>
    private bool Spend(long length)
    {
        if (_left == Unknown || length == 0)
        {
            return length > 0;
        }

        if (Ended)
        {
            // The request or the status forbids a body.
            return false;
        }

        _left = length <= _left ? _left - length : throw new InvalidOperationException("The body is longer than its Content-Length.");
        Ended = _left == 0;
        return true;
    }

    private void Inform(int status, HeaderList headers)
    {
        lock (output.Gate)
        {
            if (!Started && !stream.IsCut)
            {
                output.Buffer.PutHead(stream.Stream, status, headers, default, endsStream: false, output.Peer.MaxFrame);
            }
        }

        output.Flush();
    }
}
