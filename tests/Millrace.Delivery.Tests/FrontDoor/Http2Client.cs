using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace Millrace.Delivery.Tests;

/// <summary>A client that speaks HTTP/2 frame by frame, for what no decent one would say.</summary>
internal sealed class Http2Client : IDisposable
{
    public const byte Data = 0, Headers = 1, Priority = 2, ResetStream = 3, Settings = 4, Ping = 6, GoAway = 7, WindowUpdate = 8, Continuation = 9;

    public const byte EndStream = 1, EndHeaders = 4;

    private readonly TcpClient _client = new() { NoDelay = true };
    private NetworkStream _stream = null!;

    public static async Task<Http2Client> ConnectAsync(Uri server)
    {
        Http2Client client = new();
        await client._client.ConnectAsync(server.Host, server.Port, TestContext.Current.CancellationToken);
        client._stream = client._client.GetStream();
        await client.SendAsync(Encoding.ASCII.GetBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
        await client.SendAsync(Frame(Settings, 0, 0, []));
        return client;
    }

    public static byte[] Frame(byte type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        var frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8);
        (frame[3], frame[4]) = (type, flags);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame.AsSpan(9));
        return frame;
    }

    /// <summary>A header block of literals without indexing (RFC 7541 §6.2.2), bytes as they are.</summary>
    public static byte[] Block(params (string Name, string Value)[] fields)
    {
        using MemoryStream block = new();
        foreach (var (name, value) in fields)
        {
            block.WriteByte(0);
            Text(name);
            Text(value);
        }

        return block.ToArray();

        void Text(string text)
        {
            Assert.True(text.Length < 127);
            block.WriteByte((byte)text.Length);
            block.Write(Encoding.Latin1.GetBytes(text));
        }
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes) => await _stream.WriteAsync(bytes, TestContext.Current.CancellationToken);

    /// <summary>Sends again and again until the server has had enough; false when it took all.</summary>
    public async Task<bool> IsCutOffAsync(Func<int, byte[]> frames, int times)
    {
        // Answers are read on, so that the server is never held up by them.
        var draining = DrainAsync();
        try
        {
            for (var i = 0; i < times; i++)
            {
                if (draining.IsCompleted)
                {
                    return true;
                }

                await SendAsync(frames(i));
            }

            // What was sent is behind this one, and its answer behind theirs.
            await SendAsync(Frame(GoAway, 0, 0, new byte[8]));
        }
        catch (IOException)
        {
            return true;
        }

        return await draining;
    }

    /// <summary>Reads frames until a stream is answered: its status where that is one of the static table's, -1 when it was reset or refused with another, or the connection ended.</summary>
    public async Task<int> StatusAsync(int stream)
    {
        var head = new byte[9];
        try
        {
            while (true)
            {
                await _stream.ReadExactlyAsync(head, TestContext.Current.CancellationToken);
                var payload = new byte[BinaryPrimitives.ReadInt32BigEndian(head) >>> 8];
                await _stream.ReadExactlyAsync(payload, TestContext.Current.CancellationToken);
                var at = BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5));
                if (head[3] == GoAway || (head[3] == ResetStream && at == stream))
                {
                    return -1;
                }

                if (head[3] == Headers && at == stream)
                {
                    // Size updates of the dynamic table (001xxxxx) may come first.
                    var status = payload.SkipWhile(static one => (one & 0xe0) == 0x20).First();
                    return status switch { 0x88 => 200, 0x8c => 400, 0x8d => 404, 0x8e => 500, _ => -1 };
                }
            }
        }
        catch (IOException)
        {
            return -1;
        }
    }

    public void Dispose() => _client.Dispose();

    /// <summary>Reads to the end; true when that was a reset.</summary>
    private async Task<bool> DrainAsync()
    {
        var buffer = new byte[65536];
        try
        {
            while (await _stream.ReadAsync(buffer, TestContext.Current.CancellationToken) > 0)
            {
            }

            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }
}
