using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Millrace.Delivery.Origins;

namespace Millrace.Delivery.Tests.Origins;

/// <summary>Bodies that only the connection's end ends, over TLS: whoever can cut TCP must not be able to make a part pass for the whole (RFC 9112 §9.8).</summary>
public class TlsOriginTests
{
    private const string UntilClose = "HTTP/1.1 200 OK\r\n\r\nhello";

    [Theory]
    [InlineData("TLS 1.2", UntilClose, true)]
    [InlineData("TLS 1.3", UntilClose, true)]
    [InlineData("TLS 1.2", UntilClose, false)]
    [InlineData("TLS 1.3", UntilClose, false)]
    [InlineData("TLS 1.3", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", false)]
    [InlineData("TLS 1.3", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", false)]
    public async Task Body_counts_as_whole_where_its_end_was_said(string protocol, string said, bool saysEnd)
    {
        await using TlsOrigin origin = new(protocol, said, saysEnd);
        using ClientHarness harness = new(origin.Address, connector: new TrustingConnector());
        if (said != UntilClose || saysEnd)
        {
            Assert.Equal((200, "hello"), await harness.GetAsync());
        }
        else
        {
            Assert.Equal(OriginFault.Truncated, await harness.FaultAsync());
        }
    }

    private sealed class TrustingConnector : IConnector
    {
        public async ValueTask<Stream> ConnectAsync(OriginEndpoint endpoint, CancellationToken cancellationToken)
        {
            Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(endpoint.Host, endpoint.Port, cancellationToken);
            OriginTlsStream tls = new(socket);
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "origin", RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null }, cancellationToken);
            return tls;
        }
    }

    /// <summary>Answers one request, and ends the connection with close_notify or by TCP's end alone.</summary>
    private sealed class TlsOrigin : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly Task _serving;

        public TlsOrigin(string protocol, string said, bool saysEnd)
        {
            _listener.Start();
            _serving = ServeAsync(protocol, said, saysEnd);
        }

        public Uri Address => new($"https://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

        private async Task ServeAsync(string protocol, string said, bool saysEnd)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            using var made = new CertificateRequest("CN=origin", key, HashAlgorithmName.SHA256).CreateSelfSigned(new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2050, 1, 1, 0, 0, 0, TimeSpan.Zero));
            using var certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
            using var client = await _listener.AcceptTcpClientAsync();
            var plain = client.GetStream();
            await using SslStream tls = new(plain, leaveInnerStreamOpen: true);
            await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
            {
                ServerCertificate = certificate,
                EnabledSslProtocols = protocol == "TLS 1.2" ? System.Security.Authentication.SslProtocols.Tls12 : System.Security.Authentication.SslProtocols.Tls13,
            });
            await tls.ReadAtLeastAsync(new byte[4096], 20);
            await tls.WriteAsync(Encoding.Latin1.GetBytes(said));
            if (saysEnd)
            {
                await tls.ShutdownAsync();
            }

            client.Client.Shutdown(SocketShutdown.Send);

            // Until the other side has read it all, and left.
            while (await plain.ReadAsync(new byte[4096]) > 0)
            {
            }
        }

        public async ValueTask DisposeAsync()
        {
            _listener.Stop();
            await _serving.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        }
    }
}
