using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Tests;

/// <summary>No byte of a body is out of account while somebody holds it, and full memory never means asking for ever.</summary>
public class MemoryBoundTests
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_room_for_fills_each_request_passes_once()
    {
        await using var edge = await DeliveryHarness.StartAsync(CachingTests.Page("max-age=60"), new DeliveryOptions { FillBytes = 0 });
        var reply = await edge.GetAsync("/a");
        Assert.Equal((200, 1), (reply.Status, edge.OriginRequests));
        Assert.Contains("detail=noRoom", reply.CacheStatus, StringComparison.Ordinal);
        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => edge.GetAsync("/a")));
        Assert.InRange(edge.OriginRequests, 2, 17);
        Assert.Equal((0, 0L), (edge.Plane.Stats.Objects, edge.Plane.Stats.FillBytes));
    }

    [Fact]
    public async Task Leader_gets_every_byte_when_memory_runs_out_on_the_way()
    {
        var page = Bytes(1_000_000);
        await using var edge = await DeliveryHarness.StartAsync(
            async context =>
            {
                context.Response.Headers.CacheControl = "max-age=60";
                await context.Response.Body.WriteAsync(page);
            },
            new DeliveryOptions { FillBytes = 20_000 });
        Assert.Equal(page, (await edge.GetAsync("/a")).Body);
        Assert.Equal((1, 0), (edge.OriginRequests, edge.Plane.Stats.Objects));
    }

    [Fact]
    public async Task Evicted_body_stays_in_account_until_its_slow_reader_has_gone()
    {
        var page = Bytes(6 << 20);
        await using var edge = await DeliveryHarness.StartAsync(
            async context =>
            {
                context.Response.Headers.CacheControl = "max-age=60";
                context.Response.ContentLength = page.Length;
                await context.Response.Body.WriteAsync(page);
            },
            new DeliveryOptions { FillBytes = 7 << 20 });
        await edge.GetAsync("/a");
        await edge.RecordAsync();
        using (var slow = new TcpClient { ReceiveBufferSize = 4096 })
        {
            await slow.ConnectAsync(edge.Edge.Host, edge.Edge.Port, Now);
            await slow.GetStream().WriteAsync(Encoding.Latin1.GetBytes($"GET /a HTTP/1.1\r\nHost: {edge.Edge.Authority}\r\n\r\n"), Now);
            await slow.GetStream().ReadExactlyAsync(new byte[15], Now);
            edge.Plane.Purge(new PurgeRequest { Urls = [$"{edge.Edge}a"] });
            Assert.Equal(0L, edge.Plane.Stats.StoreBytes);
            Assert.InRange(edge.Plane.Stats.FillBytes, page.Length, page.Length + 32_768);

            // What is pinned leaves no room for another: it streams through.
            Assert.Equal(page, (await edge.GetAsync("/b")).Body);
            Assert.Equal(0, edge.Plane.Stats.Objects);
            await edge.RecordAsync();
        }

        await edge.RecordAsync();
        Assert.Equal(0L, edge.Plane.Stats.FillBytes);
    }

    [Fact]
    public async Task Windowed_writer_waits_for_its_slow_reader_and_holds_a_few_chunks_only()
    {
        MemoryAccount account = new(long.MaxValue);
        var body = Filling.TryBegin(account, null)!;
        var reader = body.Open()!;
        body.MakeWindow();
        var room = Task.CompletedTask;
        for (var written = 0; written < 12 && room.IsCompleted; written++)
        {
            body.Commit(body.Space().Length);
            room = body.WaitForRoomAsync(TimeProvider.System, Now).AsTask();
        }

        Assert.False(room.IsCompleted);
        Assert.InRange(account.Bytes, 1, 5L * Filling.ChunkBytes);
        await reader.ReadAsync(Now);
        await reader.ReadAsync(Now);
        await room.WaitAsync(TimeSpan.FromSeconds(20), Now);
        Assert.Null(body.Open());
        reader.Dispose();
        body.Release();
        Assert.Equal(0, account.Bytes);
    }

    [Fact]
    public async Task Slow_reader_of_a_window_that_holds_up_others_is_left_behind_and_one_alone_is_waited_for()
    {
        FakeTimeProvider time = new();
        MemoryAccount account = new(long.MaxValue);
        var body = Filling.TryBegin(account, 10L << 20)!;
        body.MayLeaveBehind = true;
        Filling.Reader slow = body.Open()!, quick = body.Open()!;
        body.MakeWindow();
        var read = 0;
        for (var written = 0; written < 12; written++)
        {
            body.Commit(body.Space().Length);
            read += (await quick.ReadAsync(Now)).Length;
            var room = body.WaitForRoomAsync(time, Now).AsTask();
            if (!room.IsCompleted)
            {
                // It takes its time, but the others' time is counted together.
                time.Advance(TimeSpan.FromSeconds(0.6));
                Assert.False(room.IsCompleted);
                time.Advance(TimeSpan.FromSeconds(0.6));
                await room.WaitAsync(TimeSpan.FromSeconds(20), Now);
            }
        }

        Assert.Equal(12 * Filling.ChunkBytes, read);
        await Assert.ThrowsAsync<LeftBehindException>(() => slow.ReadAsync(Now).AsTask());
        slow.Dispose();

        // Alone, the other may be as slow as it likes.
        var waiting = Task.CompletedTask;
        while (waiting.IsCompleted)
        {
            body.Commit(body.Space().Length);
            waiting = body.WaitForRoomAsync(time, Now).AsTask();
        }

        time.Advance(TimeSpan.FromHours(1));
        Assert.False(waiting.IsCompleted);
        quick.Dispose();
        await waiting.WaitAsync(TimeSpan.FromSeconds(20), Now);
        body.Release();
        Assert.Equal(0, account.Bytes);
    }

    [Theory]
    [InlineData(3_000L, 3_000)]
    [InlineData(null, 4_096)]
    public async Task Small_body_costs_what_it_is(long? expected, long bytes)
    {
        MemoryAccount account = new(long.MaxValue);
        var body = Filling.TryBegin(account, expected)!;
        body.Space();
        body.Commit(3_000);
        Assert.Equal(bytes, account.Bytes);
        body.Complete();
        var reader = body.Open()!;
        body.Release();
        Assert.Equal(3_000, (await reader.ReadAsync(Now)).Length);
        Assert.Equal(bytes, account.Bytes);
        reader.Dispose();
        reader.Dispose();
        Assert.Equal(0, account.Bytes);
    }

    private static byte[] Bytes(int count)
    {
        var page = new byte[count];
        for (var i = 0; i < page.Length; i++)
        {
            page[i] = (byte)(i * 31 % 251);
        }

        return page;
    }
}
