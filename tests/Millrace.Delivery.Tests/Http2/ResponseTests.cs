namespace Millrace.Delivery.Tests.Http2;

/// <summary>RFC 9113 §8.1: what a response is made of, and what becomes of the request behind it.</summary>
public class ResponseTests
{
    [Fact]
    public async Task Interim_responses_are_passed_on_before_the_final_one()
    {
        await using var door = await OpenAsync("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nConnection: x\r\nX: 1\r\n\r\nHTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 5\r\n\r\nhello");
        using var peer = await FramePeer.ConnectAsync(door.Address);
        await peer.SendAsync(FramePeer.Get(1));
        var answer = await peer.AnswerAsync(1);
        Assert.Equal([102, 103, 200], answer.Heads.Select(static head => head.Status));
        Assert.Equal([("link", "</a.css>")], answer.Heads[1].Fields);
        Assert.Equal("hello", answer.Text);
    }

    [Theory]
    [InlineData("HEAD", 200, "Content-Length: 5\r\n", "5")]
    [InlineData("GET", 204, "", null)]
    public async Task Response_without_a_body_is_one_frame(string method, int status, string fields, string? length)
    {
        await using var door = await OpenAsync($"HTTP/1.1 {status} OK\r\nCache-Control: no-store\r\n{fields}\r\n");
        using var peer = await FramePeer.ConnectAsync(door.Address);
        await peer.SendAsync(FramePeer.Request(1, method, "/a", true));
        var answer = await peer.AnswerAsync(1);
        Assert.Equal((status, length), (answer.Status, answer.Field("content-length")));
        Assert.DoesNotContain(peer.Seen, static frame => frame.Type == Http2Client.Data);
        Assert.NotNull(answer.Field("date"));
    }

    [Fact]
    public async Task Copy_that_is_not_modified_is_one_frame_too()
    {
        await using var door = await OpenAsync("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nETag: \"a\"\r\nContent-Length: 5\r\n\r\nhello");
        using var peer = await FramePeer.ConnectAsync(door.Address);
        await peer.SendAsync(FramePeer.Get(1));
        await peer.AnswerAsync(1);
        await peer.SendAsync(FramePeer.Get(3, "/a", ("if-none-match", "\"a\"")));
        var answer = await peer.AnswerAsync(3);
        Assert.Equal((304, "\"a\"", 0), (answer.Status, answer.Field("etag"), answer.Body.Length));
        Assert.DoesNotContain(peer.Seen, static frame => frame.Type == Http2Client.Data && frame.Stream == 3);
    }

    [Fact]
    public async Task Trailers_of_an_origin_end_the_stream()
    {
        await using var door = await OpenAsync("HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 7\r\n\r\n");
        using var peer = await FramePeer.ConnectAsync(door.Address);
        await peer.SendAsync(FramePeer.Get(1));
        var answer = await peer.AnswerAsync(1);
        Assert.Equal("hello", answer.Text);
        Assert.Equal([("x-sum", "7")], answer.Trailers!);
        Assert.Null(answer.Reset);
    }

    [Fact]
    public async Task Body_whose_origin_breaks_off_is_reset()
    {
        await using var door = await Door.OpenAsync(new RawOrigin(static async (_, stream) =>
        {
            await RawOrigin.SayAsync(stream, "HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nContent-Length: 50\r\n\r\nhello");
            stream.Close();
        }));
        using var peer = await FramePeer.ConnectAsync(door.Address);
        await peer.SendAsync(FramePeer.Get(1));
        var answer = await peer.AnswerAsync(1);
        Assert.Equal((200, false, 2), (answer.Status, answer.Ended, answer.Reset));
        Assert.True(await peer.PingAsync());
    }

    [Fact]
    public async Task Answer_that_does_not_want_the_rest_of_its_request_says_so_and_the_connection_goes_on()
    {
        await using var door = await OpenAsync("HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno");
        using var peer = await FramePeer.ConnectAsync(door.Address);
        await peer.SendAsync(FramePeer.Request(1, "POST", "/a", false), Http2Client.Frame(Http2Client.Data, 0, 1, new byte[1000]));
        var answer = await peer.AnswerAsync(1);
        await peer.UntilAsync(() => answer.Reset is not null);
        Assert.Equal((403, "no", true, 0), (answer.Status, answer.Text, answer.Ended, answer.Reset));

        // What was on its way is ignored, however much, and counts for the connection's window alone.
        for (var i = 0; i < 200; i++)
        {
            await peer.SendAsync(Http2Client.Frame(Http2Client.Data, 0, 1, new byte[16_000]));
            Assert.True(await peer.PingAsync());
        }

        await peer.SendAsync(Http2Client.Frame(Http2Client.Data, Http2Client.EndStream, 1, [1]), FramePeer.Get(3, "/b"));
        Assert.Equal(403, (await peer.AnswerAsync(3)).Status);
    }

    [Fact]
    public async Task Request_body_goes_to_the_origin_as_fast_as_that_takes_it()
    {
        const int Total = 12_000_000;
        TaskCompletionSource read = new();
        var came = 0;
        await using var door = await Door.OpenAsync(new RawOrigin(async (_, stream) =>
        {
            await read.Task;
            var buffer = new byte[65_536];
            while (came < Total && await stream.ReadAsync(buffer) is > 0 and var count)
            {
                came += count;
            }

            await RawOrigin.SayAsync(stream, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        }));
        using var peer = await FramePeer.ConnectAsync(door.Address);
        await peer.SendAsync(FramePeer.Request(1, "POST", "/a", false, ("content-length", $"{Total}")));
        var (sent, window) = (0, 0L);
        await peer.UntilAsync(() => (window = peer.Seen.Where(static frame => frame.Type == Http2Client.Settings && frame.Flags == 0).Sum(static frame => 256 * 1024)) > 0);
        while (sent < Total)
        {
            window = (256 * 1024) + peer.Seen.Where(static frame => frame.Type == Http2Client.WindowUpdate && frame.Stream == 1).Sum(static frame => (long)frame.Number);
            var piece = (int)Math.Min(Math.Min(16_384, Total - sent), window - sent);
            if (piece > 0)
            {
                sent += piece;
                await peer.SendAsync(Http2Client.Frame(Http2Client.Data, (byte)(sent == Total ? Http2Client.EndStream : 0), 1, Enumerable.Repeat((byte)'x', piece).ToArray()));
                continue;
            }

            // The window is shut: the sockets between us and the origin hold what they hold, and it opens no further until the origin reads.
            if (!read.Task.IsCompleted)
            {
                var before = peer.Seen.Count;
                Assert.True(await peer.PingAsync());
                if (peer.Seen.Count == before + 1)
                {
                    read.SetResult();
                }

                continue;
            }

            Assert.NotNull(await peer.NextAsync());
        }

        Assert.True(read.Task.IsCompleted, "everything was taken though the origin read nothing");
        Assert.Equal(200, (await peer.AnswerAsync(1)).Status);
        Assert.Equal(Total, came);
    }

    [Fact]
    public async Task Client_that_expects_100_gets_it_when_its_body_is_wanted()
    {
        await using var door = await Door.OpenAsync(new RawOrigin(async (head, stream) =>
            await RawOrigin.SayAsync(stream, $"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{await RawOrigin.ReadBodyAsync(head, stream)}")));
        using var peer = await FramePeer.ConnectAsync(door.Address);
        await peer.SendAsync(FramePeer.Request(1, "POST", "/a", false, ("expect", "100-continue"), ("content-length", "5")));
        Assert.True(await peer.UntilAsync(() => peer.On(1).Heads.Count == 1));
        Assert.Equal(100, peer.On(1).Status);
        await peer.SendAsync(Http2Client.Frame(Http2Client.Data, Http2Client.EndStream, 1, "hello"u8));
        Assert.Equal("hello", (await peer.AnswerAsync(1)).Text);
    }

    [Fact]
    public async Task Padding_is_no_part_of_a_body_and_cookie_crumbs_are_one_field()
    {
        var seen = "";
        await using var door = await Door.OpenAsync(new RawOrigin(async (head, stream) =>
        {
            seen = head + await RawOrigin.ReadBodyAsync(head, stream);
            await RawOrigin.SayAsync(stream, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        }));
        using var peer = await FramePeer.ConnectAsync(door.Address);
        await peer.SendAsync(
            FramePeer.Request(1, "POST", "/a", false, ("cookie", "a=1"), ("x", "y"), ("cookie", "b=2"), ("content-length", "5")),
            Http2Client.Frame(Http2Client.Data, 8, 1, [4, .. "hel"u8, 0, 0, 0, 0]),
            Http2Client.Frame(Http2Client.Data, 8 | Http2Client.EndStream, 1, [0, .. "lo"u8]));
        Assert.Equal(200, (await peer.AnswerAsync(1)).Status);
        Assert.EndsWith("hello", seen, StringComparison.Ordinal);
        Assert.Contains("ookie: a=1; b=2\r\n", seen, StringComparison.Ordinal);
    }

    private static Task<Door> OpenAsync(string response) => Door.OpenAsync(new RawOrigin((_, stream) => RawOrigin.SayAsync(stream, response)));
}
