using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace Millrace.Delivery.Tests.Http2;

/// <summary>A frame as it came.</summary>
internal sealed record Frame(byte Type, byte Flags, int Stream, byte[] Payload)
{
    public bool Ends => (Flags & Http2Client.EndStream) != 0 && Type is Http2Client.Headers or Http2Client.Data;

    public int Number => BinaryPrimitives.ReadInt32BigEndian(Payload.AsSpan(Type == Http2Client.GoAway ? 4 : 0));
}

/// <summary>What came on one stream.</summary>
internal sealed class StreamAnswer
{
    public List<(int Status, List<(string Name, string Value)> Fields)> Heads { get; } = [];

    public List<(string Name, string Value)>? Trailers { get; set; }

    public MemoryStream Body { get; } = new();

    /// <summary>END_STREAM has come.</summary>
    public bool Ended { get; set; }

    /// <summary>The error of RST_STREAM, or null.</summary>
    public int? Reset { get; set; }

    public int Status => Heads.LastOrDefault().Status;

    public string Text => Encoding.Latin1.GetString(Body.ToArray());

    public string? Field(string name) => Heads[^1].Fields.FirstOrDefault(field => field.Name == name).Value;
}

/// <summary>A client of our own at the level of frames, and the record of all that it was sent. It acknowledges settings and PINGs, and opens no window unless told to.</summary>
internal sealed class FramePeer : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly TcpClient _client = new() { NoDelay = true };
    private readonly Dictionary<int, StreamAnswer> _answers = [];
    private NetworkStream _stream = null!;

    /// <summary>Whether it acknowledges settings and PINGs.</summary>
    public bool IsPolite { get; set; } = true;

    public List<Frame> Seen { get; } = [];

    /// <summary>Error codes of GOAWAY, in their order.</summary>
    public IEnumerable<int> GoAways => Seen.Where(static frame => frame.Type == Http2Client.GoAway).Select(static frame => frame.Number);

    public static async Task<FramePeer> ConnectAsync(Uri server, byte[]? settings = null, bool begins = true, int receiveBuffer = 0)
    {
        FramePeer peer = new();
        if (receiveBuffer > 0)
        {
            peer._client.ReceiveBufferSize = receiveBuffer;
        }

        await peer._client.ConnectAsync(server.Host, server.Port, TestContext.Current.CancellationToken);
        peer._stream = peer._client.GetStream();
        await peer.SendAsync(Encoding.ASCII.GetBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
        if (begins)
        {
            await peer.SendAsync(Http2Client.Frame(Http2Client.Settings, 0, 0, settings ?? []));
        }

        return peer;
    }

    /// <summary>A setting's six bytes.</summary>
    public static byte[] Setting(int id, uint value)
    {
        var bytes = new byte[6];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)id);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(2), value);
        return bytes;
    }

    public static byte[] Number(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    public static byte[] Update(int stream, uint by) => Http2Client.Frame(Http2Client.WindowUpdate, 0, stream, Number(by));

    /// <summary>A whole request without a body.</summary>
    public static byte[] Get(int stream, string path = "/a", params (string Name, string Value)[] more) => Request(stream, "GET", path, true, more);

    public static byte[] Request(int stream, string method, string path, bool ends, params (string Name, string Value)[] more) => Http2Client.Frame(
        Http2Client.Headers,
        (byte)(Http2Client.EndHeaders | (ends ? Http2Client.EndStream : 0)),
        stream,
        Http2Client.Block([(":method", method), (":scheme", "http"), (":path", path), (":authority", "h"), .. more]));

    public async Task SendAsync(params byte[][] frames) => await _stream.WriteAsync(frames.SelectMany(static frame => frame).ToArray(), TestContext.Current.CancellationToken);

    /// <summary>What has come on a stream so far.</summary>
    public StreamAnswer On(int stream) => _answers.TryGetValue(stream, out var answer) ? answer : _answers[stream] = new StreamAnswer();

    /// <summary>Reads the next frame, and takes it in; null at the end of the connection, in whatever way that comes.</summary>
    public async Task<Frame?> NextAsync()
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        var head = new byte[9];
        try
        {
            await _stream.ReadExactlyAsync(head, patience.Token);
            var payload = new byte[BinaryPrimitives.ReadInt32BigEndian(head) >>> 8];
            await _stream.ReadExactlyAsync(payload, patience.Token);
            Frame frame = new(head[3], head[4], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)), payload);
            Seen.Add(frame);
            await TakeAsync(frame);
            return frame;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Reads until something has come, or the connection has ended; says which.</summary>
    public async Task<bool> UntilAsync(Func<bool> come)
    {
        while (!come())
        {
            if (await NextAsync() is null)
            {
                return come();
            }
        }

        return true;
    }

    /// <summary>Reads until a stream is over: ended, or reset.</summary>
    public async Task<StreamAnswer> AnswerAsync(int stream)
    {
        var answer = On(stream);
        Assert.True(await UntilAsync(() => answer.Ended || answer.Reset is not null), $"the connection ended before stream {stream}, with {string.Join(',', GoAways)}");
        return answer;
    }

    /// <summary>Reads to the end of the connection; returns the last GOAWAY's error, or -1.</summary>
    public async Task<int> EndAsync()
    {
        await UntilAsync(static () => false);
        return GoAways.LastOrDefault(-1);
    }

    /// <summary>Shows that all that was sent has been taken in: the answer to a PING comes.</summary>
    public async Task<bool> PingAsync()
    {
        var mark = (byte)(Seen.Count % 251);
        await SendAsync(Http2Client.Frame(Http2Client.Ping, 0, 0, [mark, 9, 8, 7, 6, 5, 4, 3]));
        return await UntilAsync(() => Seen.Exists(frame => frame.Type == Http2Client.Ping && frame.Flags == 1 && frame.Payload.SequenceEqual((byte[])[mark, 9, 8, 7, 6, 5, 4, 3])));
    }

    public void Dispose() => _client.Dispose();

    private async Task TakeAsync(Frame frame)
    {
        var answer = frame.Stream > 0 ? On(frame.Stream) : null;
        switch (frame.Type)
        {
            case Http2Client.Headers:
                Assert.True((frame.Flags & Http2Client.EndHeaders) != 0 || frame.Payload.Length == 16_384);
                TakeHead(answer!, frame);
                break;
            case Http2Client.Data:
                Assert.False(answer!.Ended || answer.Reset is not null, "data behind the end");
                answer.Body.Write(frame.Payload);
                break;
            case Http2Client.ResetStream:
                answer!.Reset = frame.Number;
                break;
            case Http2Client.Settings when frame.Flags == 0 && IsPolite:
                await SendAsync(Http2Client.Frame(Http2Client.Settings, 1, 0, []));
                break;
            case Http2Client.Ping when frame.Flags == 0 && IsPolite:
                await SendAsync(Http2Client.Frame(Http2Client.Ping, 1, 0, frame.Payload));
                break;
        }

        if (frame.Ends)
        {
            answer!.Ended = true;
        }
    }

    private static void TakeHead(StreamAnswer answer, Frame frame)
    {
        var fields = NaiveHpack.Decode(frame.Payload);
        Assert.All(fields, static field => Assert.Equal(field.Name.ToLowerInvariant(), field.Name));
        if (fields.Count > 0 && fields[0].Name == ":status")
        {
            answer.Heads.Add((int.Parse(fields[0].Value, System.Globalization.CultureInfo.InvariantCulture), fields[1..]));
        }
        else
        {
            Assert.True(frame.Ends);
            answer.Trailers = fields;
        }
    }
}
