using Microsoft.Extensions.Time.Testing;
using Millrace.Delivery.Origins;

namespace Millrace.Delivery.Tests.Origins;

/// <summary>Simulated groups on virtual time: a planted bad member is caught, a clean group is left alone.</summary>
public sealed class MemberBoardTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly OriginWatch _watch;

    public MemberBoardTests() => _watch = new OriginWatch(_time);

    public void Dispose() => _watch.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Clean_group_with_a_heavy_tail_and_shared_failures_ejects_nobody(ulong seed)
    {
        var board = Board(4, new EjectionOptions());

        // Times with a Pareto tail, and one answer in ten a failure, for all alike.
        Run(board, seed, requests: 60_000, (_, random) => (TimeSpan.FromMilliseconds(Math.Min(5_000, 20 / Math.Pow(1 - random.NextDouble(), 0.7))), random.NextDouble() < 0.1));
        Assert.Equal(0, board.Ejections);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Member_that_fails_half_the_time_is_ejected_and_nobody_else(ulong seed)
    {
        var board = Board(4, new EjectionOptions { ConsecutiveFailures = 0 });
        var to = Run(board, seed, requests: 40_000, (member, random) => (TimeSpan.FromMilliseconds(20), random.NextDouble() < (member == 2 ? 0.5 : 0.02)));
        Assert.True(board.Members[2].IsEjected(_watch.Now));
        Assert.All(board.Members.Where((_, i) => i != 2), member => Assert.Equal(0, member.Stats(_watch.Now).Ejections));
        Assert.True(to[2] < to.Sum() / 8, string.Join(' ', to));
    }

    [Fact]
    public void Member_that_fails_always_is_ejected_at_once()
    {
        var board = Board(3, new EjectionOptions());
        var to = Run(board, 5, requests: 3_000, static (member, _) => (TimeSpan.FromMilliseconds(20), member == 0));
        Assert.True(board.Members[0].IsEjected(_watch.Now));
        Assert.InRange(to[0], 5, 12);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Member_with_a_slow_tail_is_an_outlier_by_its_95th_percentile(ulong seed)
    {
        // Nine in ten answers are as fast as the others': the median would hide what the tail shows.
        SeededChoice random = new(seed);
        var windows = Enumerable.Range(0, 4).Select(member =>
        {
            LatencyHistogram times = new();
            for (var i = 0; i < 200; i++)
            {
                times.Record(TimeSpan.FromMilliseconds(member == 1 && random.NextDouble() < 0.1 ? 800 : 20 + (10 * random.NextDouble())));
            }

            return new MemberWindow(200, 0, times.Quantile(0.95));
        }).ToArray();
        Assert.Equal([1], Enumerable.Range(0, 4).Where(i => OutlierRules.IsOutlier(windows, i, new EjectionOptions())));
        Assert.False(OutlierRules.IsOutlier(windows, 1, new EjectionOptions { MinRequests = 201 }));
    }

    [Fact]
    public void No_more_than_the_share_is_ejected_and_never_the_last()
    {
        var board = Board(4, new EjectionOptions());
        Run(board, 1, requests: 20_000, static (member, _) => (TimeSpan.FromMilliseconds(20), member < 3));
        Assert.Equal(2, board.Members.Count(member => member.IsEjected(_watch.Now)));
        var pair = Board(2, new EjectionOptions { MaxShare = 1 });
        Run(pair, 1, requests: 20_000, static (_, _) => (TimeSpan.FromMilliseconds(20), true));
        Assert.True(pair.Members.Count(member => member.IsEjected(_watch.Now)) <= 1);
    }

    [Fact]
    public void Member_that_returns_comes_back_slowly()
    {
        EjectionOptions options = new() { Time = TimeSpan.FromSeconds(30), Readmission = TimeSpan.FromSeconds(30) };
        var board = Board(2, options);
        Run(board, 1, requests: 100, static (member, _) => (TimeSpan.FromMilliseconds(20), member == 0));
        Assert.True(board.Members[0].IsEjected(_watch.Now));
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.False(board.Members[0].IsEjected(_watch.Now));
        var early = board.Members[0].Weight(_watch.Now, options.Readmission);
        _time.Advance(TimeSpan.FromSeconds(15));
        var middle = board.Members[0].Weight(_watch.Now, options.Readmission);
        _time.Advance(TimeSpan.FromSeconds(15));
        Assert.InRange(early, 0.09, 0.2);
        Assert.InRange(middle, 0.5, 0.6);
        Assert.Equal(1, board.Members[0].Weight(_watch.Now, options.Readmission));
    }

    [Fact]
    public void Requests_go_by_weight_among_equals_and_to_the_faster_among_unequals()
    {
        var weighted = Board(2, new EjectionOptions(), 3, 1);
        var to = Run(weighted, 1, requests: 10_000, static (_, _) => (TimeSpan.FromMilliseconds(20), false));
        Assert.True(to[0] > to[1], string.Join(' ', to));
        var unequal = Board(4, new EjectionOptions { LatencyFactor = 0 });
        to = Run(unequal, 1, requests: 10_000, static (member, _) => (TimeSpan.FromMilliseconds(member == 3 ? 60 : 20), false));
        Assert.True(to[3] < to[..3].Min() && to[3] > 0, string.Join(' ', to));
    }

    [Fact]
    public void When_everybody_is_left_out_somebody_is_asked_all_the_same()
    {
        var board = Board(2, new EjectionOptions());
        HealthCheckOptions health = new() { Path = "/", Fall = 1 };
        Assert.All(board.Members, member => Assert.True(member.Probed(false, health)));
        Assert.NotNull(board.Pick());
        Assert.True(board.Members[1].Probed(true, health with { Rise = 1 }));
        for (var i = 0; i < 20; i++)
        {
            Assert.Same(board.Members[1], board.Pick()?.Member);
        }
    }

    [Fact]
    public void Budget_is_a_share_of_the_requests()
    {
        TokenBudget budget = new(0.2, 10);
        var taken = 0;
        for (var i = 0; i < 1_000; i++)
        {
            budget.Deposit();
            taken += budget.TryTake() ? 1 : 0;
        }

        Assert.InRange(taken, 205, 212);
        Assert.Equal(1_000 - taken, budget.Refused);
    }

    [Fact]
    public void Quantiles_are_right_to_within_an_eighth()
    {
        LatencyHistogram times = new();
        for (var i = 1; i <= 10_000; i++)
        {
            times.Record(TimeSpan.FromMicroseconds(100 * i));
        }

        foreach (var share in (double[])[0.01, 0.5, 0.95, 0.99, 1])
        {
            Assert.InRange(times.Quantile(share).TotalMicroseconds, 1_000_000 * share, 1_130_000 * share);
        }

        times.Turn();
        Assert.Equal(10_000, times.Count);
        times.Turn();
        Assert.Equal((0, TimeSpan.Zero), (times.Count, times.Quantile(0.5)));
    }

    [Fact]
    public async Task Health_check_that_finds_our_own_connections_all_in_use_says_nothing_of_the_member()
    {
        DeliveryOptions options = new() { MaxOriginConnections = 1, Origins = new OriginOptions { MaxWaiting = 0 } };
        var member = new OriginMember(new Uri("http://member.example"));
        using OriginPool pool = new(OriginEndpoint.Of(member.Address), options, new SilentConnector(), _watch, _time);
        MemberState state = new(member, new OriginServer(member.Address, pool, options, _watch, _time), new BreakerOptions(), _watch);
        using CancellationTokenSource enough = new();
        var busy = pool.LeaseAsync(OriginPace.Fill, fresh: false, TimeSpan.FromHours(1), enough.Token).AsTask();
        using HealthProber prober = new([state], new HealthCheckOptions { Path = "/health", Fall = 1, Interval = TimeSpan.FromSeconds(1) }, new SeededChoice(7), _watch, _time);
        prober.Start();
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(prober.Probes > 0);
        Assert.True(state.IsHealthy);
        enough.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => busy);
    }

    private MemberBoard Board(int count, EjectionOptions ejection, params int[] weights)
    {
        DeliveryOptions options = new();
        var members = Enumerable.Range(0, count).Select(i =>
        {
            var member = new OriginMember(new Uri($"http://member-{i}.example"), weights.Length > 0 ? weights[i] : 1);
            OriginPool pool = new(OriginEndpoint.Of(member.Address), options, new NoConnector(), _watch, _time);
            return new MemberState(member, new OriginServer(member.Address, pool, options, _watch, _time), new BreakerOptions { FailureShare = 0 }, _watch);
        });
        return new MemberBoard([.. members], ejection, new SeededChoice(7), _watch);
    }

    /// <summary>Sends requests one after another, two milliseconds apart. Returns how many each member got.</summary>
    private int[] Run(MemberBoard board, ulong seed, int requests, Func<int, SeededChoice, (TimeSpan Took, bool Failed)> answer)
    {
        SeededChoice random = new(seed);
        var to = new int[board.Members.Length];
        for (var i = 0; i < requests; i++)
        {
            var admission = board.Pick();
            Assert.NotNull(admission);
            var index = Array.IndexOf(board.Members, admission.Value.Member);
            to[index]++;
            var (took, failed) = answer(index, random);
            _time.Advance(TimeSpan.FromMilliseconds(2));
            board.Ended(admission.Value, OriginFault.None, failed ? 503 : 200, took);
        }

        return to;
    }

    private sealed class SilentConnector : IConnector
    {
        public async ValueTask<Stream> ConnectAsync(OriginEndpoint endpoint, CancellationToken cancellationToken)
        {
            await new TaskCompletionSource().Task.WaitAsync(cancellationToken);
            return Stream.Null;
        }
    }

    private sealed class NoConnector : IConnector
    {
        public ValueTask<Stream> ConnectAsync(OriginEndpoint endpoint, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
