using Millrace.Delivery.FrontEnd;

namespace Millrace.Delivery.Tests;

public class FrontDoorLimitTests
{
    private const string Get = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

    [Fact]
    public async Task Head_that_does_not_end_is_answered_408()
    {
        await using var door = await Door.OpenAsync(new FrontDoorOptions { HeadTimeout = TimeSpan.FromSeconds(20) });
        using var client = await door.ConnectAsync();
        await client.SendAsync(Get + "GET /a HTT");
        Assert.Equal(200, (await client.ReadAsync())!.Status);
        var answer = client.ReadAsync();
        Assert.True(await door.PassUntilAsync(() => answer.IsCompleted) > TimeSpan.FromSeconds(20));
        Assert.Equal((408, true), ((await answer)!.Status, (await answer)!.Closes));
        Assert.Equal(1, door.BoundsHit);
    }

    [Fact]
    public async Task Head_that_drips_has_no_more_time_than_one_that_stands_still()
    {
        await using var door = await Door.OpenAsync(new FrontDoorOptions { HeadTimeout = TimeSpan.FromSeconds(20) });
        using var client = await door.ConnectAsync();
        var drips = 0;
        await client.SendAsync("GET /a HTTP/1.1\r\nHost: h\r\nX: ");
        await door.PassUntilAsync(() =>
        {
            client.SendAsync("x").GetAwaiter().GetResult();
            drips++;
            return door.BoundsHit > 0;
        });
        Assert.Equal(408, (await client.ReadAsync())!.Status);
        Assert.InRange(drips, 20, 60);
    }

    [Theory]
    [InlineData("")]
    [InlineData(Get)]
    public async Task Idle_connection_is_closed_without_a_word(string before)
    {
        await using var door = await Door.OpenAsync(new FrontDoorOptions { IdleTimeout = TimeSpan.FromSeconds(30) });
        using var client = await door.ConnectAsync();
        if (before.Length > 0)
        {
            await client.SendAsync(before);
            await client.ReadAsync();
        }

        var rest = client.EndAsync();
        Assert.True(await door.PassUntilAsync(() => rest.IsCompleted) > TimeSpan.FromSeconds(30));
        Assert.Equal((0, true), ((await rest).Bytes.Length, (await rest).InOrder));
        Assert.Equal(0, door.BoundsHit);
    }

    [Fact]
    public async Task Body_that_comes_too_slowly_is_answered_408()
    {
        await using var door = await Door.OpenAsync(new RawOrigin((head, stream) => RawOrigin.ReadBodyAsync(head, stream)));
        using var client = await door.ConnectAsync();
        await client.SendAsync("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nhello");
        var answer = client.ReadAsync();
        Assert.True(await door.PassUntilAsync(() => answer.IsCompleted) > TimeSpan.FromSeconds(10));
        Assert.Equal((408, true), ((await answer)!.Status, (await answer)!.Closes));
        Assert.Equal(1, door.BoundsHit);
    }

    [Fact]
    public async Task Client_that_does_not_take_its_response_is_cut()
    {
        await using var door = await Door.OpenAsync(body: new string('x', 7_000_000));
        using var warm = await door.ConnectAsync();
        await warm.SendAsync(Get);
        Assert.Equal(7_000_000, (await warm.ReadAsync())!.Body.Length);
        using var client = await RawClient.ConnectAsync(door.Address, receiveBuffer: 4096);
        await client.SendAsync(Get);

        // Ten seconds of grace, and what 16 KiB may take at 500 B/s: that our own buffers were filled earns nothing.
        Assert.InRange(await door.PassUntilAsync(() => door.BoundsHit > 0), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(60));
        var (bytes, inOrder) = await client.EndAsync();
        Assert.True(bytes.Length < 7_000_000 && !inOrder);
    }

    [Fact]
    public async Task Client_that_takes_its_response_slowly_but_steadily_is_cut_only_when_it_stops()
    {
        await using var door = await Door.OpenAsync(body: new string('x', 7_000_000));
        using var warm = await door.ConnectAsync();
        await warm.SendAsync(Get);
        Assert.Equal(7_000_000, (await warm.ReadAsync())!.Body.Length);
        using var client = await RawClient.ConnectAsync(door.Address, receiveBuffer: 4096);
        await client.SendAsync(Get);
        var began = door.Time.GetUtcNow();
        await door.PassUntilAsync(() =>
        {
            client.ExactlyAsync(700).GetAwaiter().GetResult();
            return door.BoundsHit > 0 || door.Time.GetUtcNow() - began > TimeSpan.FromMinutes(5);
        });
        Assert.Equal(0, door.BoundsHit);

        // It was a little faster than it must be, and has earned two minutes in five.
        Assert.InRange(await door.PassUntilAsync(() => door.BoundsHit > 0), TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(240));
    }

    [Fact]
    public async Task Connections_are_bounded_in_all_and_by_client()
    {
        foreach (var options in (FrontDoorOptions[])[new() { MaxConnections = 2 }, new() { MaxConnectionsPerClient = 2 }])
        {
            await using var door = await Door.OpenAsync(options);
            using var first = await door.ConnectAsync();
            using var second = await door.ConnectAsync();
            await first.SendAsync(Get);
            Assert.Equal(200, (await first.ReadAsync())!.Status);
            await second.SendAsync(Get);
            Assert.Equal(200, (await second.ReadAsync())!.Status);
            Assert.Equal("", await RefusedAsync(door));
            Assert.Equal((1, 2), (door.BoundsHit, door.Connections));

            // One that leaves makes room.
            first.EndSending();
            await first.RestAsync();
            await door.PassUntilAsync(() => door.Connections == 1);
            using var fourth = await door.ConnectAsync();
            await fourth.SendAsync(Get);
            Assert.Equal(200, (await fourth.ReadAsync())!.Status);
        }
    }

    [Fact]
    public async Task Connection_ends_after_its_last_request()
    {
        await using var door = await Door.OpenAsync(new FrontDoorOptions { MaxRequestsPerConnection = 2 });
        using var client = await door.ConnectAsync();
        await client.SendAsync(Get + Get + Get);
        Assert.False((await client.ReadAsync())!.Closes);
        Assert.True((await client.ReadAsync())!.Closes);
        Assert.Equal("", await client.RestAsync());
    }

    [Fact]
    public async Task Drain_closes_idle_connections_and_lets_requests_in_hand_end()
    {
        TaskCompletionSource asked = new(), answer = new();
        await using var door = await Door.OpenAsync(new RawOrigin(async (_, stream) =>
        {
            asked.SetResult();
            await answer.Task;
            await RawOrigin.SayAsync(stream, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
        }));
        using var idle = await door.ConnectAsync();
        using var busy = await door.ConnectAsync();
        await busy.SendAsync(Get);
        await asked.Task;
        var drained = door.DrainAsync(TestContext.Current.CancellationToken);
        Assert.Equal("", await idle.RestAsync());
        Assert.False(drained.IsCompleted);
        answer.SetResult();
        var last = await busy.ReadAsync();
        Assert.Equal((200, "hello"), (last!.Status, last.Body));
        Assert.True((await busy.EndAsync()).InOrder);
        busy.Dispose();
        idle.Dispose();
        await drained;
    }

    [Fact]
    public void Bounds_that_make_no_sense_are_all_named()
    {
        var fault = Assert.Throws<ArgumentException>(static () => new FrontDoorOptions { MaxConnections = 0, HeadTimeout = TimeSpan.Zero }.Validate());
        Assert.Contains("MaxConnections", fault.Message, StringComparison.Ordinal);
        Assert.Contains("HeadTimeout", fault.Message, StringComparison.Ordinal);
    }

    /// <summary>What a connection too many is told. Its reset may come as early as within the connecting.</summary>
    private static async Task<string> RefusedAsync(Door door)
    {
        try
        {
            using var client = await door.ConnectAsync();
            return await client.RestAsync();
        }
        catch (System.Net.Sockets.SocketException)
        {
            return "";
        }
    }
}
