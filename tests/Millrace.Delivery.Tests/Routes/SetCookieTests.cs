using Microsoft.AspNetCore.Http;
using Millrace.Delivery.Routes;

namespace Millrace.Delivery.Tests.Routes;

/// <summary>What a route may do with answers that set cookies (decision 0011): the default lends nobody's cookie to another, and no rule but one does.</summary>
public class SetCookieTests
{
    [Theory]
    [InlineData(SetCookieRule.Pass, "id=1", "id=2", 2)]
    [InlineData(SetCookieRule.Strip, "id=1", null, 1)]
    [InlineData(SetCookieRule.Store, "id=1", "id=1", 1)]
    public async Task Cookies_go_where_the_route_says(SetCookieRule rule, string first, string? second, int asked)
    {
        await using var edge = await StartAsync(rule, "max-age=60");
        Assert.Equal(first, Cookie(await edge.GetAsync("/a")));
        await edge.SettledAsync();
        Assert.Equal((second, asked), (Cookie(await edge.GetAsync("/a")), edge.OriginRequests));
        Assert.Equal(rule.ToString().ToLowerInvariant(), edge.Plane.Explain($"{edge.Edge}a", [])!.SetCookie);
    }

    [Theory]
    [InlineData(SetCookieRule.Pass, "id=2", "id=3")]
    [InlineData(SetCookieRule.Strip, "id=2", null)]
    [InlineData(SetCookieRule.Store, "id=2", "id=2")]
    public async Task Cookies_of_a_304_go_the_same_way(SetCookieRule rule, string validated, string? next)
    {
        await using var edge = await StartAsync(rule, "max-age=60", firstSets: false);
        await edge.GetAsync("/a");
        edge.Time.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal(validated, Cookie(await edge.GetAsync("/a")));
        await edge.SettledAsync();
        Assert.Equal(next, Cookie(await edge.GetAsync("/a")));
    }

    [Fact]
    public async Task Copy_that_sets_cookies_is_of_no_use_once_its_route_stores_none()
    {
        await using var edge = await StartAsync(SetCookieRule.Store, "max-age=60");
        await edge.GetAsync("/a");
        await edge.SettledAsync();
        edge.Plane.UpdateRoutes(RouteTable.Create([new Route("127.0.0.1/*", edge.Origin, Contract.Available)]));
        Assert.Equal("id=2", Cookie(await edge.GetAsync("/a")));
        Assert.Equal(0, edge.Plane.Stats.Objects);
    }

    [Fact]
    public async Task Storing_cookies_opens_nothing_else()
    {
        await using var edge = await StartAsync(SetCookieRule.Store, "private, max-age=60");
        await edge.GetAsync("/a");
        Assert.Equal("id=2", Cookie(await edge.GetAsync("/a")));
        await edge.GetAsync("/b", ("Authorization", "Basic x"));
        Assert.Equal("id=4", Cookie(await edge.GetAsync("/b")));
    }

    private static string? Cookie(Reply reply) => reply.Headers.GetValueOrDefault("Set-Cookie");

    /// <summary>An origin that hands out numbered cookies, and validates its one tag.</summary>
    private static async Task<DeliveryHarness> StartAsync(SetCookieRule rule, string control, bool firstSets = true)
    {
        var asked = 0;
        var edge = await DeliveryHarness.StartAsync(context =>
        {
            asked++;
            context.Response.Headers.CacheControl = control;
            context.Response.Headers.ETag = "\"v1\"";
            if (firstSets || asked > 1)
            {
                context.Response.Headers.SetCookie = $"id={asked}";
            }

            if (context.Request.Headers.IfNoneMatch == "\"v1\"")
            {
                context.Response.StatusCode = 304;
                return Task.CompletedTask;
            }

            return context.Response.WriteAsync("page");
        });
        edge.Plane.UpdateRoutes(RouteTable.Create([new Route("127.0.0.1/*", edge.Origin, Contract.Available) { SetCookie = rule }]));
        return edge;
    }
}
