using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Routes;

namespace Millrace.Delivery.Tests.Purge;

/// <summary>A purge that an edge has acknowledged is not contradicted by a shield that has not heard of it. Real sockets; the shield's feed is held back.</summary>
public class PurgeThroughShieldTests
{
    private readonly SharedOrders _orders = new();
    private string _page = "old";
    private string? _tag;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Edge_that_is_purged_alone_does_not_get_its_shields_older_copy(bool soft)
    {
        await using var shield = await TierNode.ShieldAsync(Page, Held());
        await using var edge = await TierNode.EdgeAsync("edge", shield, Held());
        await edge.GetAsync("/a");
        _page = "new";
        await edge.ObeyAsync(Purge(new PurgeRequest { Urls = [Url("/a")], Soft = soft }));
        Assert.Equal("new", (await edge.GetAsync(shield, "/a")).Text);
        Assert.Equal((0, 2), (edge.Tier.Outdated, shield.Harness.OriginRequests));

        // Of what was not purged the shield's copy is as good as ever.
        Assert.Contains("fwd=uri-miss; fwd-status=200; stored; ttl", (await edge.GetAsync("/b")).CacheStatus, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shield_that_hears_of_the_purge_while_it_is_asked_answers_as_ever()
    {
        await using var shield = await TierNode.ShieldAsync(Page, Held());
        await using var edge = await TierNode.EdgeAsync("edge", shield, Held());
        await edge.GetAsync("/a");
        _page = "new";
        var next = Purge(new PurgeRequest { Urls = [Url("/a")] });
        await edge.ObeyAsync(next);
        var reply = edge.GetAsync("/a");
        await DeliveryHarness.UntilAsync(() => shield.Plane.Core.CatchingUp.Waiting == 1);
        await shield.ObeyAsync(next);
        Assert.Equal("new", (await reply).Text);
        Assert.Contains("fwd=uri-miss", (await reply).CacheStatus, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("url")]
    [InlineData("tag")]
    [InlineData("prefix")]
    [InlineData("route")]
    public async Task All_that_a_purge_can_name_is_asked_for_anew(string kind)
    {
        _tag = "news";
        await using var shield = await TierNode.ShieldAsync(Page, Held());
        await using var edge = await TierNode.EdgeAsync("edge", shield, Held());
        await shield.GetAsync("/a");
        _page = "new";
        await edge.ObeyAsync(Purge(kind switch
        {
            "url" => new PurgeRequest { Urls = [Url("/a")] },
            "tag" => new PurgeRequest { Keys = ["news"] },
            "prefix" => new PurgeRequest { Prefixes = [Url("/")] },
            _ => new PurgeRequest { Route = "*/*" },
        }));
        Assert.Equal("new", (await edge.GetAsync(shield, "/a")).Text);
    }

    /// <summary>A shield that follows no feed, or another's: its offsets mean nothing to the edge, and the edge's nothing to it.</summary>
    [Theory]
    [InlineData(null, true)]
    [InlineData(null, false)]
    [InlineData("another", true)]
    [InlineData("another", false)]
    public async Task Shield_with_another_feed_or_none_asks_the_origin_for_what_was_purged(string? feed, bool knowsPeers)
    {
        SharedOrders others = new();
        for (var i = 0; i < 100; i++)
        {
            others.Add(new PurgeRequest { Keys = ["unrelated"] });
        }

        await using var shield = await TierNode.ShieldAsync(Page, feed is null ? null : new HeldFeed(others, feed), knowsPeers);
        await using var first = await TierNode.EdgeAsync("first", shield, Held());
        await using var second = await TierNode.EdgeAsync("second", shield, Held());
        await first.GetAsync("/a");
        await second.GetAsync("/a");
        _page = "new";
        var next = Purge(new PurgeRequest { Urls = [Url("/a")] });
        await first.ObeyAsync(next);
        await second.ObeyAsync(next);
        Assert.Equal("new", (await first.GetAsync("/a")).Text);
        Assert.Equal("new", (await second.GetAsync("/a")).Text);

        // What the first edge said vouches for the copy that the second gets: but only where it surely was an edge.
        Assert.Equal(knowsPeers ? 2 : 3, shield.Harness.OriginRequests);
        Assert.Equal((0, 0), (first.Tier.Outdated, second.Tier.Outdated));
    }

    [Fact]
    public async Task Mark_of_somebody_who_is_no_peer_vouches_for_nothing()
    {
        await using var shield = await TierNode.ShieldAsync(Page, null, knowsPeers: false);
        await using var edge = await TierNode.EdgeAsync("edge", shield, Held());

        // Far ahead of all that was purged: had it been noted, the old copy would count as newer than what is purged next.
        await shield.GetAsync("/a", ("Millrace-Tier", "purges=1000000; feed=shared"));
        _page = "new";
        await edge.ObeyAsync(Purge(new PurgeRequest { Urls = [Url("/a")] }));
        Assert.Equal("new", (await edge.GetAsync("/a")).Text);
    }

    [Fact]
    public async Task Client_that_is_no_peer_cannot_say_what_was_purged()
    {
        await using var shield = await DeliveryHarness.StartAsync(Page, new DeliveryOptions { Peers = [System.Net.IPNetwork.Parse("10.0.0.0/8")] });
        await shield.GetAsync("/a");
        var reply = await shield.GetAsync("/a", ("Millrace-Tier", "timeout-ms=1000; purges=7; feed=shared"));
        Assert.Contains("; hit; ", reply.CacheStatus, StringComparison.Ordinal);
        Assert.False(reply.Headers.ContainsKey("Millrace-Tier"));
    }

    [Fact]
    public async Task Origin_cannot_vouch_as_a_shield_would()
    {
        // It stands behind a shield that knows of no purges, and its word must not reach the edge.
        await using var shield = await DeliveryHarness.StartAsync(context =>
        {
            context.Response.Headers["Millrace-Tier"] = "purges=1000; feed=shared";
            context.Response.Headers.CacheControl = "max-age=600";
            return context.Response.WriteAsync(_page);
        });
        var reply = await shield.GetAsync("/a");
        Assert.False(reply.Headers.ContainsKey("Millrace-Tier"));
        Assert.False((await shield.GetAsync("/a")).Headers.ContainsKey("Millrace-Tier"));
    }

    /// <summary>A node of an earlier release, or a foreign cache: it answers out of its store, and vouches for nothing.</summary>
    [Fact]
    public async Task Answer_that_nobody_vouches_for_is_left_where_its_object_was_purged()
    {
        await using var origin = await TierNode.ShieldAsync(Page, null);
        await using var old = await DeliveryHarness.StartAsync(static context =>
        {
            context.Response.Headers.CacheControl = "max-age=600";
            context.Response.Headers["Surrogate-Key"] = "news";
            return context.Response.WriteAsync("old");
        });
        await using var edge = await TierNode.EdgeAsync("edge", origin, Held());
        edge.Plane.UpdateRoutes(RouteTable.Create([new Route("*/*", origin.Harness.Origin, Contract.Available) { Shields = new() { Name = "s", Members = [new(old.Origin)] } }]));
        _page = "new";
        Assert.Equal("old", (await edge.GetAsync("/a")).Text);
        await edge.ObeyAsync(Purge(new PurgeRequest { Keys = ["other"] }));
        Assert.Equal("old", (await edge.GetAsync("/b")).Text);
        await edge.ObeyAsync(Purge(new PurgeRequest { Keys = ["news"] }));
        Assert.Equal("new", (await edge.GetAsync("/a")).Text);
        Assert.Equal("new", (await edge.GetAsync("/b")).Text);
        Assert.Equal(2, edge.Tier.Outdated);
    }

    /// <summary>A 304 says nothing of tags, so nobody can tell whether a purge by tag names what it validates.</summary>
    [Fact]
    public async Task Validation_that_nobody_vouches_for_renews_nothing_that_a_tag_may_have_made_stale()
    {
        await using var origin = await TierNode.ShieldAsync(Page, null);
        await using var old = await DeliveryHarness.StartAsync(static context =>
        {
            context.Response.Headers.ETag = "\"3o\"";
            context.Response.Headers.CacheControl = "max-age=600";
            if (context.Request.Headers.IfNoneMatch.Count > 0)
            {
                context.Response.StatusCode = 304;
                return Task.CompletedTask;
            }

            context.Response.Headers["Surrogate-Key"] = "news";
            return context.Response.WriteAsync("old");
        });
        await using var edge = await TierNode.EdgeAsync("edge", origin, Held());
        edge.Plane.UpdateRoutes(RouteTable.Create([new Route("*/*", origin.Harness.Origin, Contract.Available) { Shields = new() { Name = "s", Members = [new(old.Origin)] } }]));
        Assert.Equal("old", (await edge.GetAsync("/a")).Text);
        _page = "new";
        await edge.ObeyAsync(Purge(new PurgeRequest { Keys = ["news"], Soft = true }));
        edge.Harness.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("new", (await edge.GetAsync("/a")).Text);
    }

    [Fact]
    public async Task Edge_that_restarts_takes_nothing_that_is_older_than_the_purges_before()
    {
        await using var shield = await TierNode.ShieldAsync(Page, Held());
        await shield.GetAsync("/a");
        _page = "new";
        Purge(new PurgeRequest { Urls = [Url("/a")] });
        HeldFeed feed = Held();
        feed.Release(_orders.End);
        await using var edge = await TierNode.EdgeAsync("edge", shield, feed);
        Assert.Equal("new", (await edge.GetAsync(shield, "/a")).Text);
    }

    /// <summary>What a soft purge made stale leaves the shield with fields that say it is fresh.</summary>
    [Fact]
    public async Task Shield_gives_an_edge_nothing_stale_that_a_soft_purge_named()
    {
        await using var shield = await TierNode.ShieldAsync(Page, Held());
        await using var edge = await TierNode.EdgeAsync("edge", shield, Held());
        await edge.GetAsync("/a", ("X-Age", "max-age=600, stale-while-revalidate=600"));
        _page = "new";
        var next = Purge(new PurgeRequest { Urls = [Url("/a")], Soft = true });
        await edge.ObeyAsync(next);
        await shield.ObeyAsync(next);
        edge.Harness.Time.Advance(TimeSpan.FromSeconds(1));
        shield.Harness.Time.Advance(TimeSpan.FromSeconds(1));

        // The edge itself may serve stale, and renews behind: what it then gets must be the new one.
        Assert.Equal("old", (await edge.GetAsync("/a")).Text);
        await edge.Harness.SettledAsync();
        Assert.Equal("new", (await edge.GetAsync("/a")).Text);
    }

    [Theory]
    [InlineData("bytes=0-9")]
    [InlineData("bytes=5000-5009")]
    public async Task Slice_of_what_was_purged_is_of_the_new_one(string range)
    {
        _page = new string('o', 10_000);
        await using var shield = await TierNode.ShieldAsync(Page, Held());
        await using var edge = await TierNode.EdgeAsync("edge", shield, Held());
        Assert.Equal("oooooooooo", (await edge.GetAsync("/a", ("Range", range))).Text);
        _page = new string('n', 10_000);
        await edge.ObeyAsync(Purge(new PurgeRequest { Urls = [Url("/a")] }));
        Assert.Equal("nnnnnnnnnn", (await edge.GetAsync(shield, "/a", ("Range", range))).Text);
        Assert.Equal("nnnnnnnnnn", (await edge.GetAsync(shield, "/a", ("Range", "bytes=9000-9009"))).Text);
    }

    /// <summary>The lease of an edge that is cut off does not begin anew with what a shield, cut off as well, still has.</summary>
    [Fact]
    public async Task Strict_edge_that_is_cut_off_asks_the_origin_and_not_the_shield()
    {
        await using var shield = await TierNode.ShieldAsync(Page, Held(), lease: TimeSpan.FromHours(1));
        await using var edge = await TierNode.EdgeAsync("edge", shield, Held(), Contract.Strict);
        await shield.GetAsync("/a");
        _page = "new";
        Purge(new PurgeRequest { Urls = [Url("/a")] });
        edge.Harness.Time.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal("old", (await edge.GetAsync("/a")).Text);
        edge.Harness.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("new", (await edge.GetAsync("/a")).Text);
        Assert.Equal(1, edge.Tier.Outdated);
    }

    /// <summary>A node that is edge and shield: what it got from its own shield may have left the origin before it heard of anything.</summary>
    [Fact]
    public async Task Copy_that_came_by_a_shield_is_vouched_for_by_nothing_that_was_heard_meanwhile()
    {
        (string, string) mark = ("Millrace-Tier", "timeout-ms=1000; purges=1; feed=another");
        await using var shield = await TierNode.ShieldAsync(Page, null);
        await using var middle = await TierNode.EdgeAsync("middle", shield, null);
        await shield.GetAsync("/a");
        _page = "new";
        await middle.GetAsync("/b", mark);
        Assert.Equal("old", (await middle.GetAsync("/a")).Text);
        Assert.Equal("new", (await middle.GetAsync("/a", mark)).Text);
    }

    [Fact]
    public async Task Head_through_a_shield_renews_no_copy_against_a_purge()
    {
        await using var shield = await TierNode.ShieldAsync(Page, Held());
        await using var edge = await TierNode.EdgeAsync("edge", shield, Held());
        await edge.GetAsync("/a");
        _page = "newer";
        await edge.ObeyAsync(Purge(new PurgeRequest { Urls = [Url("/a")], Soft = true }));
        var sending = edge.Harness.SendAsync(HttpMethod.Head, "/a", null, ("Host", TierNode.Site));
        await DeliveryHarness.UntilAsync(() => shield.Plane.Core.CatchingUp.Waiting == 1);
        shield.Harness.Time.Advance(CatchingUp.Patience);
        using var head = await sending;
        Assert.Equal(5, head.Content.Headers.ContentLength);
        Assert.Equal("newer", (await edge.GetAsync(shield, "/a")).Text);
    }

    private HeldFeed Held() => new(_orders, "shared");

    private long Purge(PurgeRequest purge) => _orders.Add(purge) + 1;

    private static string Url(string path) => $"http://{TierNode.Site}{path}";

    private Task Page(HttpContext context)
    {
        var (page, response) = (_page, context.Response);
        response.Headers.CacheControl = context.Request.Headers["X-Age"] is [{ } age] ? age : "max-age=600";
        if (_tag is not null)
        {
            response.Headers["Surrogate-Key"] = _tag;
        }

        EntityTagHeaderValue tag = new($"\"{page.Length}{page[0]}\"");
        return Results.Bytes(Encoding.Latin1.GetBytes(page), "text/plain", enableRangeProcessing: true, entityTag: tag).ExecuteAsync(context);
    }
}
