using System.Net;
using System.Text;
using Millrace.Delivery.FrontEnd;
using Millrace.Delivery.Http2;

namespace Millrace.Delivery.Tests;

public class Http2Tests
{
    private static readonly (string, string)[] Get = [(":method", "GET"), (":scheme", "http"), (":path", "/a"), (":authority", "h")];

    public static TheoryData<string, string> Injections => new()
    {
        { "x: y", "z" },
        { "x\r\ny", "z" },
        { "x\ny", "z" },
        { "x y", "z" },
        { "x\0", "z" },
        { "", "z" },
        { "x", "y\r\nTransfer-Encoding: chunked" },
        { "x", "y\nz" },
        { "x", "y\rz" },
        { "x", "y\0z" },
        { "x", "y\u007fz" },
        { "X", "upper" },
        { "transfer-encoding", "chunked" },
        { "connection", "close" },
        { "keep-alive", "1" },
        { "proxy-connection", "keep-alive" },
        { "upgrade", "h2c" },
        { "te", "gzip" },
        { "content-length", "+5" },
        { "content-length", "5" },
        { ":path", "/b" },
        { ":unknown", "b" },
    };

    public static TheoryData<string> Floods => new("PING", "SETTINGS", "SETTINGS acknowledgement", "PRIORITY", "empty DATA", "padded DATA", "empty CONTINUATION", "rapid reset", "reset that we are made to send", "refused streams", "tiny WINDOW_UPDATE", "unknown", "behind a reset: tiny DATA", "behind a reset: end", "behind a reset: trailers", "behind a reset: WINDOW_UPDATE");

    [Theory]
    [MemberData(nameof(Injections))]
    public async Task Field_that_would_mean_something_else_to_an_http_1_origin_is_refused(string name, string value)
    {
        var asked = 0;
        await using var door = await Door.OpenAsync(new RawOrigin((_, stream) =>
        {
            asked++;
            return RawOrigin.SayAsync(stream, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        }));
        using var client = await Http2Client.ConnectAsync(door.Address);
        await client.SendAsync(Http2Client.Frame(Http2Client.Headers, Http2Client.EndHeaders | Http2Client.EndStream, 1, Http2Client.Block([.. Get, (name, value)])));
        Assert.True(await client.StatusAsync(1) is 400 or -1);
        Assert.Equal(0, asked);
    }

    [Theory]
    [InlineData(":path", "/a b")]
    [InlineData(":path", "/a\r\nX: y")]
    [InlineData(":path", "/a#b")]
    [InlineData(":path", "/a\\b")]
    [InlineData(":path", "/a/../b")]
    [InlineData(":path", "*")]
    [InlineData(":path", "http://h/")]
    [InlineData(":path", "")]
    [InlineData(":authority", "u@h")]
    [InlineData(":authority", "h/b")]
    [InlineData(":authority", "")]
    [InlineData(":method", "get")]
    [InlineData(":method", "G T")]
    [InlineData(":method", "TRACE")]
    [InlineData(":method", "CONNECT")]
    [InlineData(":scheme", "ftp")]
    public async Task Pseudo_field_is_held_to_the_rules_of_a_request_line(string name, string value)
    {
        await using var door = await Door.OpenAsync();
        using var client = await Http2Client.ConnectAsync(door.Address);
        var fields = Get.Select(field => field.Item1 == name ? (name, value) : field).ToArray();
        await client.SendAsync(Http2Client.Frame(Http2Client.Headers, Http2Client.EndHeaders | Http2Client.EndStream, 1, Http2Client.Block(fields)));
        Assert.True(await client.StatusAsync(1) is 400 or -1);
        Assert.Equal(0, door.Plane.Stats.OriginRequests);
    }

    [Fact]
    public async Task Well_formed_request_is_served_and_its_host_is_the_authority()
    {
        var host = "";
        await using var door = await Door.OpenAsync(new RawOrigin((head, stream) =>
        {
            host = string.Join('|', head.Split("\r\n").Where(static line => line.StartsWith("Host:", StringComparison.OrdinalIgnoreCase)));
            return RawOrigin.SayAsync(stream, "HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nContent-Length: 0\r\n\r\n");
        }));
        using var client = await Http2Client.ConnectAsync(door.Address);
        await client.SendAsync(Http2Client.Frame(Http2Client.Headers, Http2Client.EndHeaders | Http2Client.EndStream, 1, Http2Client.Block([.. Get, ("te", "trailers")])));
        Assert.Equal(200, await client.StatusAsync(1));
        Assert.Equal("Host: h", host);

        // RFC 9113 §8.3.1: a Host beside :authority is not what the request is routed and keyed by.
        await client.SendAsync(Http2Client.Frame(Http2Client.Headers, Http2Client.EndHeaders | Http2Client.EndStream, 3, Http2Client.Block([.. Get, ("host", "evil")])));
        await client.StatusAsync(3);
        Assert.Equal("Host: h", host);
    }

    [Fact]
    public async Task Trailers_never_reach_the_origin()
    {
        var seen = "";
        await using var door = await Door.OpenAsync(new RawOrigin(async (head, stream) =>
        {
            seen = head + await RawOrigin.ReadBodyAsync(head, stream);
            await RawOrigin.SayAsync(stream, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        }));
        using var client = await Http2Client.ConnectAsync(door.Address);
        await client.SendAsync(Http2Client.Frame(Http2Client.Headers, Http2Client.EndHeaders, 1, Http2Client.Block([(":method", "POST"), .. Get[1..]])));
        await client.SendAsync(Http2Client.Frame(Http2Client.Data, 0, 1, "hello"u8));
        await client.SendAsync(Http2Client.Frame(Http2Client.Headers, Http2Client.EndHeaders | Http2Client.EndStream, 1, Http2Client.Block(("x-t", "a\r\nGET /smuggled HTTP/1.1"))));
        await client.StatusAsync(1);
        Assert.DoesNotContain("smuggled", seen, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Floods))]
    public async Task Flood_of_frames_that_cost_their_sender_nothing_is_cut_off(string kind)
    {
        TaskCompletionSource over = new();
        await using var door = kind == "refused streams"
            ? await Door.OpenAsync(new RawOrigin((_, _) => over.Task))
            : await Door.OpenAsync();
        using var client = await Http2Client.ConnectAsync(door.Address);
        if (kind is "empty DATA" or "padded DATA")
        {
            await client.SendAsync(Http2Client.Frame(Http2Client.Headers, Http2Client.EndHeaders, 1, Http2Client.Block([(":method", "POST"), .. Get[1..]])));
        }
        else if (kind.StartsWith("behind a reset", StringComparison.Ordinal))
        {
            await client.SendAsync(Flood("reset that we are made to send", 0));
        }
        else if (kind == "empty CONTINUATION")
        {
            await client.SendAsync(Http2Client.Frame(Http2Client.Headers, 0, 1, Http2Client.Block(Get)));
        }

        // Ten seconds' budget, all at once, and no time passes to fill it.
        Assert.True(await client.IsCutOffAsync(i => Flood(kind, i), times: 20_000), "the server took it all");
        await door.PassUntilAsync(() => door.Connections == 0);
        Assert.True(door.BoundsHit > 0);
        over.SetResult();
    }

    [Fact]
    public async Task Busy_client_of_good_manners_is_never_cut_off()
    {
        await using var door = await Door.OpenAsync();
        using HttpMessageInvoker client = new(new SocketsHttpHandler());
        for (var i = 0; i < 3_000; i++)
        {
            using HttpRequestMessage message = new(HttpMethod.Get, new Uri(door.Address, "/a")) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            message.Headers.Host = "h";
            using var response = await client.SendAsync(message, TestContext.Current.CancellationToken);
            Assert.Equal("hello", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }

        Assert.Equal((1, 0), (door.Connections, door.BoundsHit));
    }

    [Fact]
    public async Task Connection_ends_after_its_last_request()
    {
        await using var door = await Door.OpenAsync(new FrontDoorOptions { MaxRequestsPerConnection = 3 });
        using var client = await Http2Client.ConnectAsync(door.Address);
        for (var stream = 1; stream <= 5; stream += 2)
        {
            await client.SendAsync(Http2Client.Frame(Http2Client.Headers, Http2Client.EndHeaders | Http2Client.EndStream, stream, Http2Client.Block(Get)));
        }

        await door.PassUntilAsync(() => door.Connections == 0);
    }

    [Fact]
    public void Budget_is_spent_by_frames_and_fills_again_with_time()
    {
        Microsoft.Extensions.Time.Testing.FakeTimeProvider time = new();
        using ConnectionWatch watch = new(time);
        FrameBudget budget = new(new FrontDoorOptions { MaxControlFramesPerSecond = 1 }, watch);
        FrameHead ping = new(8, FrameType.Ping, FrameFlags.None, 0);
        for (var i = 0; i < 10; i++)
        {
            budget.Spend(ping);
            budget.Spend(new FrameHead(100, FrameType.Data, FrameFlags.None, 1));
            budget.Spend(new FrameHead(100, FrameType.Headers, FrameFlags.None, 1));
        }

        Assert.Equal(Http2Error.EnhanceYourCalm, Assert.Throws<Http2Exception>(() => budget.Spend(ping)).Error);
        time.Advance(TimeSpan.FromSeconds(5));
        budget.Spend(ping);
    }

    private static byte[] Flood(string kind, int i) => kind switch
    {
        "PING" => Http2Client.Frame(Http2Client.Ping, 0, 0, new byte[8]),
        "SETTINGS" => Http2Client.Frame(Http2Client.Settings, 0, 0, []),
        "SETTINGS acknowledgement" => Http2Client.Frame(Http2Client.Settings, 1, 0, []),
        "PRIORITY" => Http2Client.Frame(Http2Client.Priority, 0, 3, new byte[5]),
        "empty DATA" => Http2Client.Frame(Http2Client.Data, 0, 1, []),
        "padded DATA" => Http2Client.Frame(Http2Client.Data, 8, 1, [2, 0, 0]),
        "empty CONTINUATION" => Http2Client.Frame(Http2Client.Continuation, 0, 1, []),
        "tiny WINDOW_UPDATE" => Http2Client.Frame(Http2Client.WindowUpdate, 0, 0, [0, 0, 0, 1]),
        "rapid reset" =>
        [
            .. Http2Client.Frame(Http2Client.Headers, Http2Client.EndHeaders | Http2Client.EndStream, (2 * i) + 1, Http2Client.Block(Get)),
            .. Http2Client.Frame(Http2Client.ResetStream, 0, (2 * i) + 1, new byte[4]),
        ],
        "reset that we are made to send" =>
        [
            .. Http2Client.Frame(Http2Client.Headers, Http2Client.EndHeaders, (2 * i) + 1, Http2Client.Block([(":method", "POST"), .. Get[1..]])),
            .. Http2Client.Frame(Http2Client.WindowUpdate, 0, (2 * i) + 1, new byte[4]),
        ],
        "behind a reset: tiny DATA" => Http2Client.Frame(Http2Client.Data, 0, 1, "x"u8),
        "behind a reset: end" => Http2Client.Frame(Http2Client.Data, Http2Client.EndStream, 1, []),
        "behind a reset: trailers" => Http2Client.Frame(Http2Client.Headers, Http2Client.EndHeaders | Http2Client.EndStream, 1, Http2Client.Block(("x", "y"))),
        "behind a reset: WINDOW_UPDATE" => Http2Client.Frame(Http2Client.WindowUpdate, 0, 1, [0, 1, 0, 0]),
        "refused streams" => Http2Client.Frame(Http2Client.Headers, Http2Client.EndHeaders, (2 * i) + 1, Http2Client.Block([(":method", "POST"), .. Get[1..]])),
        _ => Http2Client.Frame(0xbb, 0, 0, []),
    };
}
