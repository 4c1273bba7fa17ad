using System.Net.Sockets;
using CsCheck;

namespace Millrace.Delivery.Tests.Http2;

/// <summary>Frames of any kind in any order: whatever comes, the door answers or ends the connection, keeps nothing of it, and serves the next.</summary>
public class FrameFuzzTests
{
    private static readonly Gen<byte[]> Payload = Gen.Frequency(
        (2, Gen.Byte.Array[0, 40]),
        (2, Gen.Int[0, 3].Select(static size => new byte[new[] { 0, 4, 5, 8 }[size]])),
        (2, Gen.Int[0, 2].Select(static which => Http2Client.Block((":method", "GET"), (":scheme", "http"), (":path", new[] { "/a", "/large", "/b" }[which]), (":authority", "h")))),
        (1, Gen.UInt.Select(FramePeer.Number)),
        (1, Gen.Select(Gen.Int[1, 7], Gen.UInt).Select(static (id, value) => FramePeer.Setting(id, value))),
        (1, Gen.Int[0, 16_384].Select(static length => new byte[length])));

    private static readonly Gen<byte[]> AnyFrame = Gen.Select(Gen.Byte[0, 10], Gen.OneOf(Gen.Byte, Gen.Int[0, 2].Select(static which => new byte[] { 0, 4, 5 }[which])), Gen.Int[0, 9], Payload)
        .Select(static (type, flags, stream, payload) => Http2Client.Frame(type, flags, stream, payload));

    /// <summary>Of frames that are mostly right, so that streams live for a while.</summary>
    private static readonly Gen<byte[]> LikelyFrame = Gen.Frequency(
        (3, Gen.Int[0, 40].Select(static n => FramePeer.Get((2 * n) + 1, n % 3 == 0 ? "/large" : "/a"))),
        (2, Gen.Int[0, 40].Select(static n => FramePeer.Request((2 * n) + 1, "POST", "/a", false))),
        (2, Gen.Select(Gen.Int[0, 40], Gen.Int[0, 3000], Gen.Bool).Select(static (n, length, ends) => Http2Client.Frame(Http2Client.Data, ends ? (byte)1 : (byte)0, (2 * n) + 1, new byte[length]))),
        (2, Gen.Int[0, 40].Select(static n => Http2Client.Frame(Http2Client.ResetStream, 0, (2 * n) + 1, FramePeer.Number(8)))),
        (2, Gen.Select(Gen.Int[0, 40], Gen.UInt[0, 70_000]).Select(static (n, by) => FramePeer.Update(n == 0 ? 0 : (2 * n) + 1, by))),
        (1, Gen.UInt[0, 100_000].Select(static size => Http2Client.Frame(Http2Client.Settings, 0, 0, FramePeer.Setting(4, size)))),
        (1, AnyFrame));

    [Theory]
    [InlineData(false, 150)]
    [InlineData(true, 300)]
    public async Task Door_outlives_any_frames(bool likely, int connections)
    {
        await using var door = await Door.OpenAsync(new RawOrigin(static (head, stream) =>
        {
            var body = head.StartsWith("GET /large", StringComparison.Ordinal) ? new string('x', 300_000) : "hello";
            return RawOrigin.SayAsync(stream, $"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        }));
        var frames = (likely ? LikelyFrame : AnyFrame).Array[1, 60];
        await frames.SampleAsync(
            async sent =>
            {
                using TcpClient client = new() { NoDelay = true };
                await client.ConnectAsync(door.Address.Host, door.Address.Port, TestContext.Current.CancellationToken);
                var stream = client.GetStream();
                var reading = DrainAsync(stream);
                try
                {
                    await stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
                    await stream.WriteAsync(Http2Client.Frame(Http2Client.Settings, 0, 0, []), TestContext.Current.CancellationToken);
                    foreach (var piece in sent.SelectMany(static frame => frame).Chunk(777))
                    {
                        await stream.WriteAsync(piece, TestContext.Current.CancellationToken);
                    }

                    client.Client.Shutdown(SocketShutdown.Send);
                }
                catch (Exception e) when (e is IOException or SocketException)
                {
                    // Cut off: as good an answer as any.
                }

                await reading;
            },
            iter: connections,
            threads: 2);
        await DeliveryHarness.UntilAsync(() => door.Connections == 0);
        using var next = await FramePeer.ConnectAsync(door.Address);
        await next.SendAsync(FramePeer.Get(1));
        Assert.Equal("hello", (await next.AnswerAsync(1)).Text);
    }

    private static async Task DrainAsync(NetworkStream stream)
    {
        var buffer = new byte[65_536];
        try
        {
            while (await stream.ReadAsync(buffer, TestContext.Current.CancellationToken) > 0)
            {
            }
        }
        catch (IOException)
        {
        }
    }
}
