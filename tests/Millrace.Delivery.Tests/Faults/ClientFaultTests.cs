using Millrace.Delivery.FrontEnd;
using Millrace.Delivery.Tests.Wire;

namespace Millrace.Delivery.Tests.Faults;

/// <summary>Clients that stall, leave or lie: they harm themselves alone.</summary>
public class ClientFaultTests
{
    /// <summary>More than the buffers of two sockets take.</summary>
    private const int Large = 8_000_000;

    [Fact]
    public async Task Leader_that_leaves_within_the_body_leaves_whole_bodies_to_the_others()
    {
        TaskCompletionSource half = new(), rest = new();
        await using var origin = new WireOrigin(async (_, connection) =>
        {
            await connection.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {Large}\r\nCache-Control: max-age=60\r\n\r\n");
            await connection.SendAsync(Body(0, Large / 2));
            half.SetResult();
            await rest.Task;
            await connection.SendAsync(Body(Large / 2, Large / 2));
        });
        await using var edge = await WireEdge.StartAsync(origin);
        var leader = await edge.ConnectAsync();
        await leader.SendAsync("GET /a HTTP/1.1\r\nHost: site.example\r\n\r\n");
        await leader.ReadHeadAsync();
        await half.Task;
        List<(WireConnection Connection, List<(string, string)> Fields)> others = [];
        for (var i = 0; i < 20; i++)
        {
            // With its head each is aboard.
            var other = await edge.ConnectAsync();
            await other.SendAsync("GET /a HTTP/1.1\r\nHost: site.example\r\n\r\n");
            others.Add((other, (await other.ReadHeadAsync())!.Value.Fields));
        }

        leader.Reset();
        rest.SetResult();
        foreach (var (connection, fields) in others)
        {
            using (connection)
            {
                var (body, isWhole) = await connection.ReadBodyAsync(fields);
                Assert.True(isWhole);
                Assert.True(body.AsSpan().SequenceEqual(Body(0, Large)), "another body");
            }
        }

        Assert.Equal(1, origin.Requests);
    }

    [Fact]
    public async Task Leader_that_leaves_before_the_head_leaves_an_answer_to_the_others()
    {
        TaskCompletionSource asked = new(), answer = new();
        await using var origin = new WireOrigin(async (_, connection) =>
        {
            asked.TrySetResult();
            await answer.Task;
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nCache-Control: max-age=60\r\n\r\nhello");
        });
        await using var edge = await WireEdge.StartAsync(origin);
        var leader = await edge.ConnectAsync();
        await leader.SendAsync("GET /a HTTP/1.1\r\nHost: site.example\r\n\r\n");
        await asked.Task;
        var others = Enumerable.Range(0, 20).Select(_ => edge.GetAsync("/a")).ToArray();
        await WireEdge.UntilAsync(() => edge.Plane.Core.InFlight >= 21);
        leader.Reset();
        await WireEdge.UntilAsync(() => edge.Plane.Core.InFlight <= 20);
        answer.SetResult();
        Assert.All(await Task.WhenAll(others), static reply => Assert.Equal((200, "hello"), (reply.Status, reply.Text)));
        Assert.Equal(1, origin.Requests);
    }

    [Fact]
    public async Task Client_that_does_not_read_holds_up_nobody_and_is_cut_in_time()
    {
        await using var origin = new WireOrigin(async (_, connection) =>
        {
            await connection.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {Large}\r\nCache-Control: max-age=86400\r\n\r\n");
            await connection.SendAsync(Body(0, Large));
        });
        await using var edge = await WireEdge.StartAsync(origin, door: new FrontDoorOptions { MinBytesPerSecond = 1_000_000 });
        using var stalled = await WireConnection.ConnectAsync(edge.Address, receiveBuffer: 4096);
        await stalled.SendAsync("GET /a HTTP/1.1\r\nHost: site.example\r\n\r\n");
        var head = await stalled.ReadHeadAsync();
        for (var i = 0; i < 5; i++)
        {
            Assert.True((await edge.GetAsync("/a")).Body.AsSpan().SequenceEqual(Body(0, Large)), "another body");
        }

        // The grace, and the time that the body would take at the least rate: then the connection is given up, and what the client reads ends early.
        await edge.AdvanceUntilAsync(WireEdge.UntilAsync(() => edge.Connections == 0), TimeSpan.FromSeconds(30));
        var (late, isWhole) = await stalled.ReadBodyAsync(head!.Value.Fields);
        Assert.False(isWhole);
        Assert.True(Body(0, Large).AsSpan().StartsWith(late), "another body");
        Assert.Equal(1, origin.Requests);
    }

    [Fact]
    public async Task Slow_reader_of_what_memory_has_no_room_for_gets_the_rest_by_itself_and_holds_up_nobody()
    {
        TaskCompletionSource aboard = new();
        List<string> ranges = [];
        await using var origin = new WireOrigin(async (request, connection) =>
        {
            var range = request["Range"];
            var first = range.Length == 0 ? 0 : int.Parse(range.AsSpan(6, range.IndexOf('-', StringComparison.Ordinal) - 6), System.Globalization.CultureInfo.InvariantCulture);
            lock (ranges)
            {
                ranges.Add($"{range} {request["If-Range"]}");
            }

            var head = first == 0 ? "HTTP/1.1 200 OK\r\n" : $"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {first}-{Large - 1}/{Large}\r\n";
            await connection.SendAsync($"{head}Content-Length: {Large - first}\r\nETag: \"v1\"\r\nCache-Control: max-age=60\r\n\r\n");
            await (first == 0 ? aboard.Task : Task.CompletedTask);
            await connection.SendAsync(Body(first, Large - first));
        });
        await using var edge = await WireEdge.StartAsync(
            origin, new DeliveryOptions { FillBytes = 200_000, BodyIdleTimeout = TimeSpan.FromDays(1) }, new FrontDoorOptions { MinBytesPerSecond = 1 });
        using var slow = await WireConnection.ConnectAsync(edge.Address, receiveBuffer: 4096);
        await slow.SendAsync("GET /a HTTP/1.1\r\nHost: site.example\r\n\r\n");
        var head = await slow.ReadHeadAsync();
        using var quick = await edge.ConnectAsync();
        await quick.SendAsync("GET /a HTTP/1.1\r\nHost: site.example\r\n\r\n");
        var fields = (await quick.ReadHeadAsync())!.Value.Fields;
        aboard.SetResult();
        var reading = quick.ReadBodyAsync(fields).AsTask();
        await edge.AdvanceUntilAsync(reading, TimeSpan.FromMinutes(30));
        Assert.True((await reading) is (var whole, true) && whole.AsSpan().SequenceEqual(Body(0, Large)), "another body");
        var (late, isWhole) = await slow.ReadBodyAsync(head!.Value.Fields);
        Assert.True(isWhole && late.AsSpan().SequenceEqual(Body(0, Large)), "another body");
        Assert.Equal(2, origin.Requests);
        Assert.Equal(" ", ranges[0]);
        Assert.Matches("^bytes=[1-9][0-9]*-7999999 \"v1\"$", ranges[1]);
        await WireEdge.UntilAsync(() => edge.Plane.Stats.FillBytes == 0);
    }

    [Theory]
    [InlineData("GET /a HTT")]
    [InlineData("GET /a HTTP/1.1\r\nHost: site.example\r\nX: ")]
    [InlineData("POST /a HTTP/1.1\r\nHost: site.example\r\nContent-Length: 5\r\n\r\nhel")]
    [InlineData("POST /a HTTP/1.1\r\nHost: site.example\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel")]
    [InlineData("")]
    public async Task Client_that_falls_silent_within_its_request_is_let_go_in_time(string begun)
    {
        await using var origin = new WireOrigin(static (_, connection) => connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").AsTask());
        await using var edge = await WireEdge.StartAsync(origin);
        using var client = await edge.ConnectAsync();
        await client.SendAsync(begun);
        var reply = client.ReadReplyAsync().AsTask();

        // Both ends of the origin's connection: before ours has it, the time that the test lets pass is the connect's.
        var asked = begun.StartsWith("POST", StringComparison.Ordinal) ? 1 : 0;
        await WireEdge.UntilAsync(() => edge.Connections == 1 && origin.Connections == asked && edge.Plane.Origins.Endpoints.Sum(static endpoint => endpoint.Opened) == asked);
        await edge.AdvanceUntilAsync(reply, TimeSpan.FromMinutes(2));
        var got = await reply;
        Assert.True(got.Status is 0 or 408 or 400, $"{got.Status}");
        Assert.Equal(200, (await edge.GetAsync("/b")).Status);
    }

    [Fact]
    public async Task Client_that_leaves_in_the_midst_of_many_costs_the_others_nothing()
    {
        await using var origin = new WireOrigin(static async (request, connection) =>
        {
            await connection.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\nCache-Control: max-age=60\r\n\r\n");
            await connection.SendAsync(Body(request.Target.Length, 100_000));
        });
        await using var edge = await WireEdge.StartAsync(origin);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
        {
            if (i % 2 == 0)
            {
                var leaving = await edge.ConnectAsync();
                await leaving.SendAsync($"GET /{i / 20} HTTP/1.1\r\nHost: site.example\r\n\r\n");
                leaving.Reset();
                return;
            }

            var reply = await edge.GetAsync($"/{i / 20}");
            Assert.True(reply.IsWhole);
            Assert.True(reply.Body.AsSpan().SequenceEqual(Body(2, 100_000)), "another body");
        }));
    }

    /// <summary>Bytes that are different everywhere, so that a body put together wrongly shows.</summary>
    private static byte[] Body(int from, int length)
    {
        var body = new byte[length];
        for (var i = 0; i < length; i++)
        {
            body[i] = (byte)(((from + i) * 2654435761) >> 24);
        }

        return body;
    }
}
