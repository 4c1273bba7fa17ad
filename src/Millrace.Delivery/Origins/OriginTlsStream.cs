using System.Net.Security;
using System.Net.Sockets;

namespace Millrace.Delivery.Origins;

/// <summary>TLS to an origin that knows how it ended. SslStream gives the end of a stream alike whether the peer said so or the TCP connection was cut by anybody.</summary>
internal sealed class OriginTlsStream : SslStream
{
    private readonly EndNotingStream _inner;

    public OriginTlsStream(Socket socket)
        : this(new EndNotingStream(socket))
    {
    }

    private OriginTlsStream(EndNotingStream inner)
        : base(inner) => _inner = inner;

    /// <summary>
    /// Whether the connection ended without close_notify: then nobody knows that what came was all (RFC 9112 §9.8). SslStream reads no further once it has
    /// the alert, so an end of the socket that was read stands for none.
    /// </summary>
    public bool WasCut => _inner.HasEnded;

    private sealed class EndNotingStream(Socket socket) : NetworkStream(socket, ownsSocket: true)
    {
        private bool _ended;

        public bool HasEnded => Volatile.Read(ref _ended);

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await base.ReadAsync(buffer, cancellationToken);
            if (read == 0 && !buffer.IsEmpty)
            {
                Volatile.Write(ref _ended, true);
            }

            return read;
        }
    }
}
