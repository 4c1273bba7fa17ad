using System.Buffers.Text;
using Millrace.Delivery.Http1;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.FrontEnd;

/// <summary>Writes responses in HTTP/1.1, one after another on one connection, and frames their bodies (RFC 9112 §6).</summary>
internal sealed class Http1ResponseWriter(ConnectionOutput output, Http1RequestBody body, ConnectionWatch watch, Action abort) : IResponseWriter
{
    private const int MaxChunkHeadBytes = 2 + 8 + 2;

    private readonly Lock _head = new();
    private int _minor;
    private bool _toHead;
    private bool _wantsTrailers;
    private BodyKind _framing;
    private long _left;
    private bool _firstChunk;
    private bool _ended;
    private bool _aborted;
    private bool _continuing;

    public bool Started { get; private set; }

    /// <summary>Whether the connection may take another request after this response. It turns false when the response itself ends the connection.</summary>
    public bool Persists { get; private set; }

    /// <summary>Makes it ready for the answer to the next request.</summary>
    /// <param name="minor">The request's minor version.</param>
    /// <param name="toHead">Whether it is HEAD.</param>
    /// <param name="persists">Whether the connection goes on behind it, as far as is known.</param>
    /// <param name="wantsTrailers">Whether its TE says trailers.</param>
    public void Begin(int minor, bool toHead, bool persists, bool wantsTrailers)
    {
        (_minor, _toHead, Persists, _wantsTrailers) = (minor, toHead, persists, wantsTrailers);
        (Started, _framing, _left, _firstChunk, _ended) = (false, BodyKind.None, 0, true, false);
    }

    /// <summary>Ends the connection behind this response, whose head says so if it has not left.</summary>
    public void EndConnection() => Persists = false;

    public ValueTask InformAsync(int status, HeaderList headers, CancellationToken cancellationToken)
    {
        // 101 would change the protocol, and a client of HTTP/1.0 knows no interim response (RFC 9110 §15.2).
        if (_minor == 0 || Started || status is < 100 or 101 or > 199)
        {
            return default;
        }

        lock (_head)
        {
            // Two sends at once would give the buffer back while one of them still reads it. An interim response may be left out.
            if (_continuing)
            {
                return default;
            }

            output.Write(StatusLines.Of(status));
            output.Write(headers.Wire);
            output.Write("\r\n"u8);
            return output.FlushAsync();
        }
    }

    /// <summary>Sends 100 (Continue) unless the head has been given. An early answer may come while the body is being asked for: hence the lock.</summary>
    public async ValueTask ContinueAsync()
    {
        ValueTask sent;
        lock (_head)
        {
            if (Started || _minor == 0)
            {
                return;
            }

            output.Write(StatusLines.Of(100));
            output.Write("\r\n"u8);
            sent = output.FlushAsync();
            _continuing = !sent.IsCompleted;
        }

        await sent;
        _continuing = false;
    }

    public void Start(int status, HeaderList headers)
    {
        if (!body.OwesContinue)
        {
            StartNow(status, headers);
            return;
        }

        lock (_head)
        {
            if (_continuing)
            {
                throw new IOException("The client takes not even an interim response.");
            }

            StartNow(status, headers);
        }
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        if (_toHead || _framing == BodyKind.None || data.IsEmpty)
        {
            return default;
        }

        if (_framing == BodyKind.Length)
        {
            if (data.Length > _left)
            {
                throw new InvalidOperationException("The body is longer than its Content-Length.");
            }

            _left -= data.Length;
        }
        else if (_framing == BodyKind.Chunked)
        {
            WriteChunkHead(data.Length);
        }

        return output.WriteAsync(data);
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<ReadOnlyMemory<byte>> pieces, CancellationToken cancellationToken)
    {
        for (var i = 0; i < pieces.Length; i++)
        {
            await WriteAsync(pieces.Span[i], cancellationToken);
        }
    }

    public void End(HeaderList trailers) => WriteLastChunk(_wantsTrailers ? trailers.Wire : default);

    public ValueTask FlushAsync(CancellationToken cancellationToken) => output.FlushAsync();

    public void Abort()
    {
        _aborted = true;
        abort();
    }

    /// <summary>Ends the response, once the core has. False when it is not whole, so that the connection must be cut for the client to see it.</summary>
    public bool Finish()
    {
        WriteLastChunk(default);
        return !_aborted && Started && (_toHead || _left == 0);
    }

    private void StartNow(int status, HeaderList headers)
    {
        Started = true;

        // What is left of a body that nobody reads would be taken for the next request.
        Persists = Persists && body.IsDrainable;
        var line = StatusLines.Of(status);
        var fields = headers.Wire;
        Frame(status, headers);
        var room = output.GetSpan(line.Length + fields.Length + watch.Date.Length + 128);
        var used = Put(room, 0, line);
        used = status == 204 && headers.Contains(FieldId.ContentLength) ? PutWithoutLength(room, used, headers) : Put(room, used, fields);
        if (!headers.Contains(FieldId.Date))
        {
            // RFC 9110 §6.6.1: a recipient with a clock adds what is missing.
            used = Put(room, used, watch.Date);
        }

        if (_framing == BodyKind.Chunked)
        {
            used = Put(room, used, "Transfer-Encoding: chunked\r\n"u8);
        }

        if (!Persists)
        {
            used = Put(room, used, "Connection: close\r\n"u8);
        }
        else if (_minor == 0)
        {
            used = Put(room, used, "Connection: keep-alive\r\n"u8);
        }

        used = Put(room, used, "\r\n"u8);
        output.Advance(used);
    }

    private void Frame(int status, HeaderList headers)
    {
        if (status is < 200 or 204 or 304)
        {
            return;
        }

        if (headers.Contains(FieldId.ContentLength))
        {
            _framing = BodyKind.Length;
            if (!Utf8Parser.TryParse(headers.First(FieldId.ContentLength), out _left, out _))
            {
                throw new InvalidOperationException("A response's Content-Length is no number.");
            }
        }
        else if (_minor > 0)
        {
            _framing = BodyKind.Chunked;
        }
        else
        {
            _framing = BodyKind.UntilClose;
            Persists = Persists && _toHead;
        }
    }

    /// <summary>A chunk's size line, with the end of the chunk before it.</summary>
    private void WriteChunkHead(int length)
    {
        var room = output.GetSpan(MaxChunkHeadBytes);
        var used = _firstChunk ? 0 : Put(room, 0, "\r\n"u8);
        _firstChunk = false;
        Utf8Formatter.TryFormat(length, room[used..], out var digits, 'x');
        output.Advance(Put(room, used + digits, "\r\n"u8));
    }

    private void WriteLastChunk(ReadOnlySpan<byte> trailers)
    {
        if (_framing != BodyKind.Chunked || _toHead || _ended || _aborted)
        {
            return;
        }

        _ended = true;
        output.Write(_firstChunk ? "0\r\n"u8 : "\r\n0\r\n"u8);
        output.Write(trailers);
        output.Write("\r\n"u8);
    }

    /// <summary>A 204 has no length, whatever an origin says (RFC 9110 §8.6).</summary>
    private static int PutWithoutLength(Span<byte> room, int at, HeaderList headers)
    {
        foreach (var line in headers)
        {
            if (line.Id != FieldId.ContentLength)
            {
                at = Put(room, Put(room, Put(room, Put(room, at, line.Name), ": "u8), line.Value), "\r\n"u8);
            }
        }

        return at;
    }

    private static int Put(Span<byte> room, int at, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(room[at..]);
        return at + bytes.Length;
    }
}
