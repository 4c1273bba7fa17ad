using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Millrace.Bench.DeliveryCompare;

/// <summary>
/// Requests at a constant rate whatever the server does (an open loop), each timed from the moment it was due: a server that stalls is charged for all
/// that queued meanwhile. One thread, which never sleeps: a timer's millisecond would be larger than what is measured.
/// </summary>
internal sealed class OpenLoopClient : IDisposable
{
    private readonly byte[] _request;
    private readonly byte[] _buffer = new byte[256 << 10];
    private readonly Stack<Connection> _idle = new();
    private readonly List<Connection> _busy = [];
    private readonly List<double> _latencies = [];

    public OpenLoopClient(int port, string path, int connections)
    {
        _request = Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
        for (var i = 0; i < connections; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Connect(IPAddress.Loopback, port);
            socket.Blocking = false;
            _idle.Push(new Connection(socket));
        }
    }

    /// <summary>Sends <paramref name="rate"/> requests a second.</summary>
    /// <returns>Latencies in microseconds, sorted.</returns>
    /// <exception cref="InvalidOperationException">A response is not 200, or a connection ended.</exception>
    public double[] Run(double rate, double seconds)
    {
        _latencies.Clear();
        var step = Stopwatch.Frequency / rate;
        var total = (long)(rate * seconds);
        var start = Stopwatch.GetTimestamp();
        for (long sent = 0; sent < total || _busy.Count > 0;)
        {
            var now = Stopwatch.GetTimestamp();
            while (sent < total && _idle.Count > 0 && now - start >= sent * step)
            {
                var connection = _idle.Pop();
                connection.Due = start + (long)(sent++ * step);
                connection.Remaining = -1;
                connection.Socket.Send(_request);
                _busy.Add(connection);
            }

            for (var i = _busy.Count - 1; i >= 0; i--)
            {
                if (IsDone(_busy[i]))
                {
                    _latencies.Add((Stopwatch.GetTimestamp() - _busy[i].Due) * 1e6 / Stopwatch.Frequency);
                    _idle.Push(_busy[i]);
                    _busy.RemoveAt(i);
                }
            }
        }

        double[] sorted = [.. _latencies];
        Array.Sort(sorted);
        return sorted;
    }

    public void Dispose()
    {
        foreach (var connection in _idle.Concat(_busy))
        {
            connection.Socket.Dispose();
        }
    }

    private bool IsDone(Connection connection)
    {
        var read = connection.Socket.Receive(_buffer, SocketFlags.None, out var error);
        if (error == SocketError.WouldBlock)
        {
            return false;
        }

        if (error != SocketError.Success || read == 0)
        {
            throw new InvalidOperationException($"the connection ended: {error}");
        }

        if (connection.Remaining < 0)
        {
            // The head of a small response comes in one piece on the loopback; a server that splits it cannot be measured so.
            var head = _buffer.AsSpan(0, read);
            var end = head.IndexOf("\r\n\r\n"u8);
            if (end < 0 || !head.StartsWith("HTTP/1.1 200 "u8))
            {
                throw new InvalidOperationException($"not a whole head of a 200: {Encoding.Latin1.GetString(head[..Math.Min(read, 200)])}");
            }

            connection.Remaining = Length(Encoding.Latin1.GetString(head[..end])) + end + 4;
        }

        connection.Remaining -= read;
        return connection.Remaining == 0;
    }

    private static long Length(string head)
    {
        foreach (var line in head.Split("\r\n"))
        {
            if (line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
            {
                return long.Parse(line.AsSpan("Content-Length:".Length).Trim(), System.Globalization.CultureInfo.InvariantCulture);
            }
        }

        throw new InvalidOperationException("a response without Content-Length");
    }

    private sealed class Connection(Socket socket)
    {
        public Socket Socket { get; } = socket;

        public long Due { get; set; }

        public long Remaining { get; set; }
    }
}
