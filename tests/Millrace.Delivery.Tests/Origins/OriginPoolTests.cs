using Microsoft.Extensions.Time.Testing;
using Millrace.Delivery.Origins;
using Millrace.Delivery.Routes;

namespace Millrace.Delivery.Tests.Origins;

/// <summary>The pool over a connector whose connections are streams of the test's.</summary>
public sealed class OriginPoolTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly OriginWatch _watch;
    private readonly OriginPool _pool;

    public OriginPoolTests()
    {
        _watch = new OriginWatch(_time);
        _pool = new OriginPool(new OriginEndpoint("h", 80, false), new DeliveryOptions { MaxOriginConnections = 1 }, new QuietConnector(), _watch, _time);
    }

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _pool.Dispose();
        _watch.Dispose();
    }

    /// <summary>One whose connection has just proved stale waits for its place: what comes free may be as stale.</summary>
    [Fact]
    public async Task One_who_waits_for_a_new_connection_gets_no_idle_one()
    {
        var first = await LeaseAsync(fresh: false);
        var fresh = LeaseAsync(fresh: true);
        var any = LeaseAsync(fresh: false);
        _pool.Return(first, reusable: true);
        var second = await fresh;
        Assert.False(second.IsReused);
        Assert.True(first.IsClosed);
        _pool.Return(second, reusable: true);
        Assert.Same(second, await any);
        Assert.Equal((1, 2L, 1L), (_pool.Stats.Open, _pool.Stats.Opened, _pool.Stats.Reused));
    }

    [Fact]
    public async Task Retired_pool_keeps_nothing_and_still_serves_requests_in_hand()
    {
        var first = await LeaseAsync(fresh: false);
        _pool.Retire();
        Assert.False(_pool.IsGone);
        _pool.Return(first, reusable: true);
        Assert.Equal((true, 0), (first.IsClosed, _pool.Stats.Open));
        Assert.True(_pool.IsGone);

        // A request in hand keeps its route, and with it the way here; its deadlines hold.
        _time.Advance(TimeSpan.FromMinutes(1));
        var late = await LeaseAsync(fresh: false);
        Assert.False(_pool.IsGone);
        late.ExpectRead(_watch.After(TimeSpan.FromSeconds(1)));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(late.IsClosed);
        _pool.Return(late, reusable: false);
        Assert.True(_pool.IsGone);
    }

    [Fact]
    public async Task Wait_ends_with_the_time_of_the_request()
    {
        var held = await LeaseAsync(fresh: false);
        var waiting = LeaseAsync(fresh: false, _watch.After(TimeSpan.FromSeconds(1)));
        _time.Advance(TimeSpan.FromSeconds(1.1));
        Assert.Equal(OriginFault.QueueTimeout, (await Assert.ThrowsAsync<OriginException>(() => waiting)).Fault);
        _pool.Return(held, reusable: false);

        // So does the connecting.
        using OriginPool deaf = new(new OriginEndpoint("h", 81, false), new DeliveryOptions(), new DeafConnector(), _watch, _time);
        var connecting = deaf.LeaseAsync(OriginPace.Fill, false, TimeSpan.FromSeconds(5), _watch.After(TimeSpan.FromSeconds(1)), Now).AsTask();
        _time.Advance(TimeSpan.FromSeconds(1.1));
        Assert.Equal(OriginFault.ConnectTimeout, (await Assert.ThrowsAsync<OriginException>(() => connecting)).Fault);
    }

    [Fact]
    public void Pools_of_origins_that_no_route_names_any_more_are_dropped()
    {
        using OriginClient client = new(new DeliveryOptions(), _time, null, new QuietConnector());
        for (var i = 0; i < 100; i++)
        {
            client.Use(RouteTable.Create([new Route("*/*", new Uri($"http://origin-{i}.example"), Contract.Available), new Route("a/*", new Uri("http://kept.example"), Contract.Available)]));
        }

        Assert.Equal(["http://kept.example:80", "http://origin-99.example:80"], client.Stats.Endpoints.Select(static endpoint => endpoint.Endpoint));
    }

    /// <summary>An upload may end at the very moment at which the head begins to be waited for: the head's time holds all the same.</summary>
    [Fact]
    public async Task Deadline_of_a_head_is_not_lost_between_its_reader_and_the_upload_that_sets_it()
    {
        for (var i = 0; i < 20_000; i++)
        {
            OriginConnection connection = new(new QuietStream(), _watch) { HeadBy = long.MaxValue };
            var by = _watch.After(TimeSpan.FromSeconds(1));
            using Barrier together = new(2);
            var upload = Task.Run(
                () =>
                {
                    together.SignalAndWait(Now);
                    connection.HeadBy = by;
                },
                Now);
            together.SignalAndWait(Now);
            connection.ExpectHead();
            await upload;
            Assert.Equal(by, connection.Deadline);
        }
    }

    [Fact]
    public void Upload_that_ends_after_the_head_gives_the_body_no_deadline()
    {
        OriginConnection connection = new(new QuietStream(), _watch) { HeadBy = long.MaxValue, InBody = true };
        connection.HeadBy = _watch.After(TimeSpan.FromSeconds(1));
        Assert.Equal(long.MaxValue, connection.Deadline);
    }

    private Task<OriginConnection> LeaseAsync(bool fresh, long by = long.MaxValue) => _pool.LeaseAsync(OriginPace.Fill, fresh, TimeSpan.FromSeconds(5), by, Now).AsTask();

    private sealed class DeafConnector : IConnector
    {
        public async ValueTask<Stream> ConnectAsync(OriginEndpoint endpoint, CancellationToken cancellationToken)
        {
            await new TaskCompletionSource().Task.WaitAsync(cancellationToken);
            return Stream.Null;
        }
    }

    private sealed class QuietConnector : IConnector
    {
        public ValueTask<Stream> ConnectAsync(OriginEndpoint endpoint, CancellationToken cancellationToken) => ValueTask.FromResult<Stream>(new QuietStream());
    }

    /// <summary>A peer that says nothing until it is left.</summary>
    private sealed class QuietStream : MemoryStream
    {
        private readonly TaskCompletionSource<int> _left = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(_left.Task);

        protected override void Dispose(bool disposing)
        {
            _left.TrySetResult(0);
            base.Dispose(disposing);
        }
    }
}
