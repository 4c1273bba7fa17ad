using System.Text;
using Microsoft.Extensions.Time.Testing;
using Millrace.Delivery.FrontEnd;
using Millrace.Delivery.Routes;

namespace Millrace.Delivery.Tests.Wire;

/// <summary>A plane behind its front door on a real port, on virtual time, before an origin given by address. All else is as delivered.</summary>
internal sealed class WireEdge : IAsyncDisposable
{
    /// <summary>Real time in which anything must have happened: a bound on a failing test, not on the plane.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly FrontDoor _door;
    private TestServer _server = null!;

    private WireEdge(Uri origin, DeliveryOptions options, FrontDoorOptions door)
    {
        Plane = new DeliveryPlane(options, RouteTable.Create([new Route("*/*", origin, Contract.Available)]), null, Time);
        _door = new FrontDoor(door, Plane, Time);
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));

    public DeliveryPlane Plane { get; }

    public Uri Address => _server.Address;

    /// <summary>Connections of clients that the front door holds.</summary>
    public int Connections => _door.Connections;

    public static async Task<WireEdge> StartAsync(Uri origin, DeliveryOptions? options = null, FrontDoorOptions? door = null)
    {
        var edge = new WireEdge(origin, options ?? new DeliveryOptions(), door ?? new FrontDoorOptions());
        edge._server = await TestServer.StartAsync(edge._door);
        return edge;
    }

    public static Task<WireEdge> StartAsync(WireOrigin origin, DeliveryOptions? options = null, FrontDoorOptions? door = null) => StartAsync(origin.Address, options, door);

    public Task<WireConnection> ConnectAsync() => WireConnection.ConnectAsync(Address);

    /// <summary>A plain GET of a client that knows nothing of anybody else, on a connection of its own.</summary>
    public Task<WireReply> GetAsync(string target, params string[] fields) => SendAsync("GET", target, fields);

    /// <summary>One request on a connection of its own; <paramref name="fields"/> are lines as they go on the wire.</summary>
    public async Task<WireReply> SendAsync(string method, string target, params string[] fields)
    {
        var host = fields.Any(static field => field.StartsWith("Host:", StringComparison.OrdinalIgnoreCase)) ? "" : "Host: site.example\r\n";
        return await RawAsync($"{method} {target} HTTP/1.1\r\n{host}{string.Concat(fields.Select(static field => field + "\r\n"))}\r\n", method);
    }

    /// <summary>Bytes on a connection of their own, and the first response to them; of status 0 when there is none.</summary>
    /// <exception cref="TimeoutException">The plane does neither answer nor hang up.</exception>
    public async Task<WireReply> RawAsync(string request, string method = "GET")
    {
        using var connection = await ConnectAsync();
        await connection.SendAsync(Encoding.Latin1.GetBytes(request));
        return await connection.ReadReplyAsync(method).AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    /// <summary>Lets virtual time go on, second by second, until something is done; fails when it is not in so many seconds.</summary>
    public async Task AdvanceUntilAsync(Task done, TimeSpan within)
    {
        for (var waited = TimeSpan.Zero; !done.IsCompleted && waited < within; waited += TimeSpan.FromSeconds(1))
        {
            Time.Advance(TimeSpan.FromSeconds(1));

            // What this second set off is to happen before the next one passes, however busy the machine is.
            for (var turns = 0; !done.IsCompleted && (turns < 300 || (ThreadPool.PendingWorkItemCount > 0 && turns < 100_000)); turns++)
            {
                await Task.Yield();
            }

            // Nor does the pool count what the sockets are about to bring.
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        await done.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    /// <summary>Waits for what happens on its own, without a clock.</summary>
    public static async Task UntilAsync(Func<bool> holds)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!holds())
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _door.Dispose();
        Plane.Dispose();
    }
}
