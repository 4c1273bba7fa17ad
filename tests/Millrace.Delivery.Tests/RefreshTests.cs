using Microsoft.AspNetCore.Http;

namespace Millrace.Delivery.Tests;

/// <summary>What a 304 may and may not do to the copy that everybody shares.</summary>
public class RefreshTests
{
    [Fact]
    public async Task Cookie_of_a_304_reaches_its_person_and_nobody_else()
    {
        await using var edge = await AfterStaleAsync(headers => headers.SetCookie = "session=alice");
        var alice = await edge.GetAsync("/a");
        Assert.Equal("session=alice", alice.Headers["Set-Cookie"]);
        Assert.Contains("detail=setCookie", alice.CacheStatus, StringComparison.Ordinal);
        Assert.Equal(0, edge.Plane.Stats.Objects);
        edge.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.False((await edge.GetAsync("/a", ("X-Plain", "1"))).Headers.ContainsKey("Set-Cookie"), "another's cookie");
    }

    [Theory]
    [InlineData("private, max-age=60")]
    [InlineData("no-store")]
    public async Task Copy_leaves_when_a_304_says_that_it_is_one_persons(string cacheControl)
    {
        await using var edge = await AfterStaleAsync(headers => headers.CacheControl = cacheControl);
        var reply = await edge.GetAsync("/a");
        Assert.Equal((200, "body"), (reply.Status, reply.Text));
        Assert.Equal(0, edge.Plane.Stats.Objects);
    }

    [Fact]
    public async Task Vary_of_a_304_counts_from_then_on()
    {
        await using var edge = await AfterStaleAsync(headers => headers.Vary = "Accept-Language");
        await edge.GetAsync("/a", ("Accept-Language", "de"));
        var before = edge.OriginRequests;
        Assert.Contains("hit", (await edge.GetAsync("/a", ("Accept-Language", "de"))).CacheStatus, StringComparison.Ordinal);
        await edge.GetAsync("/a", ("Accept-Language", "fr"));
        Assert.Equal(before + 1, edge.OriginRequests);
    }

    [Fact]
    public async Task Authorized_304_renews_nothing_and_removes_nothing()
    {
        await using var edge = await AfterStaleAsync(static _ => { });
        var reply = await edge.GetAsync("/a", ("Authorization", "secret"));
        Assert.Contains("detail=authorization", reply.CacheStatus, StringComparison.Ordinal);
        Assert.Equal(1, edge.Plane.Stats.Objects);
        Assert.Contains("fwd=stale; fwd-status=304", (await edge.GetAsync("/a")).CacheStatus, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Changed_fields_of_a_304_are_taken_and_those_of_the_bytes_are_not()
    {
        await using var edge = await AfterStaleAsync(headers =>
        {
            headers.CacheControl = "max-age=600";
            headers["X-Changed"] = "now";
            headers.ContentType = "text/new";
            headers.ContentEncoding = "wrong";
        });
        var renewed = await edge.GetAsync("/a");
        var hit = await edge.GetAsync("/a");
        Assert.Contains("fwd-status=304; stored; ttl=600", renewed.CacheStatus, StringComparison.Ordinal);
        Assert.False(renewed.Headers.ContainsKey("Age"), "validated for this request");
        Assert.Equal(("now", "text/new", "body", false), (hit.Headers["X-Changed"], hit.Headers["Content-Type"], hit.Text, hit.Headers.ContainsKey("Content-Encoding")));
    }

    [Theory]
    [InlineData("ETag", "W/\"other\"")]
    [InlineData("Last-Modified", "Mon, 23 Nov 2026 11:00:00 GMT")]
    public async Task A_304_about_another_representation_is_not_believed(string field, string value)
    {
        var body = "body";
        await using var edge = await DeliveryHarness.StartAsync(async context =>
        {
            context.Response.Headers.CacheControl = "max-age=60";
            if (context.Request.Headers.IfNoneMatch.Count > 0)
            {
                context.Response.Headers[field] = value;
                context.Response.StatusCode = 304;
                return;
            }

            context.Response.Headers.ETag = "\"v1\"";
            await context.Response.WriteAsync(body);
        });
        await edge.GetAsync("/a");
        edge.Time.Advance(TimeSpan.FromSeconds(61));
        body = "other";
        Assert.Equal("other", (await edge.GetAsync("/a")).Text);
        Assert.Equal(3, edge.OriginRequests);
    }

    [Fact]
    public async Task A_304_that_nobody_asked_for_is_the_origins_fault()
    {
        await using var edge = await DeliveryHarness.StartAsync(context =>
        {
            context.Response.StatusCode = 304;
            return Task.CompletedTask;
        });
        var reply = await edge.GetAsync("/a");
        Assert.Equal(502, reply.Status);
        Assert.Contains("urn:millrace:originBroken", reply.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(200, "private", 0)]
    [InlineData(401, "", 0)]
    [InlineData(503, "", 1)]
    public async Task Copy_leaves_when_an_answer_takes_its_place_unstored(int status, string cacheControl, int left)
    {
        var replaced = false;
        await using var edge = await DeliveryHarness.StartAsync(async context =>
        {
            context.Response.StatusCode = replaced ? status : 200;
            context.Response.Headers.CacheControl = replaced ? cacheControl : "max-age=60";
            await context.Response.WriteAsync(replaced ? "new" : "old");
        });
        await edge.GetAsync("/a");
        replaced = true;
        edge.Time.Advance(TimeSpan.FromSeconds(61));
        await edge.GetAsync("/a");
        Assert.Equal(left, edge.Plane.Stats.Objects);
    }

    /// <summary>An edge that holds a stale copy of /a; the origin's 304 bears what the test adds, unless the request says X-Plain.</summary>
    private static async Task<DeliveryHarness> AfterStaleAsync(Action<IHeaderDictionary> add)
    {
        var edge = await DeliveryHarness.StartAsync(async context =>
        {
            context.Response.Headers.CacheControl = "max-age=60";
            context.Response.Headers.ETag = "\"v1\"";
            if (context.Request.Headers.IfNoneMatch == "\"v1\"")
            {
                context.Response.StatusCode = 304;
                add(context.Response.Headers);
                return;
            }

            context.Response.ContentType = "text/plain";
            await context.Response.WriteAsync("body");
        });
        await edge.GetAsync("/a");
        edge.Time.Advance(TimeSpan.FromSeconds(61));
        return edge;
    }

    [Fact]
    public async Task Renewal_behind_a_reply_asks_without_the_clients_directives()
    {
        var asked = new System.Collections.Concurrent.ConcurrentQueue<string>();
        await using var edge = await DeliveryHarness.StartAsync(async context =>
        {
            asked.Enqueue(context.Request.Headers.CacheControl.ToString());
            context.Response.Headers.CacheControl = "max-age=10, stale-while-revalidate=60";
            await context.Response.WriteAsync("page");
        });
        await edge.GetAsync("/a");
        await edge.SettledAsync();
        edge.Time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal("page", (await edge.GetAsync("/a", ("Cache-Control", "only-if-cached"))).Text);
        await edge.SettledAsync();
        Assert.Equal(["", ""], asked);
    }
}
