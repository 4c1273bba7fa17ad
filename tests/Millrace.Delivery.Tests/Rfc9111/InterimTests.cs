using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Millrace.Delivery.FrontEnd;
using Millrace.Delivery.Routes;

namespace Millrace.Delivery.Tests.Rfc9111;

/// <summary>RFC 9110 §15.2: a proxy MUST forward interim responses; RFC 9111 §3: a cache stores final ones alone.</summary>
public class InterimTests
{
    [Fact]
    public async Task Interim_responses_reach_the_client_before_the_final_one_which_alone_is_stored()
    {
        await using var origin = new RawOrigin(static async (_, stream) => await stream.WriteAsync(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nConnection: x\r\nX: 1\r\n\r\nHTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 4\r\n\r\nbody"u8.ToArray()));
        FakeTimeProvider time = new();
        using DeliveryPlane plane = new(new DeliveryOptions(), RouteTable.Create([new Route("127.0.0.1/*", origin.Address, Contract.Available)]), null, time);
        using FrontDoor door = new(new FrontDoorOptions(), plane, time);
        await using var edge = await TestServer.StartAsync(door);
        var first = await AskAsync(edge.Address, "1.1");
        Assert.StartsWith("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\n", first, StringComparison.Ordinal);
        Assert.EndsWith("body", first, StringComparison.Ordinal);
        var second = await AskAsync(edge.Address, "1.1");
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", second, StringComparison.Ordinal);
        Assert.Contains("; hit;", second, StringComparison.Ordinal);
        Assert.DoesNotContain("Link", second, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_of_HTTP_1_0_gets_none()
    {
        await using var origin = new RawOrigin(static async (_, stream) => await stream.WriteAsync(
            "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 4\r\n\r\nbody"u8.ToArray()));
        FakeTimeProvider time = new();
        using DeliveryPlane plane = new(new DeliveryOptions(), RouteTable.Create([new Route("127.0.0.1/*", origin.Address, Contract.Available)]), null, time);
        using FrontDoor door = new(new FrontDoorOptions(), plane, time);
        await using var edge = await TestServer.StartAsync(door);
        Assert.DoesNotContain(" 103 ", await AskAsync(edge.Address, "1.0"), StringComparison.Ordinal);
    }

    private static async Task<string> AskAsync(Uri edge, string version)
    {
        using TcpClient client = new();
        await client.ConnectAsync(edge.Host, edge.Port, TestContext.Current.CancellationToken);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET /a HTTP/{version}\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"), TestContext.Current.CancellationToken);
        using StreamReader reader = new(stream, Encoding.Latin1);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }
}
