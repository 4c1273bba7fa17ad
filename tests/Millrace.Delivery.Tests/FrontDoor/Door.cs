using System.Net;
using Microsoft.Extensions.Time.Testing;
using Millrace.Delivery.FrontEnd;
using Millrace.Delivery.FrontEnd.Tls;
using Millrace.Delivery.Routes;

namespace Millrace.Delivery.Tests;

/// <summary>A plane behind its front door, before an origin that speaks bytes. What the origin was sent is kept, head by head; the clock is virtual.</summary>
internal sealed class Door : IAsyncDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private readonly RawOrigin _origin;
    private FrontDoor _door = null!;
    private TestServer _edge = null!;

    private Door(RawOrigin origin) => _origin = origin;

    public FakeTimeProvider Time { get; } = new(Noon);

    public DeliveryPlane Plane { get; private set; } = null!;

    public Uri Address => _edge.Address;

    public int Connections => _door.Connections;

    public long BoundsHit => Plane.Stats.BoundsHit;

    /// <summary>Starts a door before an origin that answers so; the edge serves any host.</summary>
    public static async Task<Door> OpenAsync(RawOrigin origin, FrontDoorOptions? options = null, Func<TimeProvider, CertificateStore>? certificates = null)
    {
        Door door = new(origin);
        door.Plane = new DeliveryPlane(new DeliveryOptions(), RouteTable.Create([new Route("*/*", origin.Address, Contract.Available)]), null, door.Time);
        door._door = new FrontDoor(options ?? new FrontDoorOptions(), door.Plane, door.Time);
        door._edge = await TestServer.StartAsync(door._door, certificates?.Invoke(door.Time));
        return door;
    }

    /// <summary>Starts a door before an origin that answers every request with a stored text.</summary>
    public static Task<Door> OpenAsync(FrontDoorOptions? options = null, string body = "hello") =>
        OpenAsync(new RawOrigin((_, stream) => RawOrigin.SayAsync(stream, $"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: {body.Length}\r\n\r\n{body}")), options);

    public Task<RawClient> ConnectAsync() => RawClient.ConnectAsync(Address);

    public Task DrainAsync(CancellationToken cut) => _edge.DrainAsync(cut);

    /// <summary>Lets virtual time pass, second by second, until something has come of it. Returns how much passed.</summary>
    public async Task<TimeSpan> PassUntilAsync(Func<bool> done)
    {
        var began = Time.GetUtcNow();
        while (!done())
        {
            Assert.True(Time.GetUtcNow() - began < TimeSpan.FromDays(1), "nothing came of a whole day");
            Time.Advance(TimeSpan.FromSeconds(1));

            // The sockets are real: what the last second brought about needs a moment to arrive.
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        return Time.GetUtcNow() - began;
    }

    public async ValueTask DisposeAsync()
    {
        await _edge.DisposeAsync();
        _door.Dispose();
        Plane.Dispose();
        await _origin.DisposeAsync();
    }
}
