using Microsoft.AspNetCore.Http;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Routes;

namespace Millrace.Delivery.Tests.Observing;

public class ExplainTests
{
    [Fact]
    public async Task Held_copy_is_explained_by_what_a_request_would_find()
    {
        await using var edge = await DeliveryHarness.StartAsync(context =>
        {
            context.Response.Headers.CacheControl = "s-maxage=60, max-age=5";
            context.Response.Headers.ETag = "\"v1\"";
            context.Response.Headers.Vary = "Accept-Language";
            context.Response.Headers["Surrogate-Key"] = "news sport";
            return context.Response.WriteAsync("page");
        });
        await edge.GetAsync("/a", ("Accept-Language", "de"));
        edge.Time.Advance(TimeSpan.FromSeconds(7));
        var explained = (await edge.Plane.ExplainAsync($"{edge.Edge}a?_mr=tag", [new("Accept-Language", "de")], TestContext.Current.CancellationToken))!;
        Assert.Equal(("serve", "available", "127.0.0.1/*", DeliveryReason.None), (explained.Now, explained.Contract, explained.Route, explained.Reason));
        Assert.Equal($"{edge.Edge}a", explained.Key);
        var held = Assert.Single(explained.Held);
        Assert.Equal((true, 200, "sMaxage", TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(7)), (held.Selected, held.Status, held.LifetimeFrom, held.Lifetime, held.Age));
        Assert.Equal((edge.Time.GetUtcNow().AddSeconds(-7), edge.Time.GetUtcNow().AddSeconds(53)), (held.Since, held.FreshUntil));
        Assert.Equal(("\"v1\"", "untouched", false), (held.ETag, held.Purged, held.Unverified));
        Assert.Equal(["news", "sport"], held.SurrogateKeys);
        Assert.Equal([KeyValuePair.Create<string, string?>("accept-language", "de")], held.Vary);
        var other = (await edge.Plane.ExplainAsync($"{edge.Edge}a", [new("Accept-Language", "fr")], TestContext.Current.CancellationToken))!;
        Assert.Equal(("fetch", false), (other.Now, other.Held[0].Selected));
        Assert.Equal(1, edge.OriginRequests);
    }

    [Fact]
    public async Task What_is_not_held_is_explained_by_why_not()
    {
        await using var edge = await DeliveryHarness.StartAsync(CachingTests.Page("no-store"));
        Assert.Equal("fetch", (await edge.Plane.ExplainAsync($"{edge.Edge}a", [], TestContext.Current.CancellationToken))!.Now);
        await edge.GetAsync("/a");
        var explained = (await edge.Plane.ExplainAsync($"{edge.Edge}a", [], TestContext.Current.CancellationToken))!;
        Assert.Equal(("fetch", DeliveryReason.HitForMiss, DeliveryReason.NoStore), (explained.Now, explained.Reason, explained.NotStored));
        Assert.Empty(explained.Held);
        Assert.Equal(("fail", null, DeliveryReason.NoRoute), ((await edge.Plane.ExplainAsync("http://other.example/", [], TestContext.Current.CancellationToken)) is { } none ? (none.Now, none.Route, none.Reason) : default));
        Assert.Null((await edge.Plane.ExplainAsync("no url", [], TestContext.Current.CancellationToken)));
    }

    [Fact]
    public async Task Soft_purge_and_the_routes_own_lifetime_are_told()
    {
        await using var edge = await DeliveryHarness.StartAsync(CachingTests.Page("max-age=60"));
        edge.Plane.UpdateRoutes(RouteTable.Create([new Route("127.0.0.1/*", edge.Origin, Contract.Strict) { Lifetimes = new LifetimeRules { Max = TimeSpan.FromSeconds(30) } }]));
        await edge.GetAsync("/a");
        Assert.Equal("route", Assert.Single((await edge.Plane.ExplainAsync($"{edge.Edge}a", [], TestContext.Current.CancellationToken))!.Held).LifetimeFrom);
        Assert.Equal(1, edge.Plane.Purge(new PurgeRequest { Urls = [$"{edge.Edge}a"], Soft = true }));
        var purged = (await edge.Plane.ExplainAsync($"{edge.Edge}a", [], TestContext.Current.CancellationToken))!;
        Assert.Equal(("fetch", "purge", "stale"), (purged.Now, purged.Held[0].LifetimeFrom, purged.Held[0].Purged));
    }
}
