using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Millrace.Delivery.Tests;

/// <summary>An origin that speaks bytes: for what no decent server would say. Each connection is handed to the test with its request read.</summary>
internal sealed class RawOrigin : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly Func<string, NetworkStream, Task> _answer;
    private readonly Task _accepting;

    public RawOrigin(Func<string, NetworkStream, Task> answer, int port = 0)
    {
        (_answer, _listener) = (answer, new TcpListener(IPAddress.Loopback, port));
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public static async Task SayAsync(NetworkStream stream, string text) => await stream.WriteAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>Reads a request's body by its length or its chunks, and gives it back as it came.</summary>
    public static async Task<string> ReadBodyAsync(string head, NetworkStream stream)
    {
        StringBuilder body = new();
        if (head.Contains("\r\nTransfer-Encoding: chunked\r\n", StringComparison.OrdinalIgnoreCase))
        {
            while (!$"{body}".EndsWith("0\r\n\r\n", StringComparison.Ordinal))
            {
                body.Append((char)await NextAsync());
            }
        }
        else if (head.Split("\r\n").FirstOrDefault(static line => line.StartsWith("Content-Length: ", StringComparison.OrdinalIgnoreCase)) is { } length)
        {
            for (var left = int.Parse(length.AsSpan(16), System.Globalization.CultureInfo.InvariantCulture); left > 0; left--)
            {
                body.Append((char)await NextAsync());
            }
        }

        return $"{body}";

        async Task<byte> NextAsync()
        {
            var one = new byte[1];
            await stream.ReadExactlyAsync(one);
            return one[0];
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await _listener.AcceptTcpClientAsync());
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The test is over.
        }
    }

    /// <summary>Reads one head after another; ends the connection when the answer does so or the peer goes.</summary>
    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            var stream = client.GetStream();
            StringBuilder head = new();
            var one = new byte[1];
            try
            {
                while (await stream.ReadAsync(one) == 1)
                {
                    head.Append((char)one[0]);
                    if (head.Length >= 4 && head.ToString(head.Length - 4, 4) == "\r\n\r\n")
                    {
                        await _answer(head.ToString(), stream);
                        head.Clear();
                    }
                }
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                // Closed by either side.
            }
        }
    }
}
