using Millrace.Delivery.Purge;
using Millrace.Delivery.Routes;

namespace Millrace.Delivery.Tests;

/// <summary>Purges by pattern, purges that do not reach us, and the memory of both.</summary>
public class PurgeTests
{
    [Fact]
    public async Task Route_purge_finds_what_was_stored_under_another_table()
    {
        await using var edge = await DeliveryHarness.StartAsync(CachingTests.Page("max-age=60"));
        await edge.GetAsync("/news/a");
        await edge.GetAsync("/other");
        edge.Plane.UpdateRoutes(RouteTable.Create([new Route("127.0.0.1/news/*", edge.Origin, Contract.Available)]));
        Assert.Equal(1, edge.Plane.Purge(new PurgeRequest { Route = "127.0.0.1/news/*" }));
        Assert.Equal(1, edge.Plane.Stats.Objects);
        Assert.Throws<ArgumentException>(() => edge.Plane.Purge(new PurgeRequest { Route = "no pattern" }));
    }

    [Theory]
    [InlineData("available", 200, "hit", 1)]
    [InlineData("bounded", 200, "fwd=stale", 2)]
    [InlineData("strict", 200, "fwd=stale", 2)]
    public async Task Plane_that_hears_no_purges_trusts_what_it_holds_for_a_lease_only(string contract, int status, string mark, int requests)
    {
        await using var edge = await DeliveryHarness.StartAsync(CachingTests.Page("max-age=600"), contract: Of(contract));
        await edge.GetAsync("/a");
        edge.Plane.InTouch(false);
        edge.Time.Advance(TimeSpan.FromSeconds(4));
        Assert.Contains("; hit; ttl", (await edge.GetAsync("/a")).CacheStatus, StringComparison.Ordinal);
        edge.Time.Advance(TimeSpan.FromSeconds(1));
        var reply = await edge.GetAsync("/a");
        Assert.Equal((status, requests), (reply.Status, edge.OriginRequests));
        Assert.Contains(mark, reply.CacheStatus, StringComparison.Ordinal);
        Assert.Equal(contract == "available", reply.CacheStatus.Contains("detail=unverified", StringComparison.Ordinal));
        edge.Plane.InTouch(true);
        edge.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.Contains("; hit; ttl", (await edge.GetAsync("/a")).CacheStatus, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("available", 200)]
    [InlineData("bounded", 502)]
    [InlineData("strict", 502)]
    public async Task Unverified_copy_does_not_stand_in_for_an_origin_that_is_away(string contract, int status)
    {
        await using var edge = await DeliveryHarness.StartAsync(CachingTests.Page("max-age=600"), contract: Of(contract));
        await edge.GetAsync("/a");
        edge.Plane.InTouch(false);
        edge.Time.Advance(TimeSpan.FromSeconds(6));
        edge.Plane.UpdateRoutes(RouteTable.Create([new Route("127.0.0.1/*", new Uri("http://127.0.0.1:1"), Of(contract))]));
        Assert.Equal(status, (await edge.GetAsync("/a")).Status);
    }

    [Fact]
    public void Unsafe_requests_do_not_push_purges_out_of_the_log()
    {
        PurgeLog log = new(2);
        var began = log.Sequence;
        log.Add([PurgeNames.OfKey("http://h/purged")]);
        for (var i = 0; i < 1_000; i++)
        {
            log.Invalidate([PurgeNames.OfKey($"http://h/{i}")]);
        }

        Assert.True(log.Voids(began, "http://h/purged", []));
        Assert.True(log.Voids(began, "http://h/999", []));
        Assert.False(log.Voids(began, "http://h/untouched", []));
    }

    [Fact]
    public void Purge_of_a_route_voids_what_is_on_its_way()
    {
        PurgeLog log = new(10);
        var began = log.Sequence;
        log.Add([], RoutePattern.Parse("*.example/news/*", out _));
        Assert.True(log.Voids(began, "http://a.example:8080/news/x?q", []));
        Assert.False(log.Voids(began, "http://a.example/sport", []));
        Assert.False(log.Voids(log.Sequence, "http://a.example/news/x", []));
    }

    private static Contract Of(string contract) =>
        contract switch { "available" => Contract.Available, "bounded" => Contract.Bounded(TimeSpan.FromMinutes(1)), _ => Contract.Strict };
}
