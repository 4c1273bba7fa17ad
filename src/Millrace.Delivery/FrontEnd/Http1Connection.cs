using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Millrace.Delivery.Http1;
using Millrace.Delivery.Replies;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.FrontEnd;

/// <summary>
/// A connection that speaks HTTP/1.1: reads a head, has it answered, and so on, in order. Everything it needs is made once and used for request after
/// request. Answers to pipelined requests leave together; the output is flushed before the next request has to be waited for.
/// </summary>
internal sealed class Http1Connection : IWatched
{
    private readonly ConnectionContext _connection;
    private readonly FrontDoorOptions _options;
    private readonly DeliveryCore _core;
    private readonly PipeReader _input;
    private readonly Socket? _socket;
    private readonly ConnectionOutput _output;
    private readonly PeerClock _clock;
    private readonly Http1RequestBody _body;
    private readonly Http1ResponseWriter _writer;
    private readonly Exchange _exchange;
    private HeadParser<RequestLine> _parser;
    private HeadBuffer _head;
    private bool _begun;
    private int _requests;
    private volatile bool _draining;

    public Http1Connection(ConnectionContext connection, FrontDoorOptions options, DeliveryCore core, ConnectionWatch watch)
    {
        (_connection, _options, _core, _input) = (connection, options, core, connection.Transport.Input);
        var secure = connection.Features.Get<ITlsHandshakeFeature>() is not null;
        _socket = connection.Features.Get<IConnectionSocketFeature>()?.Socket;
        _clock = new PeerClock(options, watch, _socket is null ? null : new PeerProgress(_socket));
        _output = _socket is not null && !secure ? new SocketOutput(_socket, _clock) : new PipeOutput(connection.Transport.Output, _clock);
        _body = new Http1RequestBody(_input, _clock, options, core.Meters);
        _writer = new Http1ResponseWriter(_output, _body, watch, Abort);
        _body.Continue = _writer.ContinueAsync;
        _exchange = core.Open(_writer);
        _exchange.Request.IsSecure = secure;
        _exchange.Request.Client = Address(connection.RemoteEndPoint);
        _clock.Await(Awaiting.Request);
    }

    private enum Step
    {
        ReadOn,
        Serve,
        Refuse,
        End,
    }

    /// <summary>Has the connection end when the server drains: at once when it is idle, behind its answer when not.</summary>
    public CancellationTokenRegistration FollowDrain() =>
        _connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested.Register(static self => ((Http1Connection)self!).Drain(), this) ?? default;

    /// <summary>Serves the connection to its end. Never throws.</summary>
    public async Task RunAsync()
    {
        try
        {
            if (await ServeAsync())
            {
                await EndAsync();
            }
        }
        catch (Exception e) when (e is IOException or ConnectionAbortedException or OperationCanceledException or ObjectDisposedException)
        {
            // The client is gone; what was under way has been told of.
            Abort();
        }
        finally
        {
            _head.Clear();
            (_output as IDisposable)?.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Look()
    {
        if (_clock.IsDeaf())
        {
            _core.Meters.BoundHit(DeliveryReason.SlowClient);
            Abort();
        }
        else if (_clock.IsSilent())
        {
            // Whoever reads decides what the silence means.
            _input.CancelPendingRead();
        }
    }

    /// <summary>One request after another. False when the connection was cut. All waiting of the usual path is in this one method, so that a request allocates no state machine.</summary>
    private async Task<bool> ServeAsync()
    {
        while (true)
        {
            if (!_input.TryRead(out var read))
            {
                await _output.FlushAsync();
                if (_draining && !_begun)
                {
                    return true;
                }

                _clock.Await(_begun ? Awaiting.Head : Awaiting.Request);
                read = await _input.ReadAsync();
            }

            switch (Take(in read, out var refusal))
            {
                case Step.ReadOn:
                    continue;
                case Step.Serve:
                    await _core.HandleAsync(_exchange, _connection.ConnectionClosed);
                    break;
                case Step.Refuse:
                    await _core.RefuseAsync(_exchange, refusal.Status, refusal.Reason, _connection.ConnectionClosed);
                    break;
                default:
                    return true;
            }

            if (!_writer.Finish() || _body.IsReading)
            {
                Abort();
                return false;
            }

            if (!_writer.Persists)
            {
                return true;
            }

            if (!_body.Ended)
            {
                await _output.FlushAsync();
                await _body.DrainAsync();
            }
        }
    }

    /// <summary>Takes as much of what was received as belongs to the head in hand.</summary>
    private Step Take(in ReadResult read, out (int Status, DeliveryReason Reason) refusal)
    {
        refusal = default;
        var buffer = read.Buffer;
        if (buffer.IsEmpty && !_begun)
        {
            _input.AdvanceTo(buffer.Start);
            return read.IsCompleted || _draining || (read.IsCanceled && _clock.IsSilent()) ? Step.End : Step.ReadOn;
        }

        if (!_begun)
        {
            _begun = true;
            _exchange.Begin();
            _parser = new HeadParser<RequestLine>(new HeadLimits(_options.MaxHeadBytes, _options.MaxHeadFields));
        }

        var message = _head.Of(in buffer, _options.MaxHeadBytes + 1);
        var progress = _parser.Read(message, _exchange.Request.Headers);
        if (progress == HeadProgress.Incomplete && !(read.IsCanceled && _clock.IsSilent()))
        {
            _input.AdvanceTo(buffer.Start, buffer.End);
            return read.IsCompleted ? Step.End : Step.ReadOn;
        }

        refusal = progress switch
        {
            HeadProgress.Incomplete => (408, DeliveryReason.SlowClient),
            HeadProgress.Refused => Refusal(_parser.Fault, message),
            _ => Fill(message),
        };
        _input.AdvanceTo(buffer.GetPosition(_parser.Length));
        _head.Clear();
        _begun = false;
        _clock.BeginRequest();
        if (refusal.Status == 0)
        {
            return Step.Serve;
        }

        // What follows cannot be trusted to be a request.
        _writer.Begin(1, toHead: _exchange.Request.IsHead, persists: false, wantsTrailers: false);
        _body.Begin(default, expectsContinue: false);
        if (refusal.Reason != DeliveryReason.BadRequest)
        {
            _core.Meters.BoundHit(refusal.Reason);
        }

        return Step.Refuse;
    }

    /// <summary>Judges a whole head and makes it the exchange's request. Returns status zero when it is good.</summary>
    private (int Status, DeliveryReason Reason) Fill(ReadOnlySpan<byte> message)
    {
        var line = _parser.StartLine;
        var request = _exchange.Request;
        var headers = request.Headers;
        var fault = RequestRules.JudgeMethod(line.Method.Of(message));
        RequestTarget target = default;
        if (fault == HeadFault.None && !RequestTarget.TryParse(line.Target.Of(message), out target))
        {
            fault = HeadFault.Target;
        }

        BodyFraming framing = default;
        var expectsContinue = false;
        fault = fault != HeadFault.None ? fault
            : RequestRules.JudgeHost(headers, target, request.Scheme) is var host and not HeadFault.None ? host
            : RequestRules.JudgeConnection(headers) is var connection and not HeadFault.None ? connection
            : BodyFraming.OfRequest(headers, line.Minor, out framing) is var body and not HeadFault.None ? body
            : RequestRules.JudgeExpectation(headers, out expectsContinue);
        if (fault != HeadFault.None)
        {
            return Refusal(fault, message);
        }

        request.SetMethod(line.Method.Of(message));
        if (!target.Authority.IsEmpty)
        {
            // RFC 9112 §3.2.2: the target's own, whatever Host says.
            headers.Set(FieldId.Host, target.Authority);
        }

        request.SetAuthority(headers.First(FieldId.Host));
        SetTarget(request, target.PathAndQuery);
        if (framing.Kind == BodyKind.Length && framing.Length > _options.MaxBodyBytes)
        {
            return (413, DeliveryReason.BodyTooLarge);
        }

        request.Protocol = line.Minor == 0 ? RequestProtocol.Http10 : RequestProtocol.Http11;
        _body.Begin(framing, expectsContinue && line.Minor > 0);
        request.Body = framing.Kind == BodyKind.None ? null : _body;
        _writer.Begin(
            line.Minor,
            request.IsHead,
            persists: Persists(headers, line.Minor) && ++_requests < _options.MaxRequestsPerConnection && !_draining,
            wantsTrailers: headers.Members(FieldId.TE).Contains("trailers"u8));
        return default;
    }

    /// <summary>Keeps for the access log what is known of a request that is refused, as it came.</summary>
    private (int Status, DeliveryReason Reason) Refusal(HeadFault fault, ReadOnlySpan<byte> message)
    {
        var (request, line) = (_exchange.Request, _parser.StartLine);
        request.SetMethod(line.Method.Of(message));
        request.SetTarget(line.Target.Of(message));
        if (request.Headers.CountOf(FieldId.Host) == 1)
        {
            request.SetAuthority(request.Headers.First(FieldId.Host));
        }

        _exchange.Fault = fault;
        return (RequestRules.StatusOf(fault), RequestRules.ReasonOf(fault));
    }

    /// <summary>RFC 9112 §9.3.</summary>
    private static bool Persists(HeaderList headers, int minor) =>
        headers.Contains(FieldId.Connection)
            ? !headers.Members(FieldId.Connection).Contains("close"u8) && (minor > 0 || headers.Members(FieldId.Connection).Contains("keep-alive"u8))
            : minor > 0;

    /// <summary>An absolute form may have a query, or nothing, right behind its authority (RFC 9112 §3.2.1).</summary>
    private static void SetTarget(DeliveryRequest request, ReadOnlySpan<byte> pathAndQuery)
    {
        if (pathAndQuery.IsEmpty || pathAndQuery[0] != '/')
        {
            request.SetTarget([(byte)'/', .. pathAndQuery]);
        }
        else
        {
            request.SetTarget(pathAndQuery);
        }
    }

    private static string? Address(EndPoint? client) =>
        client is IPEndPoint { Address: var address } ? (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString() : null;

    /// <summary>Sends what there is, ends our side, and gives the client a moment to end its own.</summary>
    private async Task EndAsync()
    {
        await _output.FlushAsync();
        if (_output is not SocketOutput)
        {
            return;
        }

        await Lingering.EndAsync(_socket!, _input, _clock);
    }

    private void Drain()
    {
        _draining = true;
        _writer.EndConnection();
        _input.CancelPendingRead();
    }

    private void Abort()
    {
        // A reset, not an orderly end: what was sent so far must not pass for the whole.
        _socket?.Close(0);
        _connection.Abort(new ConnectionAbortedException("The connection was cut."));
    }
}
