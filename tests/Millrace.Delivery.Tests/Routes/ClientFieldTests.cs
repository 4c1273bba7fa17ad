using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Millrace.Delivery.Origins;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Routes;
using Millrace.Delivery.Tiers;

namespace Millrace.Delivery.Tests.Routes;

/// <summary>What a route lets clients ask for, and what it shows them.</summary>
public class ClientFieldTests
{
    [Theory]
    [InlineData("Cache-Control", "no-cache")]
    [InlineData("Cache-Control", "no-store")]
    [InlineData("Cache-Control", "max-age=0")]
    [InlineData("Cache-Control", "min-fresh=600")]
    [InlineData("Pragma", "no-cache")]
    public async Task Request_directives_are_obeyed_unless_the_route_ignores_them(string name, string value)
    {
        await using var edge = await DeliveryHarness.StartAsync(CachingTests.Page("max-age=60"));
        await edge.GetAsync("/a");
        edge.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.DoesNotContain("; hit", (await edge.GetAsync("/a", (name, value))).CacheStatus, StringComparison.Ordinal);
        Use(edge, static route => route with { ObeyRequestDirectives = false });
        var asked = edge.OriginRequests;
        await edge.GetAsync("/b", (name, value));
        Assert.Contains("; hit", (await edge.GetAsync("/b", (name, value))).CacheStatus, StringComparison.Ordinal);
        Assert.Equal(asked + 1, edge.OriginRequests);
    }

    [Fact]
    public async Task Ignored_directives_forbid_no_fetch_and_reach_no_origin()
    {
        ConcurrentQueue<string> seen = [];
        await using var edge = await DeliveryHarness.StartAsync(context =>
        {
            seen.Enqueue($"{context.Request.Method} {context.Request.Headers.CacheControl}");
            return CachingTests.Page("max-age=60")(context);
        });
        Use(edge, static route => route with { ObeyRequestDirectives = false });
        Assert.Equal(200, (await edge.GetAsync("/a", ("Cache-Control", "only-if-cached"))).Status);
        using var posted = await edge.SendAsync(HttpMethod.Post, "/a", null, ("Cache-Control", "no-cache"));
        Assert.Equal(["GET ", "POST no-cache"], seen);
        Assert.Equal("ignore", (await edge.Plane.ExplainAsync($"{edge.Edge}a", [], TestContext.Current.CancellationToken))!.RequestDirectives);
    }

    [Fact]
    public async Task Fields_for_surrogates_stay_among_them()
    {
        await using var shield = await DeliveryHarness.StartAsync(Tagged, new DeliveryOptions { Instance = "shield" });
        await using var edge = await DeliveryHarness.StartAsync(Tagged, new DeliveryOptions { Instance = "edge" });
        edge.Plane.UpdateRoutes(RouteTable.Create(
            [new Route("*/*", shield.Origin, Contract.Available) { Shields = new ShieldOptions { Name = "s", Members = [new OriginMember(shield.Edge)] } }]));
        foreach (var reply in (Reply[])[await edge.GetAsync("/a"), await edge.GetAsync("/a"), await shield.GetAsync("/a", ("Host", edge.Edge.Authority))])
        {
            Assert.Equal((200, true), (reply.Status, reply.Headers.ContainsKey("CDN-Cache-Control")));
            Assert.DoesNotContain(reply.Headers.Keys, static name => name is "Surrogate-Key" or "Cache-Tag" or "Surrogate-Control");
        }

        Assert.Equal(1, edge.Plane.Purge(new PurgeRequest { Keys = ["front"] }));
        Assert.Equal(1, shield.OriginRequests);
    }

    [Fact]
    public async Task Fields_for_surrogates_are_shown_to_known_peers_alone_and_where_a_route_passes_them()
    {
        await using var edge = await DeliveryHarness.StartAsync(Tagged, new DeliveryOptions { Peers = [System.Net.IPNetwork.Parse("192.0.2.0/24")] });
        Assert.False((await edge.GetAsync("/a", (TierField.Name, "hop"))).Headers.ContainsKey("Surrogate-Key"));
        Use(edge, static route => route with { PassSurrogateFields = true });
        Assert.Equal("front", (await edge.GetAsync("/a")).Headers["Surrogate-Key"]);
    }

    private static void Use(DeliveryHarness edge, Func<Route, Route> rules) =>
        edge.Plane.UpdateRoutes(RouteTable.Create([rules(new Route("127.0.0.1/*", edge.Origin, Contract.Available))]));

    private static Task Tagged(HttpContext context)
    {
        context.Response.Headers.CacheControl = "max-age=1";
        context.Response.Headers["CDN-Cache-Control"] = "max-age=600";
        context.Response.Headers["Surrogate-Control"] = "max-age=600";
        context.Response.Headers["Surrogate-Key"] = "front";
        context.Response.Headers["Cache-Tag"] = "page";
        return context.Response.WriteAsync("page");
    }
}
