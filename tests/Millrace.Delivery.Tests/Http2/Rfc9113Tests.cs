namespace Millrace.Delivery.Tests.Http2;

/// <summary>RFC 9113 by section: what a client may send wrongly, and what must come of it. Each row is one connection.</summary>
public class Rfc9113Tests
{
    private const byte Data = Http2Client.Data, Headers = Http2Client.Headers, Priority = Http2Client.Priority, Reset = Http2Client.ResetStream, Settings = Http2Client.Settings,
        PushPromise = 5, Ping = Http2Client.Ping, GoAway = Http2Client.GoAway, WindowUpdate = Http2Client.WindowUpdate, Continuation = Http2Client.Continuation;

    private const byte End = Http2Client.EndStream, EndHeaders = Http2Client.EndHeaders, Padded = 8, HasPriority = 0x20;

    private static readonly byte[] Block = Http2Client.Block((":method", "GET"), (":scheme", "http"), (":path", "/a"), (":authority", "h"));

    private static readonly byte[] Post = Http2Client.Block((":method", "POST"), (":scheme", "http"), (":path", "/wait"), (":authority", "h"));

    /// <summary>What is wrong, and what comes of it: "goaway N", "reset S N", or "S STATUS" for an answer on a stream.</summary>
    private static readonly Dictionary<string, (byte[][] Frames, string Outcome)> Rows = new()
    {
        ["§4.1 frame of an unknown type"] = ([F(0x16, 0, 0, [1, 2, 3]), F(0x16, 0xff, 1, []), Get(1)], "1 200"),
        ["§4.1 flags that a type has not"] = ([F(Ping, 0xfe, 0, new byte[8]), F(Headers, 0xc0 | End | EndHeaders, 1, Block)], "1 200"),
        ["§4.1 reserved bit"] = ([F(Headers, End | EndHeaders, unchecked((int)0x80000001), Block)], "1 200"),
        ["§4.2 DATA longer than it may be"] = ([F(Headers, EndHeaders, 1, Post), F(Data, 0, 1, new byte[16_385])], "goaway 6"),
        ["§4.2 HEADERS longer than it may be"] = ([F(Headers, EndHeaders | End, 1, new byte[16_385])], "goaway 6"),
        ["§4.2 unknown frame longer than it may be"] = ([F(0x16, 0, 0, new byte[16_385])], "goaway 6"),
        ["§4.3 header block that is none"] = ([F(Headers, EndHeaders | End, 1, [0x80])], "goaway 9"),
        ["§4.3 trailer block that is none"] = ([F(Headers, EndHeaders, 1, Post), F(Headers, EndHeaders | End, 1, [0x80])], "goaway 9"),
        ["§3.4 first frame is PING"] = ([F(Ping, 0, 0, new byte[8])], "first goaway 1"),
        ["§3.4 first frame acknowledges"] = ([F(Settings, 1, 0, [])], "first goaway 1"),
        ["§5.1 idle: DATA"] = ([F(Data, End, 1, [1])], "goaway 1"),
        ["§5.1 idle: RST_STREAM"] = ([F(Reset, 0, 1, new byte[4])], "goaway 1"),
        ["§5.1 idle: WINDOW_UPDATE"] = ([FramePeer.Update(1, 1)], "goaway 1"),
        ["§5.1 idle: CONTINUATION"] = ([F(Continuation, EndHeaders, 1, Block)], "goaway 1"),
        ["§5.1 idle: PRIORITY"] = ([F(Priority, 0, 3, new byte[5]), Get(1)], "1 200"),
        ["§5.1 half-closed (remote): DATA"] = ([F(Headers, EndHeaders | End, 1, Post), F(Data, End, 1, [1])], "reset 1 5"),
        ["§5.1 half-closed (remote): HEADERS"] = ([F(Headers, EndHeaders | End, 1, Post), F(Headers, End | EndHeaders, 1, Block)], "reset 1 5"),
        ["§5.1 half-closed (remote): WINDOW_UPDATE and PRIORITY"] = ([F(Headers, EndHeaders | End, 1, Post), FramePeer.Update(1, 1), F(Priority, 0, 1, new byte[5]), Get(3)], "3 200"),
        ["§5.1 half-closed (remote): RST_STREAM"] = ([F(Headers, EndHeaders | End, 1, Post), F(Reset, 0, 1, new byte[4]), Get(3)], "3 200"),
        ["§5.1 closed by the client's reset: DATA"] = ([F(Headers, EndHeaders, 1, Post), F(Reset, 0, 1, new byte[4]), F(Data, End, 1, [1])], "goaway 5"),
        ["§5.1 closed by the client's reset: HEADERS"] = ([F(Headers, EndHeaders, 1, Post), F(Reset, 0, 1, new byte[4]), F(Headers, End | EndHeaders, 1, Block)], "goaway 1"),
        ["§5.1 closed by the client's reset: WINDOW_UPDATE and RST_STREAM"] = ([F(Headers, EndHeaders, 1, Post), F(Reset, 0, 1, new byte[4]), FramePeer.Update(1, 1), F(Reset, 0, 1, new byte[4]), Get(3)], "3 200"),
        ["§5.1 reset by us: what was on its way is ignored"] = ([F(Headers, EndHeaders, 1, Post), FramePeer.Update(1, 0), F(Data, 0, 1, [1]), F(Headers, End | EndHeaders, 1, Block), Get(3)], "3 200"),
        ["§5.1.1 even number"] = ([F(Headers, EndHeaders | End, 2, Block)], "goaway 1"),
        ["§5.1.1 number that goes back"] = ([Get(5), Get(3)], "goaway 1"),
        ["§5.5 unknown frame within a header block"] = ([F(Headers, End, 1, Block), F(0x16, 0, 1, [])], "goaway 1"),
        ["§6.1 DATA on the connection"] = ([F(Data, 0, 0, [1])], "goaway 1"),
        ["§6.1 padding that fills the frame"] = ([F(Headers, EndHeaders, 1, Post), F(Data, Padded, 1, [3, 0, 0])], "goaway 1"),
        ["§6.1 padding without a length"] = ([F(Headers, EndHeaders, 1, Post), F(Data, Padded, 1, [])], "goaway 1"),
        ["§6.2 HEADERS on the connection"] = ([F(Headers, EndHeaders | End, 0, Block)], "goaway 1"),
        ["§6.2 padded, with priority"] = ([F(Headers, EndHeaders | End | Padded | HasPriority, 1, [2, 0, 0, 0, 0, 9, .. Block, 0, 0])], "1 200"),
        ["§6.2 padding longer than the frame"] = ([F(Headers, EndHeaders | End | Padded, 1, [200, .. Block])], "goaway 1"),
        ["§6.2 priority that is cut short"] = ([F(Headers, EndHeaders | End | HasPriority, 1, [0, 0])], "goaway 6"),
        ["§6.3 PRIORITY on the connection"] = ([F(Priority, 0, 0, new byte[5])], "goaway 1"),
        ["§6.3 PRIORITY of a wrong length"] = ([F(Priority, 0, 1, new byte[4])], "goaway 6"),
        ["§6.4 RST_STREAM on the connection"] = ([F(Reset, 0, 0, new byte[4])], "goaway 1"),
        ["§6.4 RST_STREAM of a wrong length"] = ([F(Headers, EndHeaders, 1, Post), F(Reset, 0, 1, new byte[3])], "goaway 6"),
        ["§6.5 acknowledgement with a payload"] = ([F(Settings, 1, 0, new byte[6])], "goaway 6"),
        ["§6.5 SETTINGS on a stream"] = ([F(Settings, 0, 1, [])], "goaway 1"),
        ["§6.5 SETTINGS of a wrong length"] = ([F(Settings, 0, 0, new byte[5])], "goaway 6"),
        ["§6.5.2 ENABLE_PUSH of 2"] = ([F(Settings, 0, 0, FramePeer.Setting(2, 2))], "goaway 1"),
        ["§6.5.2 INITIAL_WINDOW_SIZE beyond 2^31-1"] = ([F(Settings, 0, 0, FramePeer.Setting(4, 0x8000_0000))], "goaway 3"),
        ["§6.5.2 MAX_FRAME_SIZE below 2^14"] = ([F(Settings, 0, 0, FramePeer.Setting(5, 16_383))], "goaway 1"),
        ["§6.5.2 MAX_FRAME_SIZE beyond 2^24-1"] = ([F(Settings, 0, 0, FramePeer.Setting(5, 16_777_216))], "goaway 1"),
        ["§6.5.2 unknown setting"] = ([F(Settings, 0, 0, [.. FramePeer.Setting(0xff, 5), .. FramePeer.Setting(1, 0), .. FramePeer.Setting(6, 1)]), Get(1)], "1 200"),
        ["§6.6 PUSH_PROMISE"] = ([F(Headers, EndHeaders, 1, Post), F(PushPromise, EndHeaders, 1, [0, 0, 0, 2])], "goaway 1"),
        ["§6.7 PING on a stream"] = ([F(Ping, 0, 1, new byte[8])], "goaway 1"),
        ["§6.7 PING of a wrong length"] = ([F(Ping, 0, 0, new byte[7])], "goaway 6"),
        ["§6.8 GOAWAY on a stream"] = ([F(GoAway, 0, 1, new byte[8])], "goaway 1"),
        ["§6.8 GOAWAY of a wrong length"] = ([F(GoAway, 0, 0, new byte[7])], "goaway 6"),
        ["§6.8 GOAWAY of the client: what is in hand is answered, and the connection ends"] = ([Get(1), F(GoAway, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0, 65])], "goaway 0"),
        ["§6.9 connection's window by nothing"] = ([FramePeer.Update(0, 0)], "goaway 1"),
        ["§6.9 stream's window by nothing"] = ([F(Headers, EndHeaders, 1, Post), FramePeer.Update(1, 0)], "reset 1 1"),
        ["§6.9 WINDOW_UPDATE of a wrong length"] = ([F(WindowUpdate, 0, 0, new byte[3])], "goaway 6"),
        ["§6.9.1 connection's window beyond 2^31-1"] = ([FramePeer.Update(0, 0x7fff_ffff)], "goaway 3"),
        ["§6.9.1 stream's window beyond 2^31-1"] = ([F(Headers, EndHeaders, 1, Post), FramePeer.Update(1, 0x7fff_ffff)], "reset 1 3"),
        ["§6.9.2 settings that move a stream's window beyond 2^31-1"] = ([F(Headers, EndHeaders, 1, Post), FramePeer.Update(1, 0x7fff_0000), F(Settings, 0, 0, FramePeer.Setting(4, 0x7fff_ffff))], "goaway 3"),
        ["§6.10 header block in many pieces"] = ([F(Headers, End, 1, Block.AsSpan(0, 5)), F(Continuation, 0, 1, Block.AsSpan(5, 4)), F(Continuation, 0, 1, []), F(Continuation, EndHeaders, 1, Block.AsSpan(9))], "1 200"),
        ["§6.10 CONTINUATION of another stream"] = ([F(Headers, End, 1, Block), F(Continuation, EndHeaders, 3, [])], "goaway 1"),
        ["§6.10 CONTINUATION behind the end of the block"] = ([F(Headers, EndHeaders, 1, Post), F(Continuation, EndHeaders, 1, [])], "goaway 1"),
        ["§6.10 DATA within a header block"] = ([F(Headers, 0, 1, Post), F(Data, End, 1, [])], "goaway 1"),
        ["§6.10 block longer than any that is taken"] = ([F(Headers, End, 1, new byte[16_384]), .. Enumerable.Repeat(F(Continuation, 0, 1, new byte[16_384]), 4)], "hostile"),
        ["§8.1 trailers that do not end the stream"] = ([F(Headers, EndHeaders, 1, Post), F(Headers, EndHeaders, 1, Http2Client.Block(("x", "y")))], "reset 1 1"),
        ["§8.1 pseudo-header in trailers"] = ([F(Headers, EndHeaders, 1, Post), F(Headers, EndHeaders | End, 1, Http2Client.Block((":path", "/")))], "reset 1 1"),
        ["§8.1.1 body longer than its length"] = ([Body(1, 4), F(Data, 0, 1, "hello"u8)], "reset 1 1"),
        ["§8.1.1 body shorter than its length"] = ([Body(1, 6), F(Data, End, 1, "hello"u8)], "reset 1 1"),
        ["§8.1.1 body shorter than its length, with trailers"] = ([Body(1, 6), F(Data, 0, 1, "hello"u8), F(Headers, End | EndHeaders, 1, Http2Client.Block(("x", "y")))], "reset 1 1"),
        ["§8.1.1 length without a body"] = ([F(Headers, EndHeaders | End, 1, [.. Block, .. Http2Client.Block(("content-length", "5"))])], "1 400 1"),
        ["§8.2.1 space before a value"] = ([Get(1, ("x", " y"))], "1 400 1"),
        ["§8.2.1 tab behind a value"] = ([Get(1, ("x", "y\t"))], "1 400 1"),
        ["§8.2.1 upper case"] = ([Get(1, ("X", "y"))], "1 400 1"),
        ["§8.2.2 connection"] = ([Get(1, ("connection", "close"))], "1 400 1"),
        ["§8.3 pseudo-header of a response"] = ([Fields((":status", "200"), (":method", "GET"), (":scheme", "http"), (":path", "/a"), (":authority", "h"))], "1 400 1"),
        ["§8.3 pseudo-header behind a field"] = ([Fields((":method", "GET"), (":scheme", "http"), ("x", "y"), (":path", "/a"), (":authority", "h"))], "1 400 1"),
        ["§8.3 pseudo-header twice"] = ([Fields((":method", "GET"), (":method", "GET"), (":scheme", "http"), (":path", "/a"), (":authority", "h"))], "1 400 1"),
        ["§8.3.1 no method"] = ([Fields((":scheme", "http"), (":path", "/a"), (":authority", "h"))], "1 400 1"),
        ["§8.3.1 no scheme"] = ([Fields((":method", "GET"), (":path", "/a"), (":authority", "h"))], "1 400 1"),
        ["§8.3.1 no path"] = ([Fields((":method", "GET"), (":scheme", "http"), (":authority", "h"))], "1 400 1"),
        ["§8.3.1 empty path"] = ([Fields((":method", "GET"), (":scheme", "http"), (":path", ""), (":authority", "h"))], "1 400 1"),
        ["§8.3.1 no authority"] = ([Fields((":method", "GET"), (":scheme", "http"), (":path", "/a"))], "1 400 1"),
        ["§8.3.1 host instead of authority"] = ([Fields((":method", "GET"), (":scheme", "http"), (":path", "/a"), ("host", "h"))], "1 200"),
        ["§8.3.1 host that says the same"] = ([Get(1, ("host", "H"))], "1 200"),
        ["§8.3.1 host that says otherwise"] = ([Get(1, ("host", "evil"))], "1 400 1"),
        ["§8.3.1 two hosts"] = ([Get(1, ("host", "h"), ("host", "h"))], "1 400 1"),
        ["§8.3.1 scheme of another connection"] = ([Fields((":method", "GET"), (":scheme", "https"), (":path", "/a"), (":authority", "h"))], "1 400 1"),
        ["§8.5 CONNECT"] = ([Fields((":method", "CONNECT"), (":authority", "h:80"))], "1 405"),
        ["§10.5.1 more fields than are taken"] = ([F(Headers, EndHeaders | End, 1, [.. Block, .. Enumerable.Repeat(Http2Client.Block(("x", "y")), 200).SelectMany(static one => one)])], "1 431"),
        ["§10.5.1 larger fields than are taken"] = ([F(Headers, End, 1, Block), F(Continuation, 0, 1, Large), F(Continuation, 0, 1, Large), F(Continuation, EndHeaders, 1, Large)], "1 431"),
    };

    public static TheoryData<string> Names => new(Rows.Keys);

    private static byte[] Large => [.. Enumerable.Repeat(Http2Client.Block(("x", new string('y', 120))), 125).SelectMany(static one => one)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Comes_of_it_what_must(string name)
    {
        var (frames, outcome) = Rows[name];
        TaskCompletionSource over = new();
        await using var door = await Door.OpenAsync(new RawOrigin(async (head, stream) =>
        {
            if (head.Contains("/wait", StringComparison.Ordinal))
            {
                await over.Task;
            }

            await RawOrigin.SayAsync(stream, "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 5\r\n\r\nhello");
        }));
        try
        {
            using var peer = await FramePeer.ConnectAsync(door.Address, begins: !outcome.StartsWith("first", StringComparison.Ordinal));
            await peer.SendAsync(frames);
            await JudgeAsync(peer, outcome.Replace("first ", "", StringComparison.Ordinal).Split(' '));

            // Whatever came of it, others are served.
            using var next = await FramePeer.ConnectAsync(door.Address);
            await next.SendAsync(Get(1));
            Assert.Equal(200, (await next.AnswerAsync(1)).Status);
        }
        finally
        {
            over.SetResult();
        }
    }

    private static async Task JudgeAsync(FramePeer peer, string[] outcome)
    {
        switch (outcome[0])
        {
            case "goaway":
                Assert.Equal(int.Parse(outcome[1]), await peer.EndAsync());
                break;
            case "hostile":
                // A GOAWAY may be overtaken by the reset.
                Assert.Contains(await peer.EndAsync(), (int[])[11, -1]);
                break;
            case "reset":
                Assert.Equal(int.Parse(outcome[2]), (await peer.AnswerAsync(int.Parse(outcome[1]))).Reset);
                Assert.True(await peer.PingAsync());
                break;
            default:
                var answer = await peer.AnswerAsync(int.Parse(outcome[0]));
                Assert.Equal(int.Parse(outcome[1]), answer.Status);
                Assert.True(await peer.PingAsync());
                Assert.Equal(outcome.Length > 2 ? int.Parse(outcome[2]) : null, answer.Reset);
                Assert.Empty(peer.GoAways);
                break;
        }
    }

    private static byte[] F(byte type, int flags, int stream, ReadOnlySpan<byte> payload) => Http2Client.Frame(type, (byte)flags, stream, payload);

    private static byte[] Get(int stream, params (string, string)[] more) => FramePeer.Get(stream, "/a", more);

    private static byte[] Fields(params (string, string)[] fields) => F(Headers, EndHeaders | End, 1, Http2Client.Block(fields));

    private static byte[] Body(int stream, int length) => F(Headers, EndHeaders, stream, [.. Post, .. Http2Client.Block(("content-length", $"{length}"))]);
}
