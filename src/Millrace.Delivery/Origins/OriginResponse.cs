using System.Runtime.CompilerServices;
using Millrace.Delivery.Http1;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Tiers;

namespace Millrace.Delivery.Origins;

/// <summary>An origin's response: head read, body to be read once. The connection goes back when the body has been read to its end, and is closed otherwise.</summary>
internal sealed class OriginResponse : IDisposable, IAsyncDisposable
{
    private readonly OriginServer _server;
    private readonly OriginConnection _connection;
    private readonly Upload? _upload;
    private readonly TimeSpan? _idle;
    private readonly BreakerTicket _ticket;
    private readonly BodyKind _kind;
    private readonly bool _mayPersist;
    private ChunkedDecoder _chunks;
    private HeaderList? _trailers;
    private long _left;
    private bool _ended;

    /// <param name="server">Who answered.</param>
    /// <param name="connection">On which connection.</param>
    /// <param name="upload">The request's body, which may still be on its way.</param>
    /// <param name="head">The head.</param>
    /// <param name="arrival">When it came.</param>
    /// <param name="call">What was asked.</param>
    public OriginResponse(OriginServer server, OriginConnection connection, Upload? upload, in OriginHead head, Arrival arrival, in OriginCall call)
    {
        (_server, _connection, _upload, _idle, _ticket) = (server, connection, upload, call.Timeouts.BodyIdle, call.Ticket);
        (Status, Headers, Tier, Arrival, _mayPersist) = (head.Status, head.Headers, head.Tier, arrival, head.MayPersist);
        (_kind, _left) = (head.Framing.Kind, head.Framing.Length);
        ContentLength = _kind switch { BodyKind.None => 0, BodyKind.Length => _left, _ => null };
        _chunks = new ChunkedDecoder(server.HeadLimits);
        connection.InBody = true;
        if (_kind == BodyKind.None || (_kind == BodyKind.Length && _left == 0))
        {
            EndNow();
        }
    }

    public int Status { get; }

    /// <summary>End-to-end fields in the origin's order.</summary>
    public HeaderList Headers { get; }

    /// <summary>The body's length where the message says one, or zero where it has none; a length beside Transfer-Encoding is no length (RFC 9112 §6.3).</summary>
    public long? ContentLength { get; }

    /// <summary>Fields that came after the body, once it has been read to its end; null for none.</summary>
    public HeaderList? Trailers => _ended ? _trailers : null;

    public Arrival Arrival { get; }

    /// <summary>What the node said of it, if a node of this product sent it.</summary>
    public TierReply Tier { get; }

    /// <summary>Whether a shield gave it, out of its store perhaps.</summary>
    public bool IsByShield { get; set; }

    /// <summary>When it counts as begun whose request began so.</summary>
    public Beginning Began(in Beginning asked) => IsByShield ? asked.ByShield() : asked;

    /// <summary>Whether the origin has all of the request, so that nobody reads the client's body any more.</summary>
    public bool HasTakenRequest => _upload is null or { IsDone: true };

    /// <summary>From now on a client, who may be slow, sets the pace: the connection counts among the passes.</summary>
    public void BecomePass()
    {
        if (!_ended)
        {
            _server.Pool.BecomePass(_connection);
        }
    }

    /// <summary>Reads a piece; zero at the end.</summary>
    /// <exception cref="OriginException">The body ended early, was malformed, or silent longer than allowed.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> ReadAsync(Memory<byte> into, CancellationToken cancellationToken)
    {
        if (_ended || into.IsEmpty)
        {
            return 0;
        }

        try
        {
            var read = _kind == BodyKind.Chunked ? await ReadChunkedAsync(into, cancellationToken) : await ReadPlainAsync(into, cancellationToken);
            var atEnd = _kind switch
            {
                BodyKind.Length => (_left -= read) == 0,
                _ => read == 0,
            };
            if (atEnd)
            {
                await EndAsync();
            }

            return read;
        }
        catch (Exception e)
        {
            Abandon();
            if (_upload?.Fault is { } fault)
            {
                throw fault;
            }

            if (e is OriginException broken)
            {
                _server.BodyFailed(broken.Fault, _ticket);
            }

            throw;
        }
    }

    public void Dispose()
    {
        if (_ended)
        {
            return;
        }

        // What is unread but already here costs less than another connection.
        if (_kind == BodyKind.Length && _left <= _connection.Buffered.Length && _upload is null)
        {
            _connection.Consume((int)_left);
            EndNow();
            return;
        }

        Abandon();
    }

    /// <summary>Disposes, and sees to it that nobody reads the client's body any more.</summary>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return _upload is null ? ValueTask.CompletedTask : new ValueTask(_upload.StopAsync());
    }

    private async ValueTask<int> ReadPlainAsync(Memory<byte> into, CancellationToken cancellationToken)
    {
        if (_kind == BodyKind.Length && into.Length > _left)
        {
            into = into[..(int)_left];
        }

        var read = TakeBuffered(into.Span);
        if (read > 0)
        {
            return read;
        }

        _server.ExpectBody(_connection, _idle);
        read = await _connection.ReadAsync(into, cancellationToken);
        return read > 0 || _kind == BodyKind.UntilClose ? read : throw new OriginException(OriginFault.Truncated);
    }

    private async ValueTask<int> ReadChunkedAsync(Memory<byte> into, CancellationToken cancellationToken)
    {
        while (true)
        {
            var progress = _chunks.Next(_connection.Buffered, _trailers ??= new HeaderList(0), out var consumed);
            _connection.Consume(consumed);
            switch (progress)
            {
                case ChunkedProgress.Complete:
                    return 0;
                case ChunkedProgress.Refused:
                    throw new OriginException(OriginFault.ChunkMalformed);
                case ChunkedProgress.Data:
                    var piece = into[..(int)Math.Min(into.Length, _chunks.DataLeft)];
                    var read = TakeBuffered(piece.Span);
                    if (read == 0)
                    {
                        _server.ExpectBody(_connection, _idle);
                        read = await _connection.ReadAsync(piece, cancellationToken);
                    }

                    _chunks.Take(read);
                    return read > 0 ? read : throw new OriginException(OriginFault.Truncated);
                default:
                    _server.ExpectBody(_connection, _idle);
                    if (await _connection.FillAsync(cancellationToken) == 0)
                    {
                        throw new OriginException(OriginFault.Truncated);
                    }

                    break;
            }
        }
    }

    private int TakeBuffered(Span<byte> into)
    {
        var buffered = _connection.Buffered;
        var count = Math.Min(buffered.Length, into.Length);
        buffered[..count].CopyTo(into);
        _connection.Consume(count);
        return count;
    }

    /// <summary>The body has been read. A server that has not taken the whole request yet never will on this connection.</summary>
    private async ValueTask EndAsync()
    {
        if (_upload is { IsDone: false })
        {
            _connection.Close();
            await _upload.StopAsync();
        }

        EndNow();
    }

    private void EndNow()
    {
        if (_ended)
        {
            return;
        }

        _ended = true;
        if (_trailers is { } trailers)
        {
            OriginHead.KeepTrailers(trailers);
        }

        _server.LetGo();
        _server.Pool.Return(_connection, _mayPersist && _kind != BodyKind.UntilClose && (_upload is null || _upload.IsDone));
    }

    private void Abandon()
    {
        if (!_ended)
        {
            _ended = true;
            _trailers = null;
            _connection.Close();
            _server.LetGo();
            _server.Pool.Return(_connection, false);
            _upload?.Stop();
        }
    }
}
