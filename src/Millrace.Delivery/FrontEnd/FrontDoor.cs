using System.Net.Security;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Millrace.Delivery.FrontEnd.Tls;
using Millrace.Delivery.Http2;

namespace Millrace.Delivery.FrontEnd;

/// <summary>
/// The delivery plane's front door: HTTP/1.1 and HTTP/2 by strict parsers and loops of ours, over TLS or in cleartext. Give it a Kestrel server of its own,
/// whose transport and TLS it uses: <see cref="Configure"/>, then <see cref="Open"/> for each endpoint. The server's own pipeline gets no request. Thread-safe.
/// </summary>
public sealed class FrontDoor : IDisposable
{
    private readonly FrontDoorOptions _options;
    private readonly DeliveryCore _core;
    private readonly ConnectionWatch _watch;
    private readonly ClientTable _clients;

    /// <summary>Makes a front door.</summary>
    /// <param name="options">Bounds.</param>
    /// <param name="plane">Answers the requests.</param>
    /// <param name="time">Clock of time bounds.</param>
    /// <exception cref="ArgumentException">A bound makes no sense; all faults are listed.</exception>
    public FrontDoor(FrontDoorOptions options, DeliveryPlane plane, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(plane);
        ArgumentNullException.ThrowIfNull(time);
        options.Validate();
        _options = options;
        _core = plane.Core;
        _watch = new ConnectionWatch(time);
        _clients = new ClientTable(options);
    }

    /// <summary>Connections that are open now.</summary>
    public int Connections => _clients.Count;

    /// <summary>Sets what the server needs: it leaves all bounds to the door.</summary>
    public static void Configure(KestrelServerOptions server)
    {
        ArgumentNullException.ThrowIfNull(server);
        server.Limits.MaxConcurrentConnections = null;
    }

    /// <summary>Sets the transport of a server that serves this door alone: a request is answered on the thread that received it, since nothing on that path blocks.</summary>
    public static void ConfigureTransport(SocketTransportOptions transport)
    {
        ArgumentNullException.ThrowIfNull(transport);
        transport.UnsafePreferInlineScheduling = true;
    }

    /// <summary>Makes an endpoint a door in cleartext: call it in <c>Listen</c>.</summary>
    public void Open(ListenOptions endpoint) => OpenTls(endpoint, null);

    /// <summary>Makes an endpoint a door: call it in <c>Listen</c>.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="certificates">Those to speak TLS with, the caller's own; null for cleartext.</param>
    public void OpenTls(ListenOptions endpoint, CertificateStore? certificates)
    {
        ArgumentNullException.ThrowIfNull(endpoint);

        // Of no effect: nothing reaches Kestrel's own HTTP. With any other it would say in its log that HTTP/2 wants TLS.
        endpoint.Protocols = HttpProtocols.Http2;
        endpoint.Use(next => connection => AdmitAsync(connection, next));
        if (certificates is not null)
        {
            endpoint.UseHttps(new TlsHandshakeCallbackOptions
            {
                HandshakeTimeout = _options.HeadTimeout,
                OnConnection = handshake => ValueTask.FromResult(certificates.Select(handshake.ClientHelloInfo.ServerName)),
            });
        }

        endpoint.Use(_ => SpeakAsync);
    }

    /// <summary>Stops the clock. The server must have stopped before.</summary>
    public void Dispose() => _watch.Dispose();

    private async Task AdmitAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var client = connection.RemoteEndPoint;
        if (!_clients.TryEnter(client))
        {
            _core.Meters.BoundHit(DeliveryReason.TooManyConnections);
            Cut(connection, "There are too many connections.");
            return;
        }

        try
        {
            await next(connection);
        }
        finally
        {
            _clients.Leave(client);
        }
    }

    private async Task SpeakAsync(ConnectionContext connection)
    {
        Http1Connection http1 = new(connection, _options, _core, _watch);
        _watch.Add(http1);
        try
        {
            await using var draining = http1.FollowDrain();
            if (!await IsHttp2Async(connection))
            {
                await http1.RunAsync();
                return;
            }
        }
        finally
        {
            _watch.Remove(http1);
        }

        Http2Connection http2 = new(connection, _options, _core, _watch);
        _watch.Add(http2);
        try
        {
            await using var draining = http2.FollowDrain();
            await http2.RunAsync();
        }
        finally
        {
            _watch.Remove(http2);
        }
    }

    /// <summary>Ends a connection by a reset.</summary>
    private static void Cut(ConnectionContext connection, string why)
    {
        connection.Features.Get<IConnectionSocketFeature>()?.Socket.Close(0);
        connection.Abort(new ConnectionAbortedException(why));
    }

    /// <summary>Looks at what a cleartext connection begins with, and leaves it there. Over TLS, ALPN has said.</summary>
    private static async ValueTask<bool> IsHttp2Async(ConnectionContext connection)
    {
        if (connection.Features.Get<ISslStreamFeature>() is { } tls)
        {
            return tls.SslStream.NegotiatedApplicationProtocol == SslApplicationProtocol.Http2;
        }

        var input = connection.Transport.Input;
        while (true)
        {
            var read = await input.ReadAsync();
            var begins = Http2Preface.Begins(read.Buffer);
            if (begins is { } known || read.IsCompleted || read.IsCanceled)
            {
                input.AdvanceTo(read.Buffer.Start);
                return begins ?? false;
            }

            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }
}
