using System.Net;
using System.Net.Sockets;
using System.Text;
using Millrace.Delivery.Origins;

namespace Millrace.Delivery.Tests.Origins;

/// <summary>What becomes of an origin's misbehaviour: a reason of a closed set, in bounded time, and nothing of it in the next response.</summary>
public class FaultyOriginTests
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", OriginFault.Truncated)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", OriginFault.Truncated)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", OriginFault.Truncated)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", OriginFault.Truncated)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello!\r\n0\r\n\r\n", OriginFault.ChunkMalformed)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n", OriginFault.ChunkMalformed)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n", OriginFault.ChunkMalformed)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n", OriginFault.ChunkMalformed)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nhello\r\n0\r\n\r\n", OriginFault.ChunkMalformed)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nbad trailer\r\n\r\n", OriginFault.ChunkMalformed)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", OriginFault.Framing)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello", OriginFault.Framing)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", OriginFault.Framing)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", OriginFault.Framing)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", OriginFault.Framing)]
    [InlineData("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", OriginFault.Framing)]
    [InlineData("HTTP/1.1 200 OK\r\nX: a\r\n folded\r\n\r\n", OriginFault.HeadMalformed)]
    [InlineData("HTTP/1.1 200 OK\nX: a\n\n", OriginFault.HeadMalformed)]
    [InlineData("HTTP/1.1 200 OK\r\nX: a\u0000b\r\n\r\n", OriginFault.HeadMalformed)]
    [InlineData("HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n", OriginFault.HeadMalformed)]
    [InlineData("HTTP/1.1 200 OK\r\nNo colon\r\n\r\n", OriginFault.HeadMalformed)]
    [InlineData("HTTP/1.1 20 OK\r\n\r\n", OriginFault.HeadMalformed)]
    [InlineData("HTTP/2 200\r\n\r\n", OriginFault.HeadMalformed)]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n", OriginFault.HeadMalformed)]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", OriginFault.SwitchedProtocol)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Le", OriginFault.ClosedEarly)]
    [InlineData("", OriginFault.ClosedEarly)]
    public async Task Misbehaviour_has_a_reason(string said, OriginFault fault)
    {
        await using var origin = Saying(said, close: true);
        using ClientHarness harness = new(origin.Address);
        Assert.Equal(fault, await harness.FaultAsync());
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n2;x=\"y\"\r\nhe\r\n03\r\nllo\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\nhello")]
    [InlineData("HTTP/1.0 200 OK\r\n\r\nhello")]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")]
    public async Task What_is_well_formed_is_read(string said)
    {
        await using var origin = Saying(said, close: true);
        using ClientHarness harness = new(origin.Address);
        Assert.Equal((200, "hello"), await harness.GetAsync());
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX: 1\r\n\r\n5\r\nhello\r\n0\r\nDigest-Of-It: d\r\n\r\n")]
    [InlineData("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")]
    public async Task Pieces_of_one_byte_make_no_difference(string said)
    {
        await using RawOrigin origin = new(async (_, stream) =>
        {
            foreach (var one in Encoding.Latin1.GetBytes(said))
            {
                await stream.WriteAsync(new[] { one }, Now);
                await stream.FlushAsync(Now);
            }
        });
        using ClientHarness harness = new(origin.Address);
        Assert.Equal((200, "hello"), await harness.GetAsync());
        Assert.Equal((200, "hello"), await harness.GetAsync());
    }

    [Fact]
    public async Task Endless_head_ends_at_its_bound()
    {
        await using RawOrigin origin = new(async (_, stream) =>
        {
            await SayAsync(stream, "HTTP/1.1 200 OK\r\n");
            while (true)
            {
                await SayAsync(stream, "X-Endless: and so on, and so on, and so on\r\n");
            }
        });
        using ClientHarness harness = new(origin.Address);
        Assert.Equal(OriginFault.HeadTooLarge, await harness.FaultAsync());
    }

    [Fact]
    public async Task Flood_of_interim_responses_ends_at_its_bound()
    {
        await using RawOrigin origin = new(async (_, stream) =>
        {
            while (true)
            {
                await SayAsync(stream, "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
            }
        });
        using ClientHarness harness = new(origin.Address);
        Assert.Equal(OriginFault.TooManyInterim, await harness.FaultAsync());
    }

    [Fact]
    public async Task Origin_that_refuses_is_unreachable()
    {
        using TcpListener closed = new(IPAddress.Loopback, 0);
        closed.Start();
        var port = ((IPEndPoint)closed.LocalEndpoint).Port;
        closed.Stop();
        using ClientHarness harness = new(new Uri($"http://127.0.0.1:{port}"));
        Assert.Equal(OriginFault.Refused, await harness.FaultAsync());
    }

    [Fact]
    public async Task Origin_that_hangs_is_given_up_at_the_response_timeout()
    {
        TaskCompletionSource asked = new();
        await using RawOrigin origin = new((_, _) =>
        {
            asked.SetResult();
            return Task.CompletedTask;
        });
        using ClientHarness harness = new(origin.Address);
        var fault = harness.FaultAsync();
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(20), Now);
        harness.Time.Advance(TimeSpan.FromSeconds(59));
        Assert.False(fault.IsCompleted);
        harness.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(OriginFault.HeadTimeout, await fault);
    }

    [Fact]
    public async Task Head_that_drips_is_given_up_as_a_whole()
    {
        TaskCompletionSource asked = new(), drop = new(), dropped = new();
        await using RawOrigin origin = new(async (_, stream) =>
        {
            await SayAsync(stream, "HTTP/1.1 200 OK\r\nX: ");
            asked.SetResult();
            await drop.Task;
            await SayAsync(stream, "a");
            dropped.SetResult();
        });
        using ClientHarness harness = new(origin.Address);
        var fault = harness.FaultAsync();
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(20), Now);
        harness.Time.Advance(TimeSpan.FromSeconds(40));
        drop.SetResult();
        await dropped.Task.WaitAsync(TimeSpan.FromSeconds(20), Now);
        harness.Time.Advance(TimeSpan.FromSeconds(21));
        Assert.Equal(OriginFault.HeadTimeout, await fault);
    }

    [Fact]
    public async Task Body_that_falls_silent_is_given_up_at_the_idle_timeout()
    {
        await using var origin = Saying("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", close: false);
        using ClientHarness harness = new(origin.Address);
        using var response = await harness.SendAsync();
        var buffer = new byte[5];
        Assert.Equal(5, await response.ReadAsync(buffer, Now));
        var rest = response.ReadAsync(buffer, Now).AsTask();
        harness.Time.Advance(TimeSpan.FromSeconds(59));
        Assert.False(rest.IsCompleted);
        harness.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(OriginFault.BodyTimeout, (await Assert.ThrowsAsync<OriginException>(() => rest)).Fault);
    }

    [Theory]
    [InlineData("GET", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nevil!")]
    [InlineData("GET", "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")]
    [InlineData("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nevil!")]
    [InlineData("GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")]
    [InlineData("GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")]
    [InlineData("GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n2\r\nok\r\n0\r\n\r\n")]
    public async Task What_a_server_says_beyond_its_response_never_reaches_the_next_request(string method, string said)
    {
        await using RawOrigin origin = new((head, stream) =>
            SayAsync(stream, head.Contains("/a ", StringComparison.Ordinal) && head.StartsWith(method, StringComparison.Ordinal) && !head.Contains("second", StringComparison.Ordinal) ? said : "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nclean"));
        using ClientHarness harness = new(origin.Address);
        var first = await harness.GetAsync(method);
        Assert.DoesNotContain("evil", first.Body, StringComparison.Ordinal);
        var second = ClientHarness.Request("GET", "/second");
        using var response = await harness.Client.SendAsync(harness.Route, second, second.Headers, null, Now);
        Assert.Equal("clean", await ClientHarness.ReadAsync(response));
    }

    [Fact]
    public async Task Words_said_to_an_idle_connection_are_never_taken_for_a_response()
    {
        TaskCompletionSource said = new();
        var connections = 0;
        await using RawOrigin origin = new(async (_, stream) =>
        {
            await SayAsync(stream, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nclean");
            if (Interlocked.Increment(ref connections) == 1)
            {
                await Task.Yield();
                await SayAsync(stream, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
                said.SetResult();
            }
        });
        using ClientHarness harness = new(origin.Address);
        Assert.Equal((200, "clean"), await harness.GetAsync());
        await said.Task;
        await SettleAsync(() => harness.Client.Stats.Endpoints.Single().Idle == 0);
        Assert.Equal((200, "clean"), await harness.GetAsync());
    }

    private static RawOrigin Saying(string text, bool close) => new(async (_, stream) =>
    {
        await SayAsync(stream, text);
        if (close)
        {
            stream.Socket.Shutdown(SocketShutdown.Both);
            stream.Socket.Close();
        }
    });

    private static async Task SayAsync(NetworkStream stream, string text) => await stream.WriteAsync(Encoding.Latin1.GetBytes(text), Now);

    /// <summary>Lets the sockets go on until what they bring about is there.</summary>
    private static async Task SettleAsync(Func<bool> holds)
    {
        using CancellationTokenSource late = new(TimeSpan.FromSeconds(20));
        while (!holds())
        {
            late.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
