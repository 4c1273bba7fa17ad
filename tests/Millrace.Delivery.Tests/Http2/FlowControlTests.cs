using Millrace.Delivery.FrontEnd;

namespace Millrace.Delivery.Tests.Http2;

/// <summary>RFC 9113 §5.2 and §6.9 towards the client: windows, and turns.</summary>
public class FlowControlTests
{
    private const int LargeBytes = 1_000_000;

    [Fact]
    public async Task Stream_without_a_window_waits_and_holds_up_nobody()
    {
        await using var door = await OpenAsync();
        using var peer = await FramePeer.ConnectAsync(door.Address, FramePeer.Setting(4, 0));
        await peer.SendAsync(FramePeer.Get(1), FramePeer.Get(3, "/large"), FramePeer.Get(5), FramePeer.Update(5, 100));
        Assert.Equal("hello", (await peer.AnswerAsync(5)).Text);
        Assert.True(await peer.PingAsync());
        Assert.True(await peer.UntilAsync(() => peer.On(1).Status == 200 && peer.On(3).Status == 200));
        Assert.Equal((0, 0), (peer.On(1).Body.Length, peer.On(3).Body.Length));

        // Byte by byte, as the client likes it.
        for (var i = 1; i <= 5; i++)
        {
            await peer.SendAsync(FramePeer.Update(1, 1));
            Assert.True(await peer.UntilAsync(() => peer.On(1).Body.Length == i));
        }

        Assert.True((await peer.AnswerAsync(1)).Ended);
    }

    [Fact]
    public async Task Window_that_is_lowered_below_zero_must_be_opened_past_it_again()
    {
        await using var door = await OpenAsync();
        using var peer = await FramePeer.ConnectAsync(door.Address, FramePeer.Setting(4, 1000));
        await peer.SendAsync(FramePeer.Get(1, "/large"));
        Assert.True(await peer.UntilAsync(() => peer.On(1).Body.Length == 1000));
        await peer.SendAsync(Http2Client.Frame(Http2Client.Settings, 0, 0, FramePeer.Setting(4, 0)), FramePeer.Update(1, 900));
        Assert.True(await peer.PingAsync());
        Assert.Equal(1000, peer.On(1).Body.Length);
        await peer.SendAsync(FramePeer.Update(1, 200));
        Assert.True(await peer.UntilAsync(() => peer.On(1).Body.Length == 1100));

        // And by settings.
        await peer.SendAsync(Http2Client.Frame(Http2Client.Settings, 0, 0, FramePeer.Setting(4, 500)));
        Assert.True(await peer.UntilAsync(() => peer.On(1).Body.Length == 1600));
        Assert.True(await peer.PingAsync());
        Assert.Equal(1600, peer.On(1).Body.Length);
    }

    [Fact]
    public async Task Connection_has_a_window_too_and_it_is_used_to_the_last_byte()
    {
        await using var door = await OpenAsync();
        using var peer = await FramePeer.ConnectAsync(door.Address, FramePeer.Setting(4, int.MaxValue));
        await peer.SendAsync(FramePeer.Get(1, "/large"), FramePeer.Get(3, "/large"));
        Assert.True(await peer.UntilAsync(() => peer.On(1).Body.Length + peer.On(3).Body.Length == 65_535));
        Assert.True(await peer.PingAsync());
        Assert.Equal(65_535, peer.On(1).Body.Length + peer.On(3).Body.Length);
        await peer.SendAsync(FramePeer.Update(0, 2 * LargeBytes));
        Assert.Equal(LargeBytes, (await peer.AnswerAsync(1)).Body.Length);
        Assert.Equal(LargeBytes, (await peer.AnswerAsync(3)).Body.Length);
    }

    [Fact]
    public async Task Small_body_behind_large_ones_has_its_turn()
    {
        await using var door = await OpenAsync();
        using var peer = await FramePeer.ConnectAsync(door.Address, FramePeer.Setting(4, int.MaxValue));
        await peer.SendAsync(FramePeer.Get(1, "/large"), FramePeer.Get(3, "/large"));
        await peer.UntilAsync(() => peer.On(1).Body.Length + peer.On(3).Body.Length == 65_535);
        await peer.SendAsync(FramePeer.Get(5));
        Assert.True(await peer.UntilAsync(() => peer.On(5).Status == 200));
        for (var turn = 0; turn < 5 && !peer.On(5).Ended; turn++)
        {
            await peer.SendAsync(FramePeer.Update(0, 65_535));
            Assert.True(await peer.PingAsync());
        }

        Assert.Equal("hello", peer.On(5).Text);
        Assert.InRange(peer.On(1).Body.Length + peer.On(3).Body.Length, 65_536, 6 * 65_535);
    }

    [Fact]
    public async Task Frames_are_as_long_as_the_client_takes_them()
    {
        await using var door = await OpenAsync();
        foreach (var longest in (int[])[16_384, 40_000])
        {
            using var peer = await FramePeer.ConnectAsync(door.Address, [.. FramePeer.Setting(4, int.MaxValue), .. FramePeer.Setting(5, (uint)longest)]);
            await peer.SendAsync(FramePeer.Update(0, LargeBytes), FramePeer.Get(1, "/large"));
            Assert.Equal(LargeBytes, (await peer.AnswerAsync(1)).Body.Length);
            Assert.Equal(longest, peer.Seen.Max(static frame => frame.Payload.Length));
        }
    }

    [Fact]
    public async Task Stream_that_is_reset_while_it_waits_lets_go_of_everything()
    {
        await using var door = await OpenAsync();
        using var peer = await FramePeer.ConnectAsync(door.Address, FramePeer.Setting(4, 0));
        for (var stream = 1; stream < 400; stream += 2)
        {
            await peer.SendAsync(FramePeer.Get(stream, "/large"), Http2Client.Frame(Http2Client.ResetStream, 0, stream, FramePeer.Number(8)));
            Assert.True(await peer.PingAsync());
        }

        await peer.SendAsync(FramePeer.Get(401), FramePeer.Update(401, 5));
        Assert.Equal("hello", (await peer.AnswerAsync(401)).Text);
        Assert.Empty(peer.GoAways);
    }

    [Fact]
    public async Task Client_that_keeps_a_stream_shut_loses_it_and_one_that_keeps_all_shut_is_cut()
    {
        await using var door = await OpenAsync(new FrontDoorOptions { IdleTimeout = TimeSpan.FromHours(1), HeadTimeout = TimeSpan.FromHours(1) });
        using (var peer = await FramePeer.ConnectAsync(door.Address, FramePeer.Setting(4, 0)))
        {
            await peer.SendAsync(FramePeer.Get(1), FramePeer.Get(3));
            Assert.True(await peer.UntilAsync(() => peer.On(3).Status == 200));
            var over = peer.AnswerAsync(1);
            Assert.True(await door.PassUntilAsync(() => over.IsCompleted) >= TimeSpan.FromSeconds(10));
            Assert.Equal(8, (await over).Reset);
            Assert.True(door.BoundsHit >= 1);
            Assert.True(await peer.PingAsync());
        }

        using var other = await FramePeer.ConnectAsync(door.Address, FramePeer.Setting(4, int.MaxValue));
        await other.SendAsync(FramePeer.Get(1, "/large"));
        Assert.True(await other.UntilAsync(() => other.On(1).Body.Length == 65_535));
        var end = other.EndAsync();
        await door.PassUntilAsync(() => end.IsCompleted);
        Assert.Equal(-1, await end);
    }

    [Fact]
    public async Task Client_that_takes_a_window_back_while_its_stream_waits_loses_the_stream_too()
    {
        await using var door = await OpenAsync(new FrontDoorOptions { IdleTimeout = TimeSpan.FromHours(1), HeadTimeout = TimeSpan.FromHours(1) });
        using var peer = await FramePeer.ConnectAsync(door.Address, FramePeer.Setting(4, int.MaxValue));
        await peer.SendAsync(FramePeer.Get(1, "/large"));
        Assert.True(await peer.UntilAsync(() => peer.On(1).Body.Length == 65_535));
        await peer.SendAsync(Http2Client.Frame(Http2Client.Settings, 0, 0, FramePeer.Setting(4, 0)), FramePeer.Update(0, LargeBytes));
        Assert.True(await peer.PingAsync());
        Assert.Equal(65_535, peer.On(1).Body.Length);
        var over = peer.AnswerAsync(1);
        await door.PassUntilAsync(() => over.IsCompleted);
        Assert.Equal(8, (await over).Reset);
    }

    [Fact]
    public async Task Client_that_opens_what_it_reads_of_a_stream_that_has_ended_is_never_cut_off()
    {
        await using var door = await OpenAsync();
        using var peer = await FramePeer.ConnectAsync(door.Address, FramePeer.Setting(4, int.MaxValue));
        await peer.SendAsync(FramePeer.Update(0, 4 * LargeBytes));
        for (var stream = 1; stream <= 5; stream += 2)
        {
            await peer.SendAsync(FramePeer.Get(stream, "/large"));
            Assert.Equal(LargeBytes, (await peer.AnswerAsync(stream)).Body.Length);
            await peer.SendAsync([.. Enumerable.Repeat(FramePeer.Update(stream, 1024), LargeBytes / 1024)]);
        }

        Assert.True(await peer.PingAsync());
        Assert.Empty(peer.GoAways);
    }

    [Fact]
    public void Window_that_nobody_waits_for_any_more_is_not_held_against_the_client()
    {
        Microsoft.Extensions.Time.Testing.FakeTimeProvider time = new();
        using ConnectionWatch watch = new(time);
        Http2Turns turns = new(new PeerClock(new FrontDoorOptions(), watch));
        Http2StreamOutput stream = new(new PeerClock(new FrontDoorOptions(), watch));
        stream.Begin(1, int.MaxValue);
        stream.Give(new byte[100_000], endsStream: true);
        turns.Enqueue(stream);
        List<ReadOnlyMemory<byte>> pieces = [];
        Assert.Equal(65_535, turns.Take(pieces, 16_384));
        time.Advance(TimeSpan.FromMinutes(5));
        Assert.True(turns.IsDeaf);
        stream.IsCut = true;
        turns.Drop(stream);
        Assert.False(turns.IsDeaf);
        Assert.False(stream.IsQueued);
    }

    [Fact]
    public void Streams_that_we_forgot_are_not_held_against_the_client()
    {
        Http2StreamTable table = new();
        for (var stream = 1; stream < 1000; stream += 2)
        {
            table.Remember(stream);
        }

        Assert.All(Enumerable.Range(0, 500), one => Assert.True(table.MayFollow((2 * one) + 1)));
        Assert.False(table.MayFollow(1001));
    }

    [Fact]
    public void More_data_than_the_windows_allow_is_a_fault()
    {
        using ConnectionWatch watch = new(new Microsoft.Extensions.Time.Testing.FakeTimeProvider());
        PeerClock clock = new(new FrontDoorOptions(), watch);
        Http2Inflow inflow = new(new Http2Output(new Http2Wire(new PipeOutput(new System.IO.Pipelines.Pipe().Writer, clock), null), clock));
        Http2RequestBody body = new(inflow, clock) { Stream = 1, Length = null, MaxBytes = long.MaxValue, Continue = static () => { } };
        for (var i = 0; i < Http2Inflow.StreamWindow / 16_384; i++)
        {
            Assert.Equal(BodyFault.None, body.Take(new byte[16_384], 0));
        }

        // Padding counts.
        Assert.Equal(BodyFault.Window, body.Take(default, 1));
        inflow.Received(Http2Inflow.ConnectionWindow);
        Assert.Equal(Millrace.Delivery.Http2.Http2Error.FlowControl, Assert.Throws<Millrace.Delivery.Http2.Http2Exception>(() => inflow.Received(1)).Error);
    }

    private static Task<Door> OpenAsync(FrontDoorOptions? options = null) => Door.OpenAsync(
        new RawOrigin(static (head, stream) =>
        {
            var body = head.StartsWith("GET /large", StringComparison.Ordinal) ? new string('x', LargeBytes) : "hello";
            return RawOrigin.SayAsync(stream, $"HTTP/1.1 200 OK\r\nCache-Control: max-age=600000\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        }),
        options);
}
