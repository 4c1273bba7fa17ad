using System.Net;
using Microsoft.AspNetCore.Http;
using Millrace.Delivery.Origins;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Routes;
using Millrace.Delivery.Tiers;

namespace Millrace.Delivery.Tests.Purge;

/// <summary>A plane on real sockets, with shields before its origin or none, that follows a feed or none.</summary>
internal sealed class TierNode : IAsyncDisposable
{
    public const string Site = "site.example";

    private readonly DeliveryHarness _harness;
    private PurgeFollower? _follower;

    private TierNode(DeliveryHarness harness, HeldFeed? feed) => (_harness, Feed) = (harness, feed);

    public HeldFeed? Feed { get; }

    public DeliveryPlane Plane => _harness.Plane;

    public DeliveryHarness Harness => _harness;

    public OriginGroupStats Tier => Plane.Origins.Tiers.Single();

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    public static Task<TierNode> ShieldAsync(RequestDelegate origin, HeldFeed? feed, bool knowsPeers = true, TimeSpan? lease = null) =>
        StartAsync(DeliveryHarness.StartAsync(origin, OptionsOf("shield", knowsPeers, lease)), feed, static node => [new Route("*/*", node.Origin, Contract.Available)]);

    public static Task<TierNode> EdgeAsync(string name, TierNode shield, HeldFeed? feed, Contract? contract = null) =>
        StartAsync(DeliveryHarness.StartAsync(static _ => Task.CompletedTask, OptionsOf(name, knowsPeers: true)), feed, _ =>
        [
            new Route("*/*", shield._harness.Origin, contract ?? Contract.Available)
            {
                Shields = new ShieldOptions { Name = "shields", Members = [new OriginMember(shield._harness.Edge)] },
            },
        ]);

    private static DeliveryOptions OptionsOf(string name, bool knowsPeers, TimeSpan? lease = null) =>
        new() { Instance = name, SliceBytes = 4096, Peers = knowsPeers ? [IPNetwork.Parse("127.0.0.0/8")] : [], PurgeLease = lease ?? TimeSpan.FromSeconds(5) };

    private static async Task<TierNode> StartAsync(Task<DeliveryHarness> starting, HeldFeed? feed, Func<DeliveryHarness, Route[]> routes)
    {
        var harness = await starting;
        harness.Plane.UpdateRoutes(RouteTable.Create(routes(harness)));
        TierNode node = new(harness, feed);
        if (feed is not null)
        {
            node._follower = await harness.Plane.FollowAsync(feed, static _ => { }, Now);
            await node._follower.CaughtUp.WaitAsync(Now);
        }

        return node;
    }

    public Task<Reply> GetAsync(string path, params (string Name, string Value)[] fields) => _harness.GetAsync(path, [("Host", Site), .. fields]);

    /// <summary>Gets by way of a shield, whose time goes on while it waits for its feed.</summary>
    public async Task<Reply> GetAsync(TierNode shield, string path, params (string Name, string Value)[] fields)
    {
        var reply = GetAsync(path, fields);
        while (!reply.IsCompleted)
        {
            // An edge asks for a slice while it sends another: the shield's origin must not seem slow because one of the two waits.
            if (shield.Plane.Core.CatchingUp.Waiting > 0 && shield.Plane.Core.Flights == 0)
            {
                shield._harness.Time.Advance(CatchingUp.Patience);

                // What this set off is to happen before time goes on again, however busy the machine is.
                for (var turns = 0; !reply.IsCompleted && (turns < 300 || (ThreadPool.PendingWorkItemCount > 0 && turns < 100_000)); turns++)
                {
                    await Task.Yield();
                }
            }

            await Task.Yield();
        }

        return await reply;
    }

    /// <summary>Lets the node obey all purges before an offset; completes when it has.</summary>
    public async Task ObeyAsync(long next)
    {
        Feed!.Release(next);
        if (next > 0)
        {
            await _follower!.WaitAsync(next - 1, Now);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_follower is not null)
        {
            await _follower.DisposeAsync();
        }

        await _harness.DisposeAsync();
    }
}
