using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Millrace.Soak.Clients;

/// <summary>A client of HTTP/1.1 on a socket of its own: kept alive, pipelined, slow, or gone in the middle, as it is asked.</summary>
internal sealed class Http1Client(RunClock clock) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    private readonly byte[] _buffer = new byte[64 << 10];
    private Socket? _socket;
    private int _at;
    private int _end;

    /// <summary>Sends all requests at once and reads their answers in turn. What the connection's end left unanswered has <see cref="Answer.Broke"/>.</summary>
    public async Task<Answer[]> SendAsync(IReadOnlyList<Asked> asked)
    {
        var answers = Array.ConvertAll([.. asked], _ => new Answer { Sent = clock.Now });
        using CancellationTokenSource patience = new(Patience);
        try
        {
            var heads = Encoding.Latin1.GetBytes(string.Concat(asked.Select(Head)));
            if (_socket is null || !await IsTakenAsync(heads, patience.Token))
            {
                await ConnectAsync(asked[0].Edge.Site.Port, patience.Token);
                Array.ForEach(answers, answer => answer.Sent = clock.Now);
                await WriteAsync(heads, patience.Token);
            }

            for (var i = 0; i < answers.Length; i++)
            {
                await ReadAsync(asked[i], answers[i], patience.Token);
                if (answers[i].Left)
                {
                    break;
                }
            }
        }
        catch (Exception e) when (e is SocketException or ExchangeException or OperationCanceledException)
        {
            var words = e is OperationCanceledException ? "no answer in 40 s" : e.Message;
            foreach (var answer in answers.Where(static answer => answer.Ended == 0))
            {
                (answer.Broke, answer.Ended) = (words, clock.Now);
            }

            Close();
        }

        if (answers.Any(static answer => answer.Left))
        {
            foreach (var answer in answers.Where(static answer => answer.Ended == 0))
            {
                (answer.Left, answer.Ended) = (true, clock.Now);
            }

            Close();
        }

        return answers;
    }

    public void Dispose() => Close();

    private static string Head(Asked asked) =>
        $"{asked.Method} {asked.Object.Path} HTTP/1.1\r\nHost: {asked.Object.Host.Host}\r\n{string.Concat(asked.Fields().Select(static field => $"{field.Name}: {field.Value}\r\n"))}\r\n";

    private async Task ConnectAsync(int port, CancellationToken patience)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _socket?.Dispose();
        _socket = socket;
        (_at, _end) = (0, 0);
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), patience);
    }

    /// <summary>Sends on a kept connection; false when it ends without a byte: the server closed it as idle while the request was on its way (RFC 9112 §9.3.1).</summary>
    private async Task<bool> IsTakenAsync(byte[] heads, CancellationToken patience)
    {
        try
        {
            await WriteAsync(heads, patience);
            (_at, _end) = (0, await _socket!.ReceiveAsync(_buffer, patience));
            return _end > 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private void Close()
    {
        // With a linger of nothing a close is a reset, which is how most clients that go away look.
        _socket?.Close(0);
        _socket = null;
    }

    private async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken patience)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await _socket!.SendAsync(bytes, patience)..];
        }
    }

    private async Task ReadAsync(Asked asked, Answer answer, CancellationToken patience)
    {
        await ReadHeadAsync(answer, patience);
        answer.HeadCame = clock.Now;
        BodyReader body = new(asked, answer);
        var ends = answer["Connection"] == "close";
        if (asked.Method == "HEAD" || answer.Status is 204 or 304)
        {
            body.End();
        }
        else if (answer["Transfer-Encoding"] == "chunked")
        {
            while (await ReadChunkAsync(asked, answer, body, patience))
            {
            }
        }
        else if (answer["Content-Length"] is { } length)
        {
            await ReadBodyAsync(asked, answer, body, long.Parse(length, CultureInfo.InvariantCulture), patience);
            if (!answer.Left)
            {
                body.End();
            }
        }
        else
        {
            throw new ExchangeException("neither length nor chunks");
        }

        answer.Ended = clock.Now;
        if (ends)
        {
            Close();
        }
    }

    private async Task ReadHeadAsync(Answer answer, CancellationToken patience)
    {
        int end;
        while ((end = _buffer.AsSpan(_at, _end - _at).IndexOf("\r\n\r\n"u8)) < 0)
        {
            await ReadMoreAsync(patience);
        }

        var lines = Encoding.Latin1.GetString(_buffer, _at, end).Split("\r\n");
        _at += end + 4;
        if (!lines[0].StartsWith("HTTP/1.1 ", StringComparison.Ordinal) || !int.TryParse(lines[0].AsSpan(9, 3), out var status))
        {
            throw new ExchangeException($"no status line: {lines[0]}");
        }

        answer.Status = status;
        foreach (var line in lines.AsSpan(1))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var (name, value) = (line[..colon], line[(colon + 1)..].Trim());
            answer.Fields[name] = answer[name] is { } earlier ? $"{earlier}, {value}" : value;
        }
    }

    /// <summary>Reads a chunk; false behind the last.</summary>
    private async Task<bool> ReadChunkAsync(Asked asked, Answer answer, BodyReader body, CancellationToken patience)
    {
        var line = await ReadLineAsync(patience);
        if (!int.TryParse(line, NumberStyles.HexNumber, null, out var size))
        {
            throw new ExchangeException($"no chunk size: {line}");
        }

        await ReadBodyAsync(asked, answer, body, size, patience);
        if (answer.Left)
        {
            return false;
        }

        if (await ReadLineAsync(patience) is { Length: > 0 } more)
        {
            throw new ExchangeException($"behind a chunk: {more}");
        }

        if (size == 0)
        {
            body.End();
        }

        return size > 0;
    }

    private async Task ReadBodyAsync(Asked asked, Answer answer, BodyReader body, long length, CancellationToken patience)
    {
        for (var left = length; left > 0;)
        {
            if (answer.Bytes >= asked.GoesAfter)
            {
                answer.Left = true;
                return;
            }

            if (asked.IsSlow && answer.Bytes < 600_000)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), patience);
            }

            if (_at == _end)
            {
                await ReadMoreAsync(patience);
            }

            var part = (int)Math.Min(left, _end - _at);
            body.Take(_buffer.AsSpan(_at, part));
            _at += part;
            left -= part;
        }
    }

    private async Task<string> ReadLineAsync(CancellationToken patience)
    {
        int end;
        while ((end = _buffer.AsSpan(_at, _end - _at).IndexOf("\r\n"u8)) < 0)
        {
            await ReadMoreAsync(patience);
        }

        var line = Encoding.Latin1.GetString(_buffer, _at, end);
        _at += end + 2;
        return line;
    }

    private async Task ReadMoreAsync(CancellationToken patience)
    {
        _buffer.AsSpan(_at, _end - _at).CopyTo(_buffer);
        (_at, _end) = (0, _end - _at);
        var read = _end == _buffer.Length ? throw new ExchangeException("a head or a line of 64 KiB") : await _socket!.ReceiveAsync(_buffer.AsMemory(_end), patience);
        _end += read > 0 ? read : throw new ExchangeException("the connection ended");
    }
}
