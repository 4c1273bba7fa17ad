using System.Globalization;
using System.Text;
using Millrace.Delivery.Tests.Wire;

namespace Millrace.Delivery.Tests.Faults;

/// <summary>Origins that fail in every way: what the client sees, that it is never a wrong complete body, and that the plane recovers.</summary>
public class OriginFaultTests
{
    private static readonly DeliveryOptions Options = new();

    [Fact]
    public async Task Origin_that_refuses_is_a_502_until_it_listens_again()
    {
        int port;
        await using (var gone = new WireOrigin(static (_, _) => Task.CompletedTask))
        {
            port = gone.Port;
        }

        await using var edge = await WireEdge.StartAsync(new Uri($"http://127.0.0.1:{port}"));
        AssertFailed(await edge.GetAsync("/a"), 502, "originUnreachable");
        await using var back = new WireOrigin(WholeAsync, port);
        edge.Time.Advance(Options.FailureMemo);
        edge.Time.Advance(TimeSpan.FromSeconds(10));
        AssertWhole(await edge.GetAsync("/a"));
    }

    [Fact]
    public async Task Origin_that_hangs_is_a_504_after_the_time_for_a_response_and_then_forgiven()
    {
        TaskCompletionSource asked = new();
        var hangs = true;
        await using var origin = new WireOrigin(async (request, connection) =>
        {
            if (hangs)
            {
                asked.TrySetResult();
                await connection.ReadLineAsync();
                return;
            }

            await WholeAsync(request, connection);
        });
        await using var edge = await PatientEdgeAsync(origin);
        var reply = edge.GetAsync("/a");
        await asked.Task;
        edge.Time.Advance(Options.ResponseTimeout - TimeSpan.FromSeconds(1));
        Assert.False(reply.IsCompleted);
        await AdvanceUntilAsync(edge, reply);
        AssertFailed(await reply, 504, "originTimeout");
        hangs = false;
        edge.Time.Advance(TimeSpan.FromSeconds(10));
        AssertWhole(await edge.GetAsync("/a"));
    }

    [Fact]
    public async Task Origin_that_drips_its_head_is_given_no_more_time_than_one_that_is_silent()
    {
        TaskCompletionSource asked = new();
        await using var origin = new WireOrigin(async (_, connection) =>
        {
            await connection.SendAsync("HTTP/1.1 200 OK\r\n");
            asked.TrySetResult();
            for (var i = 0; ; i++)
            {
                await connection.SendAsync($"X-{i}: drip\r\n");
                await Task.Yield();
            }
        });
        await using var edge = await PatientEdgeAsync(origin);
        var reply = edge.GetAsync("/a");
        await asked.Task;
        await AdvanceUntilAsync(edge, reply);
        var got = await reply;
        Assert.InRange(got.Status, 502, 504);
    }

    [Fact]
    public async Task Origin_that_falls_silent_within_the_body_is_cut_and_nothing_is_stored()
    {
        TaskCompletionSource sent = new();
        var drips = true;
        await using var origin = new WireOrigin(async (request, connection) =>
        {
            if (!drips)
            {
                await WholeAsync(request, connection);
                return;
            }

            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 11\r\nCache-Control: max-age=60\r\n\r\nhello");
            sent.TrySetResult();
            await connection.ReadLineAsync();
        });
        await using var edge = await PatientEdgeAsync(origin);
        var reply = edge.GetAsync("/a");
        await sent.Task;
        await AdvanceUntilAsync(edge, reply);
        AssertCut(await reply);
        drips = false;
        edge.Time.Advance(TimeSpan.FromSeconds(10));
        AssertWhole(await edge.GetAsync("/a"));
    }

    [Fact]
    public async Task Drips_arrive_at_the_client_as_they_come_and_make_a_whole_body()
    {
        using SemaphoreSlim more = new(0);
        await using var origin = new WireOrigin(async (_, connection) =>
        {
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nCache-Control: max-age=3600\r\n\r\n");
            foreach (var letter in "hello")
            {
                await more.WaitAsync();
                await connection.SendAsync(letter.ToString());
            }
        });
        await using var edge = await PatientEdgeAsync(origin);
        using var client = await edge.ConnectAsync();
        await client.SendAsync("GET /a HTTP/1.1\r\nHost: site.example\r\n\r\n");
        var head = await client.ReadHeadAsync();
        Assert.StartsWith("HTTP/1.1 200", head!.Value.Start, StringComparison.Ordinal);
        for (var i = 0; i < 5; i++)
        {
            edge.Time.Advance(Options.BodyIdleTimeout - TimeSpan.FromSeconds(1));
            more.Release();
            Assert.Equal("hello"[i], (char)await client.ReadByteAsync());
        }

        Assert.Equal("hello", (await edge.GetAsync("/a")).Text);
        Assert.Equal(1, origin.Requests);
    }

    /// <summary>Each is an answer that must reach nobody as a whole one: cut, or refused with 502.</summary>
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\nCache-Control: max-age=60\r\n\r\nonly this", "cut")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nCache-Control: max-age=60\r\n\r\n5\r\nhello\r\n", "cut")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nCache-Control: max-age=60\r\n\r\n5\r\nhello\r\n0\r\n", "cut")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nCache-Control: max-age=60\r\n\r\n5\r\nhello\r\nzz\r\n", "cut")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nCache-Control: max-age=60\r\n\r\n5\r\nhelloXX0\r\n\r\n", "cut")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nCache-Control: max-age=60\r\n\r\n-5\r\nhello\r\n0\r\n\r\n", "cut")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nCache-Control: max-age=60\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n", "cut")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nCache-Control: max-age=60\r\n\r\nFFFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n", "cut")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nCache-Control: max-age=60\r\n\r\n\r\nhello\r\n0\r\n\r\n", "cut")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\nCache-Control: max-age=60\r\n\r\nhello!", "refused")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: -5\r\nCache-Control: max-age=60\r\n\r\nhello", "refused")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: five\r\nCache-Control: max-age=60\r\n\r\nhello", "refused")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\nCache-Control: max-age=60\r\n\r\nhello", "refused")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nCache-Control: max-age=60\r\n\r\nhello", "refused")]
    [InlineData("HTTP/1.1 200 OK\r\nno colon here\r\n\r\n", "refused")]
    [InlineData("HTTP/1.1 999999 OK\r\nContent-Length: 0\r\n\r\n", "refused")]
    [InlineData("HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n", "refused")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n\r\n", "refused")]
    [InlineData("hello", "refused")]
    [InlineData("", "refused")]
    [InlineData("HTTP/1.1 200 OK\r\nX: y", "refused")]
    public async Task Broken_answer_never_becomes_a_whole_one_and_is_not_kept(string answer, string seen)
    {
        var broken = true;
        await using var origin = new WireOrigin(async (request, connection) =>
        {
            if (!broken)
            {
                await WholeAsync(request, connection);
                return;
            }

            await connection.SendAsync(answer);
            throw new IOException("the origin hangs up");
        });
        await using var edge = await WireEdge.StartAsync(origin);
        var reply = await edge.GetAsync("/a");
        if (seen == "cut" && reply.Status is 0 or 200)
        {
            AssertCut(reply);
        }
        else
        {
            AssertFailed(reply, 502, "originBroken");
        }

        Assert.Equal(0, edge.Plane.Stats.Objects);
        broken = false;
        edge.Time.Advance(TimeSpan.FromSeconds(10));
        AssertWhole(await edge.GetAsync("/a"));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nCache-Control: no-store\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nCache-Control: no-store\r\n\r\n5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 204 No Content\r\nCache-Control: no-store\r\n\r\n")]
    public async Task What_an_origin_says_beyond_its_answer_is_nobodys_answer(string first)
    {
        await using var origin = new WireOrigin((request, connection) => request.Target == "/first"
            ? connection.SendAsync(first + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nCache-Control: max-age=60\r\n\r\nevil").AsTask()
            : WholeAsync(request, connection));
        await using var edge = await WireEdge.StartAsync(origin);
        for (var i = 0; i < 10; i++)
        {
            var reply = await edge.GetAsync("/first");
            Assert.True(reply.IsWhole);
            Assert.DoesNotContain("evil", reply.Text, StringComparison.Ordinal);
            AssertWhole(await edge.GetAsync($"/next/{i}"));
        }
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n", "X-Endless: abcdefghijklmnopqrstuvwxyz\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nX-Endless: ", "abcdefghijklmnopqrstuvwxyz")]
    [InlineData("HTTP/1.1 200 ", "OK")]
    [InlineData("", "HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;", "extension")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", "X-Trailer: abcdefghijklmnopqrstuvwxyz\r\n")]
    public async Task What_never_ends_is_ended_by_the_plane(string begins, string goesOn)
    {
        TaskCompletionSource<long> ended = new();
        await using var origin = new WireOrigin(async (request, connection) =>
        {
            if (request.Target == "/whole")
            {
                await WholeAsync(request, connection);
                return;
            }

            var piece = Encoding.Latin1.GetBytes(string.Concat(Enumerable.Repeat(goesOn, 100)));
            long sent = 0;
            try
            {
                await connection.SendAsync(begins);
                while (sent < 1 << 30)
                {
                    await connection.SendAsync(piece);
                    sent += piece.Length;
                }
            }
            finally
            {
                ended.TrySetResult(sent);
            }
        });
        await using var edge = await WireEdge.StartAsync(origin);
        var reply = await edge.GetAsync("/endless");
        if (reply.Status is 0 or 200)
        {
            AssertCut(reply);
        }
        else
        {
            AssertFailed(reply, 502, "originBroken");
        }

        // The plane hung up; what was sent until then lay in the buffers of two sockets.
        Assert.InRange(await ended.Task.WaitAsync(WireEdge.Patience, TestContext.Current.CancellationToken), 0, 64 << 20);
        AssertWhole(await edge.GetAsync("/whole"));
    }

    [Fact]
    public async Task Every_second_answer_failing_gives_right_bodies_or_errors_and_stale_ones_where_held()
    {
        var count = 0;
        await using var origin = new WireOrigin(async (request, connection) =>
        {
            var flap = Interlocked.Increment(ref count);
            if (flap % 2 == 0)
            {
                switch (flap % 8)
                {
                    case 0: connection.Reset(); return;
                    case 2: await connection.SendAsync("HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\nno"); return;
                    case 4: await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 500\r\nCache-Control: max-age=5\r\n\r\nhalf"); throw new IOException();
                    default: throw new IOException("hangs up");
                }
            }

            await WholeAsync(request, connection, "max-age=5");
        });
        await using var edge = await WireEdge.StartAsync(origin);
        HashSet<string> held = [];
        var whole = 0;
        for (var i = 0; i < 400; i++)
        {
            var target = $"/{i % 20}";
            var reply = await edge.GetAsync(target);
            if (reply is { Status: 200, IsWhole: true })
            {
                AssertWhole(reply);
                Assert.Equal(Whole(target), reply.Text);
                held.Add(target);
                whole++;
            }
            else
            {
                Assert.True(reply.Status is 0 or 502 or 503 || !reply.IsWhole, $"{reply.Status}");
                Assert.DoesNotContain(target, held.Where(_ => reply.IsWhole));
            }

            edge.Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(20, held.Count);
        Assert.InRange(whole, 300, 400);
    }

    [Fact]
    public async Task Connection_that_the_origin_closed_while_idle_costs_no_client_an_error()
    {
        await using var origin = new WireOrigin(async (request, connection) =>
        {
            await WholeAsync(request, connection, "no-store");
            throw new IOException("closes without a word");
        });
        await using var edge = await WireEdge.StartAsync(origin);
        for (var i = 0; i < 50; i++)
        {
            AssertWhole(await edge.GetAsync($"/{i}"));
        }
    }

    private static string Whole(string target) => $"the whole of {target}";

    private static Task WholeAsync(WireRequest request, WireConnection connection) => WholeAsync(request, connection, "max-age=60");

    private static async Task WholeAsync(WireRequest request, WireConnection connection, string control)
    {
        var body = Whole(request.Target);
        await connection.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length.ToString(CultureInfo.InvariantCulture)}\r\nCache-Control: {control}\r\n\r\n{body}");
    }

    /// <summary>Clients that may be silent for as long as an origin may.</summary>
    private static Task<WireEdge> PatientEdgeAsync(WireOrigin origin) =>
        WireEdge.StartAsync(origin, door: new FrontEnd.FrontDoorOptions { SlowGrace = TimeSpan.FromHours(1), IdleTimeout = TimeSpan.FromHours(1), HeadTimeout = TimeSpan.FromHours(1) });

    private static Task AdvanceUntilAsync(WireEdge edge, Task reply) =>
        edge.AdvanceUntilAsync(reply, Options.ResponseTimeout + Options.BodyIdleTimeout + TimeSpan.FromSeconds(30));

    private static void AssertWhole(WireReply reply)
    {
        Assert.Equal(200, reply.Status);
        Assert.True(reply.IsWhole);
        Assert.StartsWith("the whole of /", reply.Text, StringComparison.Ordinal);
    }

    private static void AssertCut(WireReply reply)
    {
        Assert.True(reply.Status is 0 or 200, $"{reply.Status}");
        Assert.False(reply.IsWhole, $"taken for whole: {reply.Text}");
    }

    private static void AssertFailed(WireReply reply, int status, string reason)
    {
        Assert.Equal(status, reply.Status);
        Assert.True(reply.IsWhole);
        Assert.Contains($"detail={reason}", reply["Cache-Status"], StringComparison.Ordinal);
    }
}
