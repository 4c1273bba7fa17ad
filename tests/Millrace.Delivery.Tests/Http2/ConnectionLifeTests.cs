using Millrace.Delivery.FrontEnd;

namespace Millrace.Delivery.Tests.Http2;

/// <summary>How a connection of HTTP/2 begins, how long it may be silent, and how it ends (RFC 9113 §3.4, §6.5.3, §6.8).</summary>
public class ConnectionLifeTests
{
    [Fact]
    public async Task Settings_come_first_and_are_acknowledged()
    {
        await using var door = await Door.OpenAsync(new FrontDoorOptions { MaxStreams = 7, MaxHeadBytes = 5000 });
        using var peer = await FramePeer.ConnectAsync(door.Address);
        Assert.True(await peer.PingAsync());
        Assert.Equal((Http2Client.Settings, 0), (peer.Seen[0].Type, peer.Seen[0].Flags));
        Assert.Equal(FramePeer.Setting(3, 7), peer.Seen[0].Payload[..6]);
        Assert.Equal(FramePeer.Setting(6, 5000), peer.Seen[0].Payload[^6..]);
        Assert.Single(peer.Seen, static frame => frame.Type == Http2Client.Settings && frame.Flags == 1);
    }

    [Fact]
    public async Task Stream_too_many_is_refused_and_one_that_was_reset_counts_until_the_core_lets_go()
    {
        TaskCompletionSource over = new();
        await using var door = await Door.OpenAsync(
            new RawOrigin(async (_, stream) =>
            {
                await over.Task;
                await RawOrigin.SayAsync(stream, "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 5\r\n\r\nhello");
            }),
            new FrontDoorOptions { MaxStreams = 2 });
        using var peer = await FramePeer.ConnectAsync(door.Address);
        await peer.SendAsync(FramePeer.Get(1), FramePeer.Get(3), FramePeer.Get(5));
        Assert.Equal(7, (await peer.AnswerAsync(5)).Reset);
        over.SetResult();
        Assert.Equal("hello", (await peer.AnswerAsync(1)).Text);
        Assert.Equal("hello", (await peer.AnswerAsync(3)).Text);
        await peer.SendAsync(FramePeer.Get(7));
        Assert.Equal("hello", (await peer.AnswerAsync(7)).Text);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Idle_connection_is_closed_in_order(bool used)
    {
        await using var door = await Door.OpenAsync(new FrontDoorOptions { IdleTimeout = TimeSpan.FromSeconds(30), HeadTimeout = TimeSpan.FromSeconds(20) });
        using var peer = await FramePeer.ConnectAsync(door.Address);
        Assert.True(await peer.PingAsync());
        if (used)
        {
            await peer.SendAsync(FramePeer.Get(1));
            await peer.AnswerAsync(1);
            door.Time.Advance(TimeSpan.FromSeconds(20));
            await peer.SendAsync(FramePeer.Get(3));
            await peer.AnswerAsync(3);
        }

        Assert.True(await peer.PingAsync());
        var end = peer.EndAsync();
        Assert.True(await door.PassUntilAsync(() => end.IsCompleted) >= TimeSpan.FromSeconds(30));
        Assert.Equal(0, await end);
        Assert.Equal(0, door.BoundsHit);
    }

    [Fact]
    public async Task Idle_time_runs_from_the_last_answer_without_another_word_of_the_client()
    {
        TaskCompletionSource asked = new(), answer = new();
        await using var door = await Door.OpenAsync(
            new RawOrigin(async (_, stream) =>
            {
                asked.SetResult();
                await answer.Task;
                await RawOrigin.SayAsync(stream, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
            }),
            new FrontDoorOptions { IdleTimeout = TimeSpan.FromSeconds(30), HeadTimeout = TimeSpan.FromSeconds(20) });
        using var peer = await FramePeer.ConnectAsync(door.Address);
        await peer.SendAsync(FramePeer.Get(1));
        await asked.Task;
        Assert.True(await peer.PingAsync());
        answer.SetResult();
        Assert.Equal("hello", (await peer.AnswerAsync(1)).Text);
        var end = peer.EndAsync();
        Assert.InRange(await door.PassUntilAsync(() => end.IsCompleted), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(5));
        Assert.Equal(0, await end);
        Assert.Equal(0, door.BoundsHit);
    }

    [Fact]
    public async Task Last_stream_that_was_told_never_grows()
    {
        TaskCompletionSource asked = new(), answer = new();
        await using var door = await Door.OpenAsync(new RawOrigin((_, _) =>
        {
            asked.SetResult();
            return answer.Task;
        }));
        using var peer = await FramePeer.ConnectAsync(door.Address);
        await peer.SendAsync(FramePeer.Get(1));
        await asked.Task;
        var drained = door.DrainAsync(TestContext.Current.CancellationToken);
        await peer.UntilAsync(() => peer.GoAways.Count() == 2);
        await peer.SendAsync(FramePeer.Get(3), Http2Client.Frame(Http2Client.Data, 0, 0, "x"u8));
        Assert.Equal(1, await peer.EndAsync());
        var last = peer.Seen.Where(static frame => frame.Type == Http2Client.GoAway).Select(static frame => System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(frame.Payload));
        Assert.Equal([int.MaxValue, 1, 1], last);
        answer.SetResult();
        peer.Dispose();
        await drained;
    }

    [Fact]
    public async Task Sending_that_fails_in_any_way_has_an_end()
    {
        using ConnectionWatch watch = new(new Microsoft.Extensions.Time.Testing.FakeTimeProvider());
        PeerClock clock = new(new FrontDoorOptions(), watch);
        System.IO.Pipelines.Pipe pipe = new();
        await pipe.Writer.CompleteAsync();
        Http2Output output = new(new Http2Wire(new PipeOutput(pipe.Writer, clock), null), clock);
        output.Put(Millrace.Delivery.Http2.FrameType.Ping, Millrace.Delivery.Http2.FrameFlags.None, 0, new byte[8]);
        output.Flush();
        await output.Failed.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<IOException>(async () => await output.RoomAsync());
    }

    [Fact]
    public async Task Head_that_does_not_end_ends_the_connection()
    {
        await using var door = await Door.OpenAsync(new FrontDoorOptions { HeadTimeout = TimeSpan.FromSeconds(20) });
        using var peer = await FramePeer.ConnectAsync(door.Address);
        Assert.True(await peer.PingAsync());
        await peer.SendAsync(Http2Client.Frame(Http2Client.Headers, 0, 1, [0x82]));
        var end = peer.EndAsync();
        Assert.True(await door.PassUntilAsync(() => end.IsCompleted) > TimeSpan.FromSeconds(20));
        Assert.Equal(1, await end);
        Assert.Equal(1, door.BoundsHit);
    }

    [Fact]
    public async Task Settings_that_are_not_acknowledged_end_the_connection()
    {
        await using var door = await Door.OpenAsync(new FrontDoorOptions { HeadTimeout = TimeSpan.FromSeconds(20) });
        using var peer = await FramePeer.ConnectAsync(door.Address);
        peer.IsPolite = false;
        Assert.True(await peer.PingAsync());
        var end = peer.EndAsync();
        await door.PassUntilAsync(() => end.IsCompleted);
        Assert.Equal(4, await end);
    }

    [Fact]
    public async Task Body_that_comes_too_slowly_is_answered_408()
    {
        await using var door = await Door.OpenAsync(new RawOrigin(static (head, stream) => RawOrigin.ReadBodyAsync(head, stream)));
        using var peer = await FramePeer.ConnectAsync(door.Address);
        await peer.SendAsync(FramePeer.Request(1, "POST", "/a", false, ("content-length", "100")), Http2Client.Frame(Http2Client.Data, 0, 1, "hello"u8));
        Assert.True(await peer.PingAsync());
        var answer = peer.AnswerAsync(1);
        Assert.True(await door.PassUntilAsync(() => answer.IsCompleted) > TimeSpan.FromSeconds(10));
        Assert.Equal(408, (await answer).Status);
        Assert.True(await peer.PingAsync());
        Assert.Equal(1, door.BoundsHit);
    }

    [Fact]
    public async Task Last_request_is_announced_and_what_crosses_the_announcement_is_served()
    {
        await using var door = await Door.OpenAsync(new FrontDoorOptions { MaxRequestsPerConnection = 2 });
        using var peer = await FramePeer.ConnectAsync(door.Address);
        await peer.SendAsync(FramePeer.Get(1));
        await peer.AnswerAsync(1);
        Assert.Empty(peer.GoAways);
        peer.IsPolite = false;
        await peer.SendAsync(FramePeer.Get(3));
        await peer.AnswerAsync(3);
        await peer.SendAsync(FramePeer.Get(5));
        Assert.Equal("hello", (await peer.AnswerAsync(5)).Text);
        await peer.UntilAsync(() => peer.GoAways.Any());
        await peer.SendAsync(Http2Client.Frame(Http2Client.Ping, 1, 0, new byte[8]));
        Assert.Equal(0, await peer.EndAsync());
        var last = peer.Seen.Where(static frame => frame.Type == Http2Client.GoAway).Select(static frame => System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(frame.Payload));
        Assert.Equal([int.MaxValue, 5], last);
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
        using var idle = await FramePeer.ConnectAsync(door.Address);
        using var busy = await FramePeer.ConnectAsync(door.Address);
        Assert.True(await idle.PingAsync());
        await busy.SendAsync(FramePeer.Get(1));
        await asked.Task;
        var drained = door.DrainAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, await idle.EndAsync());
        idle.Dispose();
        await busy.UntilAsync(() => busy.GoAways.Count() == 2);
        Assert.False(drained.IsCompleted);

        // Behind the second GOAWAY nothing is served.
        await busy.SendAsync(FramePeer.Get(3));
        answer.SetResult();
        Assert.Equal("hello", (await busy.AnswerAsync(1)).Text);
        Assert.Equal(0, await busy.EndAsync());
        Assert.Empty(busy.On(3).Heads);
        busy.Dispose();
        await drained;
    }

    [Fact]
    public async Task Client_that_never_reads_is_cut()
    {
        await using var door = await Door.OpenAsync(body: new string('x', 20_000));
        using var peer = await FramePeer.ConnectAsync(door.Address, [.. FramePeer.Setting(4, int.MaxValue)], receiveBuffer: 4096);
        await peer.SendAsync(FramePeer.Update(0, 0x7000_0000));
        var sending = SendAsync();
        await door.PassUntilAsync(() => door.BoundsHit > 0 && door.Connections == 0);
        await sending;

        async Task SendAsync()
        {
            try
            {
                for (var stream = 1; stream < 20_000; stream += 2)
                {
                    await peer.SendAsync(FramePeer.Get(stream));
                }
            }
            catch (IOException)
            {
                // Cut while it sends.
            }
        }
    }
}
