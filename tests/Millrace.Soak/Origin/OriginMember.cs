using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Millrace.Soak.Content;

namespace Millrace.Soak.Origin;

/// <summary>A member of the origin group: HTTP/1.1 on a socket of its own, with the plan's faults. It can go away and come back on the same port.</summary>
internal sealed class OriginMember(RunClock clock, SoakOptions options, Catalogue catalogue, FaultPlan plan, OriginLog log, int port) : IDisposable
{
    private const int MaxHead = 32 << 10;
    private const int Piece = 64 << 10;

    /// <summary>
    /// In one segment with the body before it. What a server sends of its own later than that, when the next request may be on its way, no client
    /// of HTTP/1.1 can tell from the answer to it.
    /// </summary>
    private static readonly byte[] Smuggled = "HTTP/1.1 200 Smuggled\r\nCache-Control: max-age=600\r\nContent-Length: 8\r\n\r\nsmuggled"u8.ToArray();

    private readonly ConcurrentDictionary<Socket, bool> _connections = new();
    private Socket? _listener;

    public int Port => port;

    public int Connections => _connections.Count;

    public void Up()
    {
        Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        listener.Listen(512);
        _listener = listener;
        _ = AcceptAsync(listener);
    }

    /// <summary>Refuses connections from now on, and resets those that there are.</summary>
    public void Down()
    {
        _listener?.Dispose();
        _listener = null;
        foreach (var connection in _connections.Keys)
        {
            connection.Close(0);
        }
    }

    public void Dispose() => Down();

    private async Task AcceptAsync(Socket listener)
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await listener.AcceptAsync());
            }
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // The member went away.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        _connections[socket] = true;
        try
        {
            socket.NoDelay = true;
            var (buffer, held) = (new byte[MaxHead], 0);
            while (true)
            {
                int end;
                while ((end = buffer.AsSpan(0, held).IndexOf("\r\n\r\n"u8)) < 0)
                {
                    var read = held == MaxHead ? 0 : await socket.ReceiveAsync(buffer.AsMemory(held));
                    if (read == 0)
                    {
                        return;
                    }

                    held += read;
                }

                var request = OriginRequest.Parse(Encoding.Latin1.GetString(buffer, 0, end + 2));
                buffer.AsSpan(end + 4, held - end - 4).CopyTo(buffer);
                held -= end + 4;
                if (!await AnswerAsync(socket, request))
                {
                    return;
                }
            }
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The peer, or this member.
        }
        finally
        {
            _connections.TryRemove(socket, out _);
            socket.Dispose();
        }
    }

    /// <summary>Answers; false when the connection is to end.</summary>
    private async Task<bool> AnswerAsync(Socket socket, OriginRequest request)
    {
        if (catalogue.At(request.Path) is not { } item)
        {
            await SendAsync(socket, request.Path == "/health" ? "HTTP/1.1 200 Well\r\nContent-Length: 0\r\n\r\n"u8.ToArray() : "HTTP/1.1 404 None\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
            return true;
        }

        var serial = log.NextSerial();
        var arrived = clock.Now;
        var variant = item.Kind == ContentKind.Language ? request.Language : 0;
        OriginRecord record = new(item, variant, item.VersionAt(arrived), arrived, plan.Draw(serial, arrived), request.IsHead || request["range"] is not null);
        log.Began(serial, record);
        try
        {
            return await GiveAsync(socket, request, record, serial);
        }
        finally
        {
            log.Ended(record);
        }
    }

    private async Task<bool> GiveAsync(Socket socket, OriginRequest request, OriginRecord record, long serial)
    {
        switch (record.Fault)
        {
            case OriginFaultKind.Refuse:
                return false;
            case OriginFaultKind.Hang:
                await Task.Delay(TimeSpan.FromSeconds(6));
                return false;
            case OriginFaultKind.Slow:
                await Task.Delay(TimeSpan.FromMilliseconds(serial * 7919 % 1000));
                break;
        }

        OriginAnswer answer = new(clock, options, request, record, serial);
        var buffer = new byte[(int)Math.Min(Piece, Math.Max(1, answer.Length))];
        await SendAsync(socket, answer.Head);
        var left = request.IsHead ? 0 : record.Fault is OriginFaultKind.Truncate or OriginFaultKind.BadChunk ? answer.Length / 2 : answer.Length;
        var broken = record.Fault == OriginFaultKind.Truncate && left < answer.Length;
        if (record.Fault == OriginFaultKind.BadChunk && answer.Status is 200 or 206)
        {
            await SendAsync(socket, Encoding.ASCII.GetBytes($"{left:x}\r\n"));
            broken = true;
        }

        for (var (at, pieces) = (0L, 0); at < left; pieces++)
        {
            var drips = record.Fault == OriginFaultKind.Drip && pieces < 8;
            var part = buffer.AsMemory(0, (int)Math.Min(drips ? Math.Min(buffer.Length, 1000) : buffer.Length, left - at));
            answer.Fill(part.Span, at);
            if (options.Plant == "mix" && serial % 40 == 0 && at + part.Length > left / 2)
            {
                record.Object.Body(record.Variant, record.Version + 1).Fill(part.Span, at);
            }

            at += part.Length;
            await SendAsync(socket, at == left && record.Fault == OriginFaultKind.Trailing ? (byte[])[.. part.Span, .. Smuggled] : part);
            log.Sent(part.Length);
            if (drips)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100));
            }
        }

        if (record.Fault == OriginFaultKind.BadChunk && broken)
        {
            await SendAsync(socket, "\r\nno size\r\n"u8.ToArray());
        }

        return !broken && record.Fault != OriginFaultKind.Trailing;
    }

    private static async Task SendAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await socket.SendAsync(bytes)..];
        }
    }
}
