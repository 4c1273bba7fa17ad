using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Text;
using Millrace.Delivery.FrontEnd;
using Millrace.Delivery.Http1;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Tests;

public class Http1ConnectionTests
{
    private const string Get = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

    [Fact]
    public async Task Pipelined_requests_are_answered_in_order()
    {
        await using var door = await Door.OpenAsync(Echo());
        using var client = await door.ConnectAsync();
        await client.SendAsync(string.Concat(Enumerable.Range(0, 50).Select(static i => $"GET /{i % 7} HTTP/1.1\r\nHost: h\r\n\r\n")));
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal((200, $"/{i % 7}"), await BodyAsync(client));
        }
    }

    [Fact]
    public async Task Head_may_come_byte_by_byte()
    {
        await using var door = await Door.OpenAsync(Echo());
        using var client = await door.ConnectAsync();
        foreach (var one in "\r\nGET /a HTTP/1.1\r\nHost: h\r\nX: y\r\n\r\n")
        {
            await client.SendAsync($"{one}");
        }

        Assert.Equal((200, "/a"), await BodyAsync(client));
    }

    [Fact]
    public async Task Head_may_lie_across_many_segments()
    {
        await using var door = await Door.OpenAsync(Echo());
        using var client = await door.ConnectAsync();
        for (var length = 3_900; length < 20_000; length += 1_371)
        {
            await client.SendAsync($"GET /{length} HTTP/1.1\r\nHost: h\r\nX: {new string('x', length)}\r\n\r\nGET /a HTTP/1.1\r\nHost: h\r\n\r\n");
            Assert.Equal((200, $"/{length}"), await BodyAsync(client));
            Assert.Equal((200, "/a"), await BodyAsync(client));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4096)]
    public async Task Large_body_leaves_right_whole_and_in_ranges(int receiveBuffer)
    {
        Random seeded = new(7);
        var body = string.Create(1_500_000, seeded, static (room, random) =>
        {
            foreach (ref var one in room)
            {
                one = (char)random.Next('!', 127);
            }
        });
        await using var door = await Door.OpenAsync(body: body);
        using var client = await RawClient.ConnectAsync(door.Address, receiveBuffer);
        for (var i = 0; i < 3; i++)
        {
            await client.SendAsync(Get);
            Assert.True((200, body) == await BodyAsync(client));
        }

        foreach (var (first, last) in ((int, int)[])[(0, 0), (4_095, 70_000), (300_001, 1_499_999), (1_234_567, 1_234_999)])
        {
            await client.SendAsync($"GET /a HTTP/1.1\r\nHost: h\r\nRange: bytes={first}-{last}\r\n\r\n" + Get);
            Assert.True((206, body[first..(last + 1)]) == await BodyAsync(client));
            Assert.True((200, body) == await BodyAsync(client));
        }

        Assert.True(MemoryFile.Count > 0 || MemoryFile.MaxCount == 0);
    }

    [Fact]
    public async Task Head_and_not_modified_carry_no_body_and_the_connection_goes_on()
    {
        await using var door = await Door.OpenAsync(new RawOrigin((_, stream) =>
            RawOrigin.SayAsync(stream, "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nETag: \"v\"\r\nContent-Length: 5\r\n\r\nhello")));
        using var client = await door.ConnectAsync();
        await client.SendAsync(Get + "HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n" + "GET /a HTTP/1.1\r\nHost: h\r\nIf-None-Match: \"v\"\r\n\r\n" + Get);
        Assert.Equal((200, "hello"), await BodyAsync(client));
        var head = await client.ReadAsync(toHead: true);
        Assert.Equal(200, head!.Status);
        Assert.Contains("\r\nContent-Length: 5\r\n", head.Head, StringComparison.Ordinal);
        Assert.Equal(304, (await client.ReadAsync())!.Status);
        Assert.Equal((200, "hello"), await BodyAsync(client));
    }

    [Fact]
    public async Task Body_without_a_length_is_chunked_and_until_the_end_for_http_1_0()
    {
        await using var door = await Door.OpenAsync(new RawOrigin((_, stream) =>
            RawOrigin.SayAsync(stream, "HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n")));
        using var client = await door.ConnectAsync();
        await client.SendAsync(Get + Get);
        for (var i = 0; i < 2; i++)
        {
            var chunked = await client.ReadAsync();
            Assert.Contains("\r\nTransfer-Encoding: chunked\r\n", chunked!.Head, StringComparison.Ordinal);
            Assert.Equal("hello, world", chunked.Body);
        }

        using var old = await door.ConnectAsync();
        await old.SendAsync("GET /a HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n");
        var whole = await old.ReadAsync();
        Assert.DoesNotContain("chunked", whole!.Head, StringComparison.Ordinal);
        Assert.Equal(("hello, world", true), (whole.Body, whole.Closes));
    }

    [Theory]
    [InlineData("GET /a HTTP/1.1\r\nHost: h\r\n\r\n", true)]
    [InlineData("GET /a HTTP/1.1\r\nHost: h\r\nConnection: x, Close\r\n\r\n", false)]
    [InlineData("GET /a HTTP/1.0\r\nHost: h\r\n\r\n", false)]
    [InlineData("GET /a HTTP/1.0\r\nHost: h\r\nConnection: Keep-Alive\r\n\r\n", true)]
    [InlineData("GET /a HTTP/1.0\r\nHost: h\r\nConnection: keep-alive, close\r\n\r\n", false)]
    public async Task Connection_goes_on_as_the_request_says(string request, bool persists)
    {
        await using var door = await Door.OpenAsync();
        using var client = await door.ConnectAsync();
        await client.SendAsync(request);
        var response = await client.ReadAsync();
        Assert.Equal((200, "hello", persists), (response!.Status, response.Body, !response.Closes));
        if (persists)
        {
            await client.SendAsync(request);
            Assert.Equal((200, "hello"), await BodyAsync(client));
        }
        else
        {
            Assert.Equal(("", true), ("", (await client.EndAsync()).InOrder));
        }
    }

    [Theory]
    [InlineData("Content-Length: 11", "hello world")]
    [InlineData("Transfer-Encoding: chunked", "6\r\nhello \r\n5;x=y\r\nworld\r\n0\r\nX-Trailer: dropped\r\n\r\n")]
    public async Task Request_body_reaches_the_origin_and_the_connection_goes_on(string framing, string body)
    {
        ConcurrentQueue<string> bodies = new();
        await using var door = await Door.OpenAsync(new RawOrigin(async (head, stream) =>
        {
            var came = await RawOrigin.ReadBodyAsync(head, stream);
            bodies.Enqueue(came);
            await RawOrigin.SayAsync(stream, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        }));
        using var client = await door.ConnectAsync();
        foreach (var pieces in (int[])[1, 7, 1000])
        {
            await client.SendAsync($"POST /a HTTP/1.1\r\nHost: h\r\n{framing}\r\n\r\n");
            foreach (var piece in body.Chunk(pieces))
            {
                await client.SendAsync(new string(piece));
            }

            Assert.Equal((200, "ok"), await BodyAsync(client));
            Assert.True(bodies.TryDequeue(out var came));
            Assert.DoesNotContain("X-Trailer", came, StringComparison.Ordinal);
            var text = framing.StartsWith('C') ? came : string.Concat(came.Split("\r\n").Where(static (_, i) => i % 2 == 1));
            Assert.Equal("hello world", text);
        }
    }

    [Fact]
    public async Task Continue_is_said_once_the_body_is_wanted()
    {
        await using var door = await Door.OpenAsync(new RawOrigin(async (head, stream) =>
        {
            await RawOrigin.ReadBodyAsync(head, stream);
            await RawOrigin.SayAsync(stream, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        }));
        using var client = await door.ConnectAsync();
        await client.SendAsync("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
        var go = await client.ReadAsync();
        Assert.Equal("HTTP/1.1 100 Continue\r\n\r\n", go!.Head);
        await client.SendAsync("hello");
        Assert.Equal((200, "ok"), await BodyAsync(client));
    }

    [Fact]
    public async Task Body_too_large_is_refused_before_it_is_sent()
    {
        await using var door = await Door.OpenAsync(new FrontDoorOptions { MaxBodyBytes = 4 });
        using var client = await door.ConnectAsync();
        await client.SendAsync("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
        var refused = await client.ReadAsync();
        Assert.Equal((413, true), (refused!.Status, refused.Closes));
        Assert.Equal(1, door.BoundsHit);
    }

    [Fact]
    public async Task Body_of_chunks_too_large_is_refused_when_it_is()
    {
        await using var door = await Door.OpenAsync(new RawOrigin((head, stream) => RawOrigin.ReadBodyAsync(head, stream)), new FrontDoorOptions { MaxBodyBytes = 4 });
        using var client = await door.ConnectAsync();
        await client.SendAsync("POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n");
        var refused = await client.ReadAsync();
        Assert.Equal((413, true), (refused!.Status, refused.Closes));
        Assert.Equal(1, door.BoundsHit);
    }

    [Fact]
    public async Task Body_that_nobody_wants_is_read_away_when_it_is_small_and_ends_the_connection_when_not()
    {
        // only-if-cached is answered without a look at the body.
        const string Unwanted = "GET /none HTTP/1.1\r\nHost: h\r\nCache-Control: only-if-cached\r\nContent-Length: ";
        await using var door = await Door.OpenAsync();
        using var client = await door.ConnectAsync();
        await client.SendAsync($"{Unwanted}5\r\n\r\n");
        Assert.Equal(504, (await client.ReadAsync())!.Status);
        await client.SendAsync("hello" + Get);
        Assert.Equal((200, "hello"), await BodyAsync(client));
        await client.SendAsync($"{Unwanted}100000\r\n\r\n");
        var last = await client.ReadAsync();
        Assert.Equal((504, true), (last!.Status, last.Closes));
        await client.SendAsync(new byte[100_000]);
        Assert.True((await client.EndAsync()).InOrder, "no reset may overtake the answer");
    }

    [Fact]
    public async Task Response_that_breaks_off_is_cut_by_a_reset()
    {
        await using var door = await Door.OpenAsync(new RawOrigin(async (_, stream) =>
        {
            await RawOrigin.SayAsync(stream, "HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nno chunk");
            stream.Close();
        }));
        using var client = await door.ConnectAsync();
        await client.SendAsync("GET /a HTTP/1.0\r\nHost: h\r\n\r\n");
        Assert.False((await client.EndAsync()).InOrder, "an orderly end would pass for the body's");
    }

    [Fact]
    public async Task Every_response_has_a_date()
    {
        await using var door = await Door.OpenAsync();
        using var client = await door.ConnectAsync();
        foreach (var request in (string[])[Get, "GET /a HTTP/1.1\r\n\r\n"])
        {
            // What is stored has one of its own; a refusal has none but the front door's.
            await client.SendAsync(request);
            Assert.Contains("\r\nDate: Mon, 23 Nov 2026 12:00:00 GMT\r\n", (await client.ReadAsync())!.Head, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(1, true, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nDate: d\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n")]
    [InlineData(1, false, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nDate: d\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")]
    [InlineData(0, true, "HTTP/1.1 200 OK\r\nDate: d\r\nConnection: close\r\n\r\nhello")]
    public async Task Interim_responses_and_trailers_go_to_clients_that_can_take_them(int minor, bool wantsTrailers, string expected)
    {
        Pipe pipe = new();
        using ConnectionWatch watch = new(TimeProvider.System);
        FrontDoorOptions options = new();
        PeerClock clock = new(options, watch);
        using DeliveryMeters meters = new(static () => 0, static () => 0, static () => 0, static () => 0, static () => 0);
        Http1RequestBody body = new(pipe.Reader, clock, options, meters);
        Http1ResponseWriter writer = new(new PipeOutput(pipe.Writer, clock), body, watch, static () => { });
        HeaderList hints = new(), head = new(), trailers = new();
        hints.Add("Link", "</a>");
        head.Add("Date", "d");
        trailers.Add("X-Sum", "1");
        writer.Begin(minor, toHead: false, persists: minor > 0, wantsTrailers);
        await writer.InformAsync(103, hints, CancellationToken.None);
        writer.Start(200, head);
        await writer.WriteAsync("hello"u8.ToArray(), CancellationToken.None);
        writer.End(trailers);
        Assert.True(writer.Finish());
        await writer.FlushAsync(CancellationToken.None);
        await pipe.Writer.CompleteAsync();
        var written = await pipe.Reader.ReadAtLeastAsync(int.MaxValue, TestContext.Current.CancellationToken);
        Assert.Equal(expected, Encoding.Latin1.GetString(System.Buffers.BuffersExtensions.ToArray(written.Buffer)));
    }

    [Fact]
    public async Task Interim_response_is_left_out_while_100_is_on_its_way()
    {
        Pipe pipe = new(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1));
        using ConnectionWatch watch = new(TimeProvider.System);
        FrontDoorOptions options = new();
        PeerClock clock = new(options, watch);
        using DeliveryMeters meters = new(static () => 0, static () => 0, static () => 0, static () => 0, static () => 0);
        Http1RequestBody body = new(pipe.Reader, clock, options, meters);
        Http1ResponseWriter writer = new(new PipeOutput(pipe.Writer, clock), body, watch, static () => { });
        writer.Begin(1, toHead: false, persists: true, wantsTrailers: false);
        body.Begin(new BodyFraming(BodyKind.Length, 1), expectsContinue: true);
        var going = writer.ContinueAsync().AsTask();
        Assert.False(going.IsCompleted);
        var informed = writer.InformAsync(103, new HeaderList(), CancellationToken.None).AsTask();
        Assert.True(informed.IsCompletedSuccessfully);
        var written = await pipe.Reader.ReadAsync(TestContext.Current.CancellationToken);
        Assert.Equal("HTTP/1.1 100 Continue\r\n\r\n", Encoding.Latin1.GetString(System.Buffers.BuffersExtensions.ToArray(written.Buffer)));
        pipe.Reader.AdvanceTo(written.Buffer.End);
        await Task.WhenAll(going, informed);
    }

    private static RawOrigin Echo() => new((head, stream) =>
    {
        var target = head.Split(' ')[1];
        return RawOrigin.SayAsync(stream, $"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: {target.Length}\r\n\r\n{target}");
    });

    private static async Task<(int Status, string Body)> BodyAsync(RawClient client) => await client.ReadAsync() is { } response ? (response.Status, response.Body) : (0, "");
}
