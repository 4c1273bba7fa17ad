using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Millrace.Delivery.Tests;

/// <summary>A client that speaks bytes, and reads responses by their own framing.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly TcpClient _client;
    private readonly Stream _stream;
    private readonly MemoryStream _received = new();

    private RawClient(TcpClient client, Stream stream) => (_client, _stream) = (client, stream);

    public static async Task<RawClient> ConnectAsync(Uri server, int receiveBuffer = 0)
    {
        TcpClient client = new();
        if (receiveBuffer > 0)
        {
            client.ReceiveBufferSize = receiveBuffer;
        }

        await client.ConnectAsync(server.Host, server.Port, TestContext.Current.CancellationToken);
        client.NoDelay = true;
        return new RawClient(client, client.GetStream());
    }

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes) => await _stream.WriteAsync(bytes, TestContext.Current.CancellationToken);

    /// <summary>Ends the client's side.</summary>
    public void EndSending() => _client.Client.Shutdown(SocketShutdown.Send);

    /// <summary>One response: its head with the body behind it, chunks decoded by a plain reading of them. Null when the server ended the connection first.</summary>
    public async Task<RawResponse?> ReadAsync(bool toHead = false)
    {
        var head = await UntilAsync("\r\n\r\n");
        if (head is null)
        {
            return null;
        }

        var status = int.Parse(head.AsSpan(9, 3), CultureInfo.InvariantCulture);
        if (toHead || status is < 200 or 204 or 304)
        {
            return new RawResponse(status, head, "");
        }

        if (head.Contains("Transfer-Encoding: chunked", StringComparison.Ordinal))
        {
            StringBuilder body = new();
            while (true)
            {
                var size = int.Parse((await UntilAsync("\r\n"))!.TrimEnd(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                if (size == 0)
                {
                    var trailers = "";
                    for (var line = await UntilAsync("\r\n"); line is not null and not "\r\n"; line = await UntilAsync("\r\n"))
                    {
                        trailers += line;
                    }

                    return new RawResponse(status, head, $"{body}") { Trailers = trailers };
                }

                body.Append(await ExactlyAsync(size));
                Assert.Equal("\r\n", await ExactlyAsync(2));
            }
        }

        var length = head.Split("\r\n").FirstOrDefault(static line => line.StartsWith("Content-Length: ", StringComparison.OrdinalIgnoreCase));
        return new RawResponse(status, head, length is null ? await RestAsync() : await ExactlyAsync(int.Parse(length.AsSpan(16), CultureInfo.InvariantCulture)));
    }

    /// <summary>Everything until the server ends the connection, also by a reset.</summary>
    public async Task<string> RestAsync()
    {
        while (await MoreAsync())
        {
        }

        return Take((int)_received.Length);
    }

    /// <summary>Everything until the server ends the connection, and whether it did so in order, not by a reset.</summary>
    public async Task<(byte[] Bytes, bool InOrder)> EndAsync()
    {
        var inOrder = true;
        try
        {
            var buffer = new byte[65536];
            int read;
            while ((read = await _stream.ReadAsync(buffer, TestContext.Current.CancellationToken)) > 0)
            {
                _received.Write(buffer, 0, read);
            }
        }
        catch (IOException)
        {
            inOrder = false;
        }

        return (_received.ToArray(), inOrder);
    }

    public void Dispose()
    {
        _client.Dispose();
        _received.Dispose();
    }

    private async Task<string?> UntilAsync(string mark)
    {
        while (true)
        {
            var at = Encoding.Latin1.GetString(_received.GetBuffer(), 0, (int)_received.Length).IndexOf(mark, StringComparison.Ordinal);
            if (at >= 0)
            {
                return Take(at + mark.Length);
            }

            if (!await MoreAsync())
            {
                return null;
            }
        }
    }

    public async Task<string> ExactlyAsync(int count)
    {
        while (_received.Length < count)
        {
            Assert.True(await MoreAsync(), $"the server ended the connection {count - _received.Length} bytes early");
        }

        return Take(count);
    }

    private async Task<bool> MoreAsync()
    {
        var buffer = new byte[16384];
        try
        {
            var read = await _stream.ReadAsync(buffer, TestContext.Current.CancellationToken);
            _received.Write(buffer, 0, read);
            return read > 0;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private string Take(int count)
    {
        var all = _received.ToArray();
        _received.SetLength(0);
        _received.Write(all, count, all.Length - count);
        return Encoding.Latin1.GetString(all, 0, count);
    }
}

/// <summary>A response as it was read.</summary>
internal sealed record RawResponse(int Status, string Head, string Body)
{
    public string Trailers { get; init; } = "";

    public bool Closes => Head.Contains("\r\nConnection: close\r\n", StringComparison.Ordinal);
}
