using System.IO.Pipelines;
using System.Net.Sockets;

namespace Millrace.Delivery.FrontEnd;

/// <summary>The end of a connection by us, in either version of HTTP.</summary>
internal static class Lingering
{
    /// <summary>What is read away of what a client still sends: a socket that closes with bytes unread sends a reset, which overtakes the answer (RFC 9112 §9.6).</summary>
    private const int MaxBytes = 1024 * 1024;

    /// <summary>Ends our side, and gives the client a moment to end its own.</summary>
    public static async Task EndAsync(Socket socket, PipeReader input, PeerClock clock)
    {
        socket.Shutdown(SocketShutdown.Send);
        clock.Await(Awaiting.End);
        for (var bytes = 0L; bytes < MaxBytes;)
        {
            var read = await input.ReadAsync();
            bytes += read.Buffer.Length;
            input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted || (read.IsCanceled && clock.IsSilent()))
            {
                return;
            }
        }
    }
}
