using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using Millrace.Delivery.Origins;
using Millrace.Delivery.Routes;

namespace Millrace.Delivery.Tests.Origins;

/// <summary>A group of real servers: who is asked again, who is asked beside, and who is left alone.</summary>
public class OriginGroupTests
{
    private const string Down = "HTTP/1.1 503 Down\r\nContent-Length: 4\r\n\r\ndown";

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Safe_request_is_sent_to_another_member_within_the_budget()
    {
        await using Server bad = new(Down), good = new(Says("good"));
        using GroupHarness group = new(new OriginGroupOptions
        {
            Name = "g",
            Members = [new(bad.Address), new(good.Address)],
            Ejection = new() { ConsecutiveFailures = 0 },
            Retry = new() { Share = 0, Burst = 3 },
        });
        var (well, ill) = (0, 0);
        for (var i = 0; i < 40; i++)
        {
            var (status, _) = await group.GetAsync();
            (well, ill) = status == 200 ? (well + 1, ill) : (well, ill + 1);
        }

        Assert.Equal(3, group.Stats.Retries);
        Assert.Equal(40, well + ill);
        Assert.Equal(bad.Requests - 3, ill);
        Assert.True(ill > 0 && group.Stats.RetriesRefused == ill);
    }

    [Fact]
    public async Task What_is_not_safe_is_sent_again_only_if_nobody_took_the_connection()
    {
        await using Server closing = new(null), good = new(Says("good"));
        using GroupHarness both = new(new OriginGroupOptions { Name = "g", Members = [new(closing.Address), new(good.Address)], Ejection = new() { ConsecutiveFailures = 0 } });
        var failed = 0;
        for (var i = 0; i < 10; i++)
        {
            try
            {
                await both.GetAsync("POST");
            }
            catch (OriginException e) when (e.Fault == OriginFault.ClosedEarly)
            {
                failed++;
            }
        }

        Assert.Equal(failed, closing.Requests);
        Assert.Equal(10, closing.Requests + good.Requests);
        var refusing = new Uri($"http://127.0.0.1:{UnusedPort()}");
        using GroupHarness half = new(new OriginGroupOptions { Name = "h", Members = [new(refusing), new(good.Address)], Retry = new() { Share = 1 } });
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal((200, "good"), await half.GetAsync("POST"));
        }
    }

    [Fact]
    public async Task Hedge_beats_a_member_that_hangs_and_is_cancelled_where_it_loses()
    {
        await using Server silent = new(""), good = new(Says("good"));
        using GroupHarness group = new(new OriginGroupOptions
        {
            Name = "g",
            Members = [new(silent.Address), new(good.Address)],
            Hedge = new() { MinDelay = TimeSpan.FromMilliseconds(50), Share = 1 },
        });
        for (var i = 0; i < 8; i++)
        {
            var reply = group.GetAsync();
            while (!reply.IsCompleted)
            {
                group.Time.Advance(TimeSpan.FromMilliseconds(10));
                await Task.Yield();
            }

            Assert.Equal((200, "good"), await reply);
        }

        Assert.True(group.Stats.HedgesWon > 0);
        Assert.All(group.Stats.Members, static member => Assert.Equal(0, member.InHand));
    }

    [Fact]
    public async Task Breaker_spares_requests_a_member_that_is_gone_until_it_is_back()
    {
        var port = UnusedPort();
        using GroupHarness group = new(new OriginGroupOptions
        {
            Name = "g",
            Members = [new(new Uri($"http://127.0.0.1:{port}"))],
            Breaker = new() { MinRequests = 4, Successes = 1 },
            Retry = new() { Max = 0 },
        });
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(OriginFault.Refused, await group.FaultAsync());
        }

        Assert.Equal(OriginFault.CircuitOpen, await group.FaultAsync());
        Assert.Equal(BreakerState.Open, group.Stats.Members[0].Breaker);
        await using Server back = new(Says("back"), port);
        Assert.Equal(OriginFault.CircuitOpen, await group.FaultAsync());
        group.Time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal((200, "back"), await group.GetAsync());
        Assert.Equal(BreakerState.Closed, group.Stats.Members[0].Breaker);
    }

    [Fact]
    public async Task Health_checks_leave_a_member_out_and_take_it_back()
    {
        await using Server first = new(Says("first")), second = new(Says("second"));
        using GroupHarness group = new(new OriginGroupOptions
        {
            Name = "g",
            Members = [new(first.Address), new(second.Address)],
            Health = new() { Path = "/health", Fall = 2, Rise = 2, Timeout = TimeSpan.FromDays(1) },
        });
        Assert.All(group.Stats.Members, static member => Assert.True(member.IsHealthy));
        await first.ProbedAsync(group.Time, 2);
        Assert.All(group.Stats.Members, static member => Assert.True(member.IsHealthy));
        first.Answer = Down;
        await UntilAsync(group.Time, () => !group.Stats.Members[0].IsHealthy);
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal((200, "second"), await group.GetAsync());
        }

        first.Answer = Says("first");
        await UntilAsync(group.Time, () => group.Stats.Members[0].IsHealthy);
        group.Client.Use(RouteTable.Empty);
        Assert.Empty(group.Client.Stats.Groups);
    }

    [Fact]
    public async Task Whole_time_of_a_group_bounds_all_tries_together()
    {
        await using Server silent = new("");
        using GroupHarness group = new(new OriginGroupOptions { Name = "g", Members = [new(silent.Address)], Timeout = TimeSpan.FromSeconds(3) });
        var fault = group.FaultAsync();
        await silent.AskedAsync(1);
        group.Time.Advance(TimeSpan.FromSeconds(2.9));
        Assert.False(fault.IsCompleted);
        group.Time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(OriginFault.HeadTimeout, await fault);
    }

    [Fact]
    public async Task Origin_that_flaps_half_the_time_is_left_to_the_other()
    {
        SeededChoice coin = new(3);
        await using Server flapping = new(null) { AnswerFor = () => coin.NextDouble() < 0.5 ? Says("up") : null }, good = new(Says("good"));
        using GroupHarness group = new(new OriginGroupOptions { Name = "g", Members = [new(flapping.Address), new(good.Address)] });
        var failed = 0;
        for (var i = 0; i < 2_000; i++)
        {
            group.Time.Advance(TimeSpan.FromMilliseconds(20));
            try
            {
                await group.GetAsync();
            }
            catch (OriginException)
            {
                failed++;
            }
        }

        Assert.True(group.Stats.Members[0].Ejections > 0);
        Assert.Equal(0, group.Stats.Members[1].Ejections);
        Assert.True(failed < 40, $"{failed} of 2000 failed");
    }

    [Fact]
    public void Options_tell_all_their_faults()
    {
        OriginGroupOptions options = new()
        {
            Name = "",
            Members = [new(new Uri("http://a")), new(new Uri("http://a"), 0), new(new Uri("ftp://b"))],
            Retry = new() { Share = 2 },
            Health = new() { Path = "health" },
        };
        var refused = Assert.Throws<RouteTableException>(() => RouteTable.Create([new Route("*/*", new Uri("http://a"), Contract.Available) { Group = options }]));
        foreach (var part in (string[])["group.name", "members[1].weight", "members[1]:", "members[2]:", "retry.share", "health.path"])
        {
            Assert.Contains(refused.Faults, fault => fault.Contains(part, StringComparison.Ordinal));
        }

        Assert.Equal(options with { }, options with { Members = [.. options.Members] });
        Assert.NotEqual(options, options with { Timeout = TimeSpan.FromSeconds(1) });
    }

    private static string Says(string body) => $"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\n\r\n{body}";

    private static int UnusedPort()
    {
        using TcpListener listener = new(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task UntilAsync(FakeTimeProvider time, Func<bool> holds)
    {
        using CancellationTokenSource late = new(TimeSpan.FromSeconds(20));
        while (!holds())
        {
            late.Token.ThrowIfCancellationRequested();
            time.Advance(TimeSpan.FromMilliseconds(20));
            await Task.Yield();
        }
    }

    private sealed class GroupHarness(OriginGroupOptions options) : IDisposable
    {
        private readonly Route _route = new("*/*", options.Members[0].Address, Contract.Available) { Group = options };
        private OriginClient? _client;

        public FakeTimeProvider Time { get; } = new();

        public OriginClient Client => _client ??= Begun();

        public OriginGroupStats Stats => Client.Stats.Groups.Single();

        public async Task<(int Status, string Body)> GetAsync(string method = "GET")
        {
            var request = ClientHarness.Request(method);
            using var response = await Client.SendAsync(_route, request, request.Headers, null, Now);
            return (response.Status, await ClientHarness.ReadAsync(response));
        }

        public async Task<OriginFault> FaultAsync() => (await Assert.ThrowsAsync<OriginException>(() => GetAsync())).Fault;

        public void Dispose() => _client?.Dispose();

        private OriginClient Begun()
        {
            // Virtual time may run far ahead of the sockets here.
            OriginClient client = new(new DeliveryOptions { ConnectTimeout = TimeSpan.FromDays(1), ResponseTimeout = TimeSpan.FromDays(1), BodyIdleTimeout = TimeSpan.FromDays(1) }, Time);
            client.Use(RouteTable.Create([_route]));
            return client;
        }
    }

    /// <summary>A server with one answer for all: text, nothing (it hangs), or null (it closes).</summary>
    private sealed class Server : IAsyncDisposable
    {
        private readonly RawOrigin _origin;
        private int _requests;

        public Server(string? answer, int port = 0)
        {
            Answer = answer;
            _origin = new RawOrigin(SayAsync, port);
        }

        public string? Answer { get; set; }

        public Func<string?>? AnswerFor { get; init; }

        public int Requests => Volatile.Read(ref _requests);

        public Uri Address => _origin.Address;

        public Task ProbedAsync(FakeTimeProvider time, int times) => UntilAsync(time, () => Requests >= times);

        public async Task AskedAsync(int times)
        {
            using CancellationTokenSource late = new(TimeSpan.FromSeconds(20));
            while (Requests < times)
            {
                late.Token.ThrowIfCancellationRequested();
                await Task.Yield();
            }
        }

        public ValueTask DisposeAsync() => _origin.DisposeAsync();

        private Task SayAsync(string head, NetworkStream stream)
        {
            Interlocked.Increment(ref _requests);
            if ((AnswerFor is null ? Answer : AnswerFor()) is { } answer)
            {
                return RawOrigin.SayAsync(stream, answer);
            }

            stream.Close();
            return Task.CompletedTask;
        }
    }
}
