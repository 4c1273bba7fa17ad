using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace Millrace.Delivery.Origins;

/// <summary>
/// Connects to https origins. HttpClient would take server name, certificate name and pool from the Host field, which is the client's; an origin is
/// known by the name in its route, whoever is asked for there.
/// </summary>
internal static class OriginTls
{
    /// <summary>Opens TLS to the endpoint under the endpoint's own name.</summary>
    public static async ValueTask<Stream> ConnectAsync(DnsEndPoint origin, CancellationToken cancellationToken)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(origin, cancellationToken);
            SslStream tls = new(new NetworkStream(socket, ownsSocket: true));
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions { TargetHost = origin.Host, ApplicationProtocols = [SslApplicationProtocol.Http11] }, cancellationToken);
            return tls;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
