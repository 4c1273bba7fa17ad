using Millrace.Delivery.Keys;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Routes;

namespace Millrace.Delivery.Tests.Purge;

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

    [Fact]
    public async Task Prefix_with_a_query_is_refused_where_the_route_rewrites_queries()
    {
        await using var edge = await DeliveryHarness.StartAsync(CachingTests.Page("max-age=60"));
        await edge.GetAsync("/a?x=1&_mr=tag");
        await edge.SettledAsync();
        var prefix = $"{edge.Edge}a?x=";
        var refused = Assert.Throws<ArgumentException>(() => edge.Plane.Purge(new PurgeRequest { Prefixes = [$"{edge.Edge}a?_mr=tag"] }));
        Assert.Contains("tag or signature", refused.Message, StringComparison.Ordinal);
        foreach (var target in (TargetRules[])[new() { SortQuery = true }, new() { IgnoredQuery = ["utm_*"] }, new() { AllowedQuery = ["x"] }])
        {
            edge.Plane.UpdateRoutes(RouteTable.Create([new Route("127.0.0.1/*", edge.Origin, Contract.Available) { Target = target }]));
            refused = Assert.Throws<ArgumentException>(() => edge.Plane.Purge(new PurgeRequest { Prefixes = [prefix] }));
            Assert.Contains("rewrites queries", refused.Message, StringComparison.Ordinal);
        }

        edge.Plane.UpdateRoutes(RouteTable.Create([new Route("127.0.0.1/*", edge.Origin, Contract.Available)]));
        Assert.Equal(1, edge.Plane.Purge(new PurgeRequest { Prefixes = [prefix] }));
    }

    [Fact]
    public void Unsafe_requests_do_not_push_purges_out_of_the_log()
    {
        PurgeLog log = new(2, TimeProvider.System);
        var began = log.Now;
        log.Add(PurgeScope.OfKeys([CacheKey.Of("http://h/purged")]));
        for (var i = 0; i < 1_000; i++)
        {
            log.Invalidate([PurgeNames.OfKey(CacheKey.Of($"http://h/{i}"))]);
        }

        Assert.True(log.Touches(began, CacheKey.Of("http://h/purged"), []));
        Assert.True(log.Touches(began, CacheKey.Of("http://h/999"), []));
        Assert.False(log.Touches(began, CacheKey.Of("http://h/untouched"), []));
    }

    [Fact]
    public void Answer_to_an_unsafe_request_counts_from_its_own_invalidation_unless_another_came_between()
    {
        PurgeLog log = new(10, TimeProvider.System);
        CacheKey key = CacheKey.Of("http://h/a");
        UInt128[] names = [PurgeNames.OfKey(key)];
        var (first, second) = (log.Now, log.Now);
        var own = log.Invalidate(names, first, key);
        Assert.Equal(PurgeVerdict.Untouched, log.Judge(own!.Value, key, []));
        Assert.Equal(PurgeVerdict.Void, log.Judge(first, key, []));
        Assert.Null(log.Invalidate(names, second, key));
        Assert.Equal(PurgeVerdict.Void, log.Judge(own.Value, key, []));
        var third = log.Now;
        log.Add(PurgeScope.OfKeys([key]));
        Assert.Null(log.Invalidate(names, third, key));
    }

    [Fact]
    public void Purge_of_a_route_voids_what_is_on_its_way()
    {
        PurgeLog log = new(10, TimeProvider.System);
        var began = log.Now;
        log.Add(new PurgeScope([], [], [PurgePattern.OfRoute(RoutePattern.Parse("*.example/news/*", out _)!)], Soft: false));
        Assert.True(log.Touches(began, CacheKey.Of("http://a.example:8080/news/x?q"), []));
        Assert.False(log.Touches(began, CacheKey.Of("http://a.example/sport"), []));
        Assert.False(log.Touches(log.Now, CacheKey.Of("http://a.example/news/x"), []));
    }
}
