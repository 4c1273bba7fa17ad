using Microsoft.AspNetCore.Http;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Routes;
using Millrace.Delivery.Storage.Disk;
using Millrace.Delivery.Tests.Purge;

namespace Millrace.Delivery.Tests.Disk;

/// <summary>A plane on real sockets with a disk that can be made to fail, and a feed or none. Keys name a host that is the same for every process.</summary>
internal sealed class DiskEdge : IAsyncDisposable
{
    public const string Host = "disk.example";

    private static ulong _random = 7;

    private DiskEdge(DeliveryHarness harness) => Harness = harness;

    public DeliveryHarness Harness { get; }

    public DiskTier Disk => Harness.Plane.Core.Disk!;

    public PurgeFollower? Follower { get; private set; }

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    public static async Task<DiskEdge> OpenAsync(IDiskFiles files, RequestDelegate origin, FakeFeed? feed = null, DeliveryOptions? options = null)
    {
        DiskEdge edge = new(await DeliveryHarness.StartAsync(origin, (options ?? new DeliveryOptions()) with { DiskFolder = "/disk", DiskBytes = 64 << 20 }));
        var plane = edge.Harness.Plane;
        plane.UpdateRoutes(RouteTable.Create([new Route($"{Host}/*", edge.Harness.Origin, Contract.Available)]));
        await plane.Core.OpenDiskAsync(files, static () => Interlocked.Add(ref _random, 0x9e37_79b9_7f4a_7c15));
        if (feed is not null)
        {
            edge.Follower = await plane.FollowAsync(feed, static _ => { }, Now);
            await edge.Follower.CaughtUp.WaitAsync(Now);
        }

        await DeliveryHarness.UntilAsync(() => edge.Disk.IsReady);
        return edge;
    }

    public Task<Reply> GetAsync(string target, params (string Name, string Value)[] headers) => Harness.GetAsync(target, [("Host", Host), .. headers]);

    public async ValueTask DisposeAsync()
    {
        if (Follower is not null)
        {
            await Follower.DisposeAsync();
        }

        await Harness.DisposeAsync();
    }
}
