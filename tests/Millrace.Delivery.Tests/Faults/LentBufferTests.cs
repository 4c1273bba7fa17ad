using System.Buffers;
using Microsoft.Extensions.Time.Testing;
using Millrace.Delivery.Origins;
using Millrace.Delivery.Replies;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;
using Millrace.Delivery.Tests.Wire;

namespace Millrace.Delivery.Tests.Faults;

/// <summary>Room that an origin may still write into is given to no other request.</summary>
public class LentBufferTests
{
    [Fact]
    public async Task Buffer_of_a_client_who_left_while_its_origin_was_awaited_is_not_lent_again()
    {
        TaskCompletionSource rest = new();
        await using var origin = new WireOrigin(async (_, connection) =>
        {
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
            await rest.Task;
            await connection.SendAsync(new string('x', 100));
        });
        FakeTimeProvider time = new();
        DeliveryOptions options = new();
        using OriginClient client = new(options, time);
        Route route = new("*/*", origin.Address, Contract.Available);
        client.Use(RouteTable.Create([route]));
        Exchange exchange = new(new Gone(), new CacheName("edge"), time);
        exchange.Begin();
        exchange.Request.SetMethod("GET"u8);
        exchange.Request.SetAuthority("site.example"u8);
        exchange.Request.SetTarget("/a"u8);
        exchange.Key.Begin(false, "site.example"u8);
        exchange.Key.Append("/a"u8);
        exchange.Route = route;
        var upstream = exchange.Upstream;
        using var response = await client.SendAsync(route, upstream, upstream.Headers, null, CancellationToken.None);

        // The flush throws before anything is awaited: what the thread rents next is what was given back last.
        var through = BodyWriter.ThroughAsync(exchange, response, 0, long.MaxValue, CancellationToken.None);
        var next = ArrayPool<byte>.Shared.Rent(16 * 1024);
        next.AsSpan().Clear();
        await Assert.ThrowsAsync<IOException>(() => through.AsTask());
        rest.SetResult();

        // Read to its end, by the read that was under way, the connection is free again.
        await DeliveryHarness.UntilAsync(() => client.Stats.Endpoints is [{ Idle: 1 }]);
        Assert.Equal(-1, next.AsSpan().IndexOf((byte)'x'));
        ArrayPool<byte>.Shared.Return(next);
    }

    /// <summary>A client who has left.</summary>
    private sealed class Gone : IResponseWriter
    {
        public bool Started => true;

        public ValueTask InformAsync(int status, HeaderList headers, CancellationToken cancellationToken) => throw new IOException();

        public void Start(int status, HeaderList headers)
        {
        }

        public ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken) => throw new IOException();

        public ValueTask WriteAsync(ReadOnlyMemory<ReadOnlyMemory<byte>> pieces, CancellationToken cancellationToken) => throw new IOException();

        public void End(HeaderList trailers)
        {
        }

        public ValueTask FlushAsync(CancellationToken cancellationToken) => throw new IOException();

        public void Abort()
        {
        }
    }
}
