using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Routes;

namespace Millrace.Delivery.Tests.Purge;

/// <summary>A plane on real sockets that follows a feed on virtual time.</summary>
internal sealed class FollowingEdge : IAsyncDisposable
{
    private readonly DeliveryHarness _harness;
    private readonly Contract _contract;
    private readonly Channel<Exception?> _told = Channel.CreateUnbounded<Exception?>();

    private FollowingEdge(DeliveryHarness harness, Contract contract) => (_harness, _contract, Feed) = (harness, contract, new FakeFeed(harness.Time));

    public FakeFeed Feed { get; }

    public PurgeFollower Follower { get; private set; } = null!;

    public FakeTimeProvider Time => _harness.Time;

    public Uri Edge => _harness.Edge;

    public PurgeTouch Touch => _harness.Plane.Core.Touch;

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    public static async Task<FollowingEdge> StartAsync(RequestDelegate origin, Contract contract)
    {
        var edge = new FollowingEdge(await DeliveryHarness.StartAsync(origin, contract: contract), contract);
        edge.Follower = await edge._harness.Plane.FollowAsync(edge.Feed, lost => edge._told.Writer.TryWrite(lost), Now);
        await edge.Follower.CaughtUp.WaitAsync(Now);
        return edge;
    }

    public Task<Reply> GetAsync(string target) => _harness.GetAsync(target);

    public void MoveOrigin(Uri origin) => _harness.Plane.UpdateRoutes(RouteTable.Create([new Route("127.0.0.1/*", origin, _contract)]));

    /// <summary>Lets time pass; an edge that is not cut off looks into its feed meanwhile.</summary>
    public async Task AdvanceAsync(TimeSpan time)
    {
        Time.Advance(time);
        if (!Feed.IsCut)
        {
            await InTouchAsync();
        }
    }

    /// <summary>Completes when the edge has looked into its feed after now.</summary>
    public async Task InTouchAsync() => await Follower.WaitAsync(Feed.Add(null), Now);

    /// <summary>What the plane's owner is told next.</summary>
    public ValueTask<Exception?> ToldAsync() => _told.Reader.ReadAsync(Now);

    public async ValueTask DisposeAsync()
    {
        await Follower.DisposeAsync();
        await _harness.DisposeAsync();
    }
}
