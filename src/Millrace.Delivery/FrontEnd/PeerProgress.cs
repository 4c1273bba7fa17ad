using System.Buffers.Binary;
using System.Net.Sockets;

namespace Millrace.Delivery.FrontEnd;

/// <summary>How much a connection's other side has acknowledged, as the kernel counts it (Linux: <c>tcpi_bytes_acked</c>).</summary>
internal sealed class PeerProgress(Socket socket)
{
    private const int ProtocolTcp = 6;
    private const int TcpInfo = 11;

    /// <summary>Where <c>struct tcp_info</c> has the count, since Linux 4.1.</summary>
    private const int AckedAt = 120;

    /// <summary>Bytes since the connection began; null where the system does not tell.</summary>
    public long? Acknowledged()
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        Span<byte> info = stackalloc byte[AckedAt + sizeof(long)];
        try
        {
            return socket.GetRawSocketOption(ProtocolTcp, TcpInfo, info) == info.Length ? BinaryPrimitives.ReadInt64LittleEndian(info[AckedAt..]) : null;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return null;
        }
    }
}
