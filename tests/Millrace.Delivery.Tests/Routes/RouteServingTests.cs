using System.Collections.Frozen;
using System.Collections.Immutable;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Routes;

namespace Millrace.Delivery.Tests.Routes;

/// <summary>A route's rules at work on requests over sockets.</summary>
public class RouteServingTests
{
    private readonly List<string> _asked = [];

    [Fact]
    public async Task What_does_not_count_reaches_neither_key_nor_origin()
    {
        await using var edge = await StartAsync(route => route with { Target = new TargetRules { IgnoredQuery = ["utm_*"], SortQuery = true } });
        await edge.GetAsync("/a?utm_source=evil&b=2&a=1");
        Assert.Contains("hit", (await edge.GetAsync("/a?a=1&b=2&utm_medium=mail")).CacheStatus, StringComparison.Ordinal);
        Assert.Equal(["/a?a=1&b=2"], _asked);
        Assert.Equal(1, edge.Plane.Purge(new PurgeRequest { Urls = [$"{edge.Edge}a?b=2&utm_x&a=1"] }));
    }

    [Fact]
    public async Task Operator_may_send_what_does_not_count()
    {
        await using var edge = await StartAsync(route => route with { Target = new TargetRules { IgnoredQuery = ["debug"], SendIgnored = true } });
        await edge.GetAsync("/a?debug=1&x=2");
        Assert.Contains("hit", (await edge.GetAsync("/a?x=2")).CacheStatus, StringComparison.Ordinal);
        Assert.Equal(["/a?debug=1&x=2"], _asked);
    }

    [Fact]
    public async Task Spellings_of_one_path_are_one_object()
    {
        await using var edge = await StartAsync(route => route);
        await edge.GetAsync("/%7euser/%c3%a4");
        Assert.Contains("hit", (await edge.GetAsync("/~user/%C3%A4")).CacheStatus, StringComparison.Ordinal);
        Assert.Equal(["/~user/%C3%A4"], _asked);
        Assert.Equal(1, edge.Plane.Purge(new PurgeRequest { Prefixes = [$"{edge.Edge}%7Euser/"] }));
    }

    [Fact]
    public async Task Escaped_spelling_of_a_path_passes_by_the_rules_of_its_own_route()
    {
        await using var edge = await StartAsync(route => route);
        edge.Plane.UpdateRoutes(RouteTable.Create(
        [
            new Route("127.0.0.1/*", edge.Origin, Contract.Available) { Target = new TargetRules { FoldPathCase = true } },
            new Route("127.0.0.1/admin/*", edge.Origin, Contract.Available) { Methods = ["POST"] },
        ]));
        Assert.Equal(405, (await edge.GetAsync("/%61dmin/x")).Status);
        Assert.Equal(405, (await edge.GetAsync("/ADMIN/x")).Status);
        await edge.GetAsync("/Shop/A?Q");
        Assert.Contains("hit", (await edge.GetAsync("/shop/a?Q")).CacheStatus, StringComparison.Ordinal);
        Assert.Equal(["/shop/a?Q"], _asked);
    }

    [Fact]
    public async Task Signed_route_serves_signed_urls_until_they_expire()
    {
        SigningKey key = new("k1", new byte[32]);
        await using var edge = await StartAsync(route => route with { Signing = new SigningRules { Keys = [key] } });
        var url = new Uri(UrlSignature.Sign($"{edge.Edge}film?q=hd", key, edge.Time.GetUtcNow().AddSeconds(60))).PathAndQuery;
        Assert.Equal(200, (await edge.GetAsync(url)).Status);
        var other = new Uri(UrlSignature.Sign($"{edge.Edge}film?q=hd", key, edge.Time.GetUtcNow().AddSeconds(90))).PathAndQuery;
        Assert.Contains("hit", (await edge.GetAsync(other)).CacheStatus, StringComparison.Ordinal);
        Assert.Equal(["/film?q=hd"], _asked);
        edge.Time.Advance(TimeSpan.FromSeconds(60));
        var expired = await edge.GetAsync(url);
        Assert.Equal((403, "urn:millrace:signatureExpired"), (expired.Status, Problem(expired)));
        Assert.Equal("urn:millrace:signatureMissing", Problem(await edge.GetAsync("/film?q=hd")));
        Assert.Equal("urn:millrace:signatureInvalid", Problem(await edge.GetAsync(other.Replace("film", "filn", StringComparison.Ordinal))));
    }

    [Fact]
    public async Task Method_that_the_route_does_not_take_is_told_which_are()
    {
        await using var edge = await StartAsync(route => route with { Methods = ["GET", "HEAD"] });
        using var response = await edge.SendAsync(HttpMethod.Post, "/a", null);
        var refused = await Reply.OfAsync(response);
        Assert.Equal((405, "GET, HEAD", "urn:millrace:methodNotAllowed"), (refused.Status, refused.Headers["Allow"], Problem(refused)));
        Assert.Empty(_asked);
    }

    [Fact]
    public async Task Fields_change_before_anything_is_decided_about_them()
    {
        await using var edge = await StartAsync(
            route => route with
            {
                RequestFields = new FieldChanges { Remove = ["Cookie"], Set = [new("X-Edge", "one")] },
                ResponseFields = new FieldChanges { Remove = ["Set-Cookie"], Set = [new("X-Served", "edge")] },
            },
            context =>
            {
                context.Response.Headers.SetCookie = "a=b";
                context.Response.Headers["X-Saw"] = $"{context.Request.Headers["X-Edge"]} {context.Request.Headers.Cookie}|";
            });
        var first = await edge.GetAsync("/a", ("Cookie", "me"));
        Assert.Equal(("one |", "edge", false), (first.Headers["X-Saw"], first.Headers["X-Served"], first.Headers.ContainsKey("Set-Cookie")));
        Assert.Contains("hit", (await edge.GetAsync("/a", ("Cookie", "you"))).CacheStatus, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Route_that_stores_nothing_says_so()
    {
        await using var edge = await StartAsync(route => route with { Cacheable = false });
        Assert.Equal("Millrace; fwd=bypass; fwd-status=200; detail=notCacheable", (await edge.GetAsync("/a")).CacheStatus);
        await edge.GetAsync("/a");
        Assert.Equal((2, 0), (_asked.Count, edge.Plane.Stats.Objects));
    }

    [Fact]
    public async Task Errors_are_remembered_for_as_long_as_the_operator_says()
    {
        await using var edge = await StartAsync(
            route => route with { Lifetimes = new LifetimeRules { Negative = new Dictionary<string, TimeSpan> { ["404"] = TimeSpan.FromSeconds(10), ["5xx"] = TimeSpan.FromSeconds(2) }.ToFrozenDictionary() } },
            context =>
            {
                context.Response.Headers.Remove("Cache-Control");
                context.Response.StatusCode = context.Request.Path == "/gone" ? 404 : 500;
            });
        foreach (var (path, seconds) in ((string, int)[])[("/gone", 10), ("/broken", 2)])
        {
            // Each time anew: what was remembered is no reason to forget sooner.
            for (var round = 0; round < 3; round++)
            {
                Assert.DoesNotContain("hit", (await edge.GetAsync(path)).CacheStatus, StringComparison.Ordinal);
                edge.Time.Advance(TimeSpan.FromSeconds(seconds - 1));
                Assert.Contains("hit; ttl=1", (await edge.GetAsync(path)).CacheStatus, StringComparison.Ordinal);
                edge.Time.Advance(TimeSpan.FromSeconds(1));
            }
        }
    }

    [Fact]
    public async Task Lifetimes_are_the_operators_and_prohibitions_the_origins()
    {
        var cacheControl = "max-age=0";
        await using var edge = await StartAsync(
            route => route with { Lifetimes = new LifetimeRules { Min = TimeSpan.FromSeconds(10), Max = TimeSpan.FromSeconds(20) } }, context => context.Response.Headers.CacheControl = cacheControl);
        Assert.Contains("ttl=10", (await edge.GetAsync("/zero")).CacheStatus, StringComparison.Ordinal);
        cacheControl = "max-age=600";
        Assert.Contains("ttl=20", (await edge.GetAsync("/long")).CacheStatus, StringComparison.Ordinal);
        cacheControl = "no-store, max-age=600";
        Assert.Contains("detail=noStore", (await edge.GetAsync("/never")).CacheStatus, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Route_names_the_fields_that_speak_to_this_cache()
    {
        await using var edge = await StartAsync(route => route with { TargetedFields = ["Shop-Cache-Control"] }, context =>
        {
            context.Response.Headers["Shop-Cache-Control"] = "max-age=7";
            context.Response.Headers["CDN-Cache-Control"] = "max-age=9";
        });
        Assert.Contains("ttl=7", (await edge.GetAsync("/a")).CacheStatus, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Object_larger_than_the_route_keeps_streams_through()
    {
        await using var edge = await StartAsync(route => route with { MaxObjectBytes = 3 });
        Assert.Equal("page", (await edge.GetAsync("/a")).Text);
        Assert.Equal(0, edge.Plane.Stats.Objects);
    }

    private static string Problem(Reply reply) => (string)System.Text.Json.Nodes.JsonNode.Parse(reply.Text)!["type"]!;

    private async Task<DeliveryHarness> StartAsync(Func<Route, Route> rules, Action<HttpContext>? answer = null)
    {
        var edge = await DeliveryHarness.StartAsync(context =>
        {
            lock (_asked)
            {
                _asked.Add(context.Features.Get<IHttpRequestFeature>()!.RawTarget);
            }

            context.Response.Headers.CacheControl = "max-age=60";
            answer?.Invoke(context);
            return context.Response.WriteAsync("page");
        });
        edge.Plane.UpdateRoutes(RouteTable.Create([rules(new Route("127.0.0.1/*", edge.Origin, Contract.Available))]));
        return edge;
    }
}
