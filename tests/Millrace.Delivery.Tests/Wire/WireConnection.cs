using System.Net.Sockets;
using System.Text;

namespace Millrace.Delivery.Tests.Wire;

/// <summary>HTTP/1.1 as bytes on a socket, for tests that must say and see exactly what is on the wire. Either side.</summary>
internal sealed class WireConnection(Socket socket) : IDisposable
{
    private readonly byte[] _buffer = new byte[64 << 10];
    private int _start;
    private int _end;

    /// <param name="address">Host and port.</param>
    /// <param name="receiveBuffer">The kernel's, in bytes, so that a client that does not read is soon felt; null for the kernel's choice.</param>
    public static async Task<WireConnection> ConnectAsync(Uri address, int? receiveBuffer = null)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer is { } bytes)
        {
            socket.ReceiveBufferSize = bytes;
        }

        await socket.ConnectAsync(address.Host, address.Port);
        return new WireConnection(socket);
    }

    public Socket Socket => socket;

    public ValueTask SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[await socket.SendAsync(bytes)..];
        }
    }

    /// <summary>One byte; -1 when the peer has closed.</summary>
    public async ValueTask<int> ReadByteAsync() => _start < _end || await FillAsync() ? _buffer[_start++] : -1;

    /// <summary>A line without its CRLF; null when the peer has closed before it.</summary>
    public async ValueTask<string?> ReadLineAsync()
    {
        while (true)
        {
            var at = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            if (at >= 0)
            {
                var line = Encoding.Latin1.GetString(_buffer, _start, at).TrimEnd('\r');
                _start += at + 1;
                return line;
            }

            if (!await FillAsync())
            {
                return null;
            }
        }
    }

    /// <summary>The first line of a message and its fields; null when the peer has closed.</summary>
    public async ValueTask<(string Start, List<(string Name, string Value)> Fields)?> ReadHeadAsync()
    {
        if (await ReadLineAsync() is not { } start)
        {
            return null;
        }

        List<(string, string)> fields = [];
        while (await ReadLineAsync() is { } line)
        {
            if (line.Length == 0)
            {
                return (start, fields);
            }

            var colon = line.IndexOf(':', StringComparison.Ordinal);
            fields.Add((line[..colon], line[(colon + 1)..].Trim(' ', '\t')));
        }

        return null;
    }

    /// <summary>Reads a final response; its body is whole, or what came before the peer cut it. Of status 0 when the peer cut before the head's end.</summary>
    public async ValueTask<WireReply> ReadReplyAsync(string method = "GET")
    {
        while (true)
        {
            if (await ReadHeadAsync() is not { } head)
            {
                return new WireReply(0, [], [], false);
            }

            var status = int.Parse(head.Start.AsSpan(9, 3), System.Globalization.CultureInfo.InvariantCulture);
            if (status is >= 100 and < 200)
            {
                continue;
            }

            var (body, isWhole) = method == "HEAD" || status is 204 or 304 ? ([], true) : await ReadBodyAsync(head.Fields);
            return new WireReply(status, head.Fields, body, isWhole);
        }
    }

    /// <summary>The body of a message, framed as its fields say (RFC 9112 §6); false when it was cut.</summary>
    public async ValueTask<(byte[] Body, bool IsWhole)> ReadBodyAsync(List<(string Name, string Value)> fields, bool isRequest = false)
    {
        using var body = new MemoryStream();
        if (Field(fields, "Transfer-Encoding") is not null)
        {
            while (await ReadLineAsync() is { } line)
            {
                var size = Convert.ToInt32(line.Split(';')[0].Trim(), 16);
                if (!await CopyAsync(body, size))
                {
                    return (body.ToArray(), false);
                }

                var end = await ReadLineAsync();
                if (size == 0)
                {
                    // Trailers end with an empty line.
                    while (end is { Length: > 0 })
                    {
                        end = await ReadLineAsync();
                    }

                    return (body.ToArray(), end is not null);
                }
            }

            return (body.ToArray(), false);
        }

        if (Field(fields, "Content-Length") is { } length)
        {
            var isWhole = await CopyAsync(body, int.Parse(length, System.Globalization.CultureInfo.InvariantCulture));
            return (body.ToArray(), isWhole);
        }

        if (!isRequest)
        {
            await CopyAsync(body, int.MaxValue);
        }

        return (body.ToArray(), true);
    }

    public void Dispose() => socket.Dispose();

    /// <summary>Cuts the connection with a reset, as a crash does.</summary>
    public void Reset()
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Close();
    }

    private static string? Field(List<(string Name, string Value)> fields, string name) =>
        fields.Where(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(static field => field.Value).FirstOrDefault();

    private async ValueTask<bool> CopyAsync(MemoryStream to, int count)
    {
        while (count > 0)
        {
            if (_start == _end && !await FillAsync())
            {
                return false;
            }

            var take = Math.Min(count, _end - _start);
            to.Write(_buffer, _start, take);
            _start += take;
            count -= take;
        }

        return true;
    }

    private async ValueTask<bool> FillAsync()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
        {
            throw new IOException("a line longer than the buffer");
        }

        try
        {
            var read = await socket.ReceiveAsync(_buffer.AsMemory(_end));
            _end += read;
            return read > 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

/// <summary>A response as it was on the wire.</summary>
internal sealed record WireReply(int Status, List<(string Name, string Value)> Fields, byte[] Body, bool IsWhole)
{
    public string Text => Encoding.Latin1.GetString(Body);

    /// <summary>All lines of a name, joined; empty when there is none.</summary>
    public string this[string name] => string.Join(", ", Fields.Where(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(static field => field.Value));
}
