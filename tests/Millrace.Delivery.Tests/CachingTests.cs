using System.Globalization;
using Microsoft.AspNetCore.Http;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Routes;

namespace Millrace.Delivery.Tests;

public class CachingTests
{
    [Fact]
    public async Task Second_request_is_a_hit_with_age_and_the_same_bytes()
    {
        await using var edge = await DeliveryHarness.StartAsync(Page("max-age=60"));
        var first = await edge.GetAsync("/a?x=1&y=%20");
        edge.Time.Advance(TimeSpan.FromSeconds(7));
        var second = await edge.GetAsync("/a?x=1&y=%20");
        Assert.Equal(1, edge.OriginRequests);
        Assert.Equal(first.Body, second.Body);
        Assert.Equal("Millrace; fwd=uri-miss; fwd-status=200; stored; ttl=60", first.CacheStatus);
        Assert.False(first.Headers.ContainsKey("Age"), "straight from the origin");
        Assert.Equal("Millrace; hit; ttl=53", second.CacheStatus);
        Assert.Equal("7", second.Headers["Age"]);
        Assert.Equal(DeliveryOutcome.Miss, (await edge.RecordAsync()).Outcome);
        var record = await edge.RecordAsync();
        Assert.Equal((DeliveryOutcome.Hit, true, (long)second.Body.Length), (record.Outcome, record.Complete, record.BodyBytes));
    }

    [Fact]
    public async Task Expired_response_is_revalidated_and_a_304_renews_it()
    {
        await using var edge = await DeliveryHarness.StartAsync(Page("max-age=60", etag: "\"v1\""));
        var first = await edge.GetAsync("/a");
        edge.Time.Advance(TimeSpan.FromSeconds(61));
        var second = await edge.GetAsync("/a");
        var third = await edge.GetAsync("/a");
        Assert.Equal(2, edge.OriginRequests);
        Assert.Equal(first.Body, second.Body);
        Assert.Contains("fwd=stale; fwd-status=304", second.CacheStatus, StringComparison.Ordinal);
        Assert.StartsWith("Millrace; hit", third.CacheStatus, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("private, max-age=60", null, "private", "hitForMiss")]
    [InlineData("no-store", null, "noStore", "hitForMiss")]
    [InlineData("max-age=60", "Authorization", "authorization", "authorization")]
    public async Task What_is_one_persons_is_never_stored(string cacheControl, string? header, string detail, string thenDetail)
    {
        await using var edge = await DeliveryHarness.StartAsync(Page(cacheControl));
        (string, string)[] headers = header is null ? [] : [(header, "secret")];
        var first = await edge.GetAsync("/a", headers);
        var second = await edge.GetAsync("/a", headers);
        Assert.Equal(2, edge.OriginRequests);
        Assert.Contains($"detail={detail}", first.CacheStatus, StringComparison.Ordinal);
        Assert.Contains($"detail={thenDetail}", second.CacheStatus, StringComparison.Ordinal);
        Assert.Equal(0, edge.Plane.Stats.Objects);
    }

    [Fact]
    public async Task Set_cookie_is_passed_on_and_not_stored()
    {
        await using var edge = await DeliveryHarness.StartAsync(context =>
        {
            context.Response.Headers.SetCookie = new(["a=1", "b=2"]);
            return Page("max-age=60")(context);
        });
        var first = await edge.GetAsync("/a");
        Assert.Equal("a=1, b=2", first.Headers["Set-Cookie"]);
        Assert.Contains("detail=setCookie", first.CacheStatus, StringComparison.Ordinal);
        Assert.Equal(0, edge.Plane.Stats.Objects);
    }

    [Fact]
    public async Task Variants_never_leak()
    {
        await using var edge = await DeliveryHarness.StartAsync(async context =>
        {
            context.Response.Headers.CacheControl = "max-age=60";
            context.Response.Headers.Vary = "Accept-Language";
            await context.Response.WriteAsync("in " + context.Request.Headers.AcceptLanguage);
        });
        foreach (var language in (string[])["de", "en", "de", "en", "", "de"])
        {
            Assert.Equal("in " + language, (await edge.GetAsync("/a", language.Length == 0 ? [] : [("Accept-Language", language)])).Text);
        }

        Assert.Equal(3, edge.OriginRequests);
    }

    [Fact]
    public async Task Tag_reaches_the_sink_and_neither_origin_nor_key()
    {
        List<string> seen = [];
        await using var edge = await DeliveryHarness.StartAsync(context =>
        {
            seen.Add(context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget);
            return Page("max-age=60")(context);
        });
        await edge.GetAsync("/a?b=%2F&_mr=t0k.en&%5Fmr=kept&c");
        await edge.GetAsync("/a?b=%2F&%5Fmr=kept&c&_mr=other");
        Assert.Equal(["/a?b=%2F&%5Fmr=kept&c"], seen);
        Assert.Equal("t0k.en", (await edge.RecordAsync()).Tag);
        var second = await edge.RecordAsync();
        Assert.Equal(("other", DeliveryOutcome.Hit), (second.Tag, second.Outcome));
    }

    [Fact]
    public async Task Purge_by_url_key_and_route_voids_what_is_stored()
    {
        await using var edge = await DeliveryHarness.StartAsync(context =>
        {
            context.Response.Headers["Surrogate-Key"] = "front news";
            return Page("max-age=60")(context);
        });
        PurgeRequest[] purges =
        [
            new() { Urls = [$"{edge.Edge.Authority}/a?_mr=x"] }, new() { Urls = [$"{edge.Edge}a"] }, new() { Keys = ["news"] }, new() { Route = "127.0.0.1/*" },
        ];
        foreach (var purge in purges)
        {
            await edge.GetAsync("/a");
            Assert.Equal(1, edge.Plane.Purge(purge));
        }

        Assert.Equal(purges.Length, edge.OriginRequests);
        Assert.Equal(0, edge.Plane.Stats.StoreBytes);
    }

    [Theory]
    [InlineData("available", 10_000, 200)]
    [InlineData("bounded", 29, 200)]
    [InlineData("bounded", 31, 503)]
    [InlineData("strict", 1, 503)]
    public async Task Contract_decides_when_the_origin_fails(string contract, int pastSeconds, int status)
    {
        var down = false;
        await using var edge = await DeliveryHarness.StartAsync(
            context =>
            {
                context.Response.StatusCode = down ? 503 : 200;
                return down ? Task.CompletedTask : Page("max-age=60", etag: "\"v1\"")(context);
            },
            contract: contract switch { "available" => Contract.Available, "bounded" => Contract.Bounded(TimeSpan.FromSeconds(30)), _ => Contract.Strict });
        await edge.GetAsync("/a");
        down = true;
        edge.Time.Advance(TimeSpan.FromSeconds(60 + pastSeconds));
        var reply = await edge.GetAsync("/a");
        Assert.Equal(status, reply.Status);
        Assert.Contains("fwd=stale; fwd-status=503", reply.CacheStatus, StringComparison.Ordinal);
        Assert.Contains("detail=originError", reply.CacheStatus, StringComparison.Ordinal);
        Assert.Equal(status == 200, reply.Text.StartsWith("page", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Unsafe_method_passes_with_its_body_and_voids_the_stored_copy()
    {
        await using var edge = await DeliveryHarness.StartAsync(async context =>
        {
            if (HttpMethods.IsPost(context.Request.Method))
            {
                await context.Request.Body.CopyToAsync(context.Response.Body);
                return;
            }

            await Page("max-age=60")(context);
        });
        await edge.GetAsync("/a");
        var body = new byte[300_000];
        Array.Fill(body, (byte)7);
        using var posted = await edge.SendAsync(HttpMethod.Post, "/a", new ByteArrayContent(body));
        var reply = await Reply.OfAsync(posted);
        Assert.Equal(body, reply.Body);
        Assert.Contains("fwd=method", reply.CacheStatus, StringComparison.Ordinal);
        await edge.GetAsync("/a");
        Assert.Equal(3, edge.OriginRequests);
    }

    [Fact]
    public async Task Unreachable_origin_is_a_problem_that_says_so()
    {
        await using var edge = await DeliveryHarness.StartAsync(Page("max-age=60"));
        edge.Plane.UpdateRoutes(RouteTable.Create([new Route("127.0.0.1/*", new Uri("http://127.0.0.1:1"), Contract.Strict)]));
        var reply = await edge.GetAsync("/a");
        Assert.Equal((502, "application/problem+json"), (reply.Status, reply.Headers["Content-Type"]));
        Assert.Contains("urn:millrace:originUnreachable", reply.Text, StringComparison.Ordinal);
        edge.Plane.UpdateRoutes(RouteTable.Empty);
        Assert.Equal(404, (await edge.GetAsync("/a")).Status);
    }

    internal static RequestDelegate Page(string cacheControl, string? etag = null) => async context =>
    {
        context.Response.Headers.CacheControl = cacheControl;
        if (etag is not null)
        {
            context.Response.Headers.ETag = etag;
            if (context.Request.Headers.IfNoneMatch == etag)
            {
                context.Response.StatusCode = 304;
                return;
            }
        }

        await context.Response.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"page {context.Request.Path} {new string('x', 10_000)}"));
    };
}
