using System.Net;
using System.Net.Sockets;

namespace Millrace.Delivery.Tests.Wire;

/// <summary>A request as it reached an origin.</summary>
internal sealed record WireRequest(string Method, string Target, List<(string Name, string Value)> Fields, byte[] Body)
{
    /// <summary>All lines of a name, joined; empty when there is none.</summary>
    public string this[string name] => string.Join(", ", Fields.Where(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(static field => field.Value));
}

/// <summary>An origin that says what a test wants, byte by byte; a connection ends when the answer throws or closes it.</summary>
internal sealed class WireOrigin : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly Func<WireRequest, WireConnection, Task> _answer;
    private readonly Task _accepting;
    private int _requests;
    private int _connections;

    /// <param name="answer">Answers one request.</param>
    /// <param name="port">Where to listen; 0 for any.</param>
    public WireOrigin(Func<WireRequest, WireConnection, Task> answer, int port = 0)
    {
        _answer = answer;
        _listener = new TcpListener(IPAddress.Loopback, port);
        _listener.Start(backlog: 4096);
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public Uri Address => new($"http://127.0.0.1:{Port}");

    public int Requests => Volatile.Read(ref _requests);

    public int Connections => Volatile.Read(ref _connections);

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
                var socket = await _listener.AcceptSocketAsync();
                socket.NoDelay = true;
                Interlocked.Increment(ref _connections);
                _ = ServeAsync(new WireConnection(socket));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(WireConnection connection)
    {
        using (connection)
        {
            try
            {
                while (await connection.ReadHeadAsync() is var (start, fields))
                {
                    var (body, _) = await connection.ReadBodyAsync(fields, isRequest: true);
                    Interlocked.Increment(ref _requests);
                    var words = start.Split(' ');
                    await _answer(new WireRequest(words[0], words[1], fields, body), connection);
                }
            }
            catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
            {
                // Closed by either side.
            }
        }
    }
}
