using System.Text;
using Millrace.Delivery.Http1;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Origins;

/// <summary>One server as a route or group names it: its connections, and the path that it puts before every target.</summary>
internal sealed class OriginServer(Uri address, OriginPool pool, DeliveryOptions options, OriginWatch watch, TimeProvider time)
{
    private readonly byte[] _prefix = Encoding.Latin1.GetBytes(address.AbsolutePath.TrimEnd('/'));
    private long _requests;
    private int _inHand;

    public Uri Address { get; } = address;

    public OriginPool Pool { get; } = pool;

    public HeadLimits HeadLimits { get; } = new(options.Origins.MaxHeadBytes, options.Origins.MaxFields);

    /// <summary>Requests sent.</summary>
    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>Requests in hand, from the wait for a connection to the end of the body.</summary>
    public int InHand => Volatile.Read(ref _inHand);

    /// <summary>Told of a fault of a body, whose head counted as a success.</summary>
    public Action<OriginFault, BreakerTicket> BodyFailed { get; set; } = static (_, _) => { };

    /// <summary>Sends a request and returns when the response's head is here.</summary>
    /// <exception cref="OriginException">No usable head came.</exception>
    /// <exception cref="RequestBodyException">The client's body failed.</exception>
    public async ValueTask<OriginResponse> SendAsync(OriginCall call, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _inHand);
        try
        {
            for (var fresh = false; ; fresh = true)
            {
                var connection = await Pool.LeaseAsync(call.Pace, fresh, call.Timeouts.Connect ?? options.ConnectTimeout, cancellationToken);
                try
                {
                    return await ExchangeAsync(connection, call, cancellationToken);
                }
                catch (OriginException e) when (e.ConnectionWasStale && !fresh && call.IsSafe)
                {
                    // Closed for idleness while the request was under way (RFC 9112 §9.3.1): a new connection cannot have that.
                }
            }
        }
        catch
        {
            LetGo();
            throw;
        }
    }

    /// <summary>A response has been read to its end, or left.</summary>
    public void LetGo() => Interlocked.Decrement(ref _inHand);

    /// <summary>Gives the body so long for its next piece.</summary>
    public void ExpectBody(OriginConnection connection, TimeSpan? idle) => connection.ExpectRead(watch.After(idle ?? options.BodyIdleTimeout));

    private async ValueTask<OriginResponse> ExchangeAsync(OriginConnection connection, OriginCall call, CancellationToken cancellationToken)
    {
        var requestedAt = time.GetUtcNow();
        var wasReused = connection.IsReused;
        Upload? upload = null;
        Interlocked.Increment(ref _requests);
        try
        {
            // While a client uploads, it is silent for as long as its server lets it be; that is none of the origin's fault.
            var response = call.Timeouts.Response ?? options.ResponseTimeout;
            connection.HeadBy = call.Body is null ? Math.Min(call.Deadline, watch.After(response)) : long.MaxValue;
            await connection.WriteAsync(Head(connection, call), watch.After(options.BodyIdleTimeout), cancellationToken);
            if (call.Body is not null)
            {
                upload = new Upload(call.Body, connection, watch, response, options.BodyIdleTimeout);
                upload.Start(cancellationToken);
            }

            var head = await OriginHead.ReadAsync(connection, call.Request.Method == RequestMethod.Head, options.Origins, call.Interim, cancellationToken);
            return new OriginResponse(this, connection, upload, head, new Arrival(requestedAt, time.GetUtcNow(), time.GetTimestamp()), call);
        }
        catch (Exception e)
        {
            connection.Close();
            Pool.Return(connection, false);
            if (upload is not null)
            {
                await upload.StopAsync();
            }

            if (upload?.Fault is { } fault)
            {
                throw fault;
            }

            if (wasReused && !connection.HasAnswered && e is OriginException { Fault: OriginFault.ClosedEarly })
            {
                throw new OriginException(OriginFault.ClosedEarly, e) { ConnectionWasStale = true };
            }

            throw;
        }
    }

    private ReadOnlyMemory<byte> Head(OriginConnection connection, OriginCall call)
    {
        // A request whose method expects a body says that it has none (RFC 9110 §8.6).
        var form = call.Body is not null ? (call.Body.Length is null ? BodyForm.Chunked : BodyForm.Length)
            : call.Request.Method is RequestMethod.Post or RequestMethod.Put or RequestMethod.Patch ? BodyForm.Length : BodyForm.None;
        var buffer = connection.HeadBuffer;
        var written = RequestHead.Write(ref buffer, _prefix, call.Request, call.Headers, form, call.Body?.Length ?? 0, call.Extra.Span);
        connection.HeadBuffer = buffer;
        return buffer.AsMemory(0, written);
    }
}
