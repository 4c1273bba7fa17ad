using Microsoft.AspNetCore.Http;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Routes;

namespace Millrace.Delivery.Tests.Purge;

/// <summary>DESIGN §2, cell by cell, on virtual time: what a route's contract makes of a copy, of its origin, and of a feed that may be cut off.</summary>
public class ContractTests
{
    private static readonly TimeSpan Lease = new DeliveryOptions().PurgeLease;

    /// <summary>The page is fresh for 60 s; stale means 30 s past that, expired 90 s past; bounded allows 60 s past.</summary>
    [Theory]
    [InlineData("available", "present", "kept", "fresh", 200, "Millrace; hit; ttl=50")]
    [InlineData("bounded", "present", "kept", "fresh", 200, "Millrace; hit; ttl=50")]
    [InlineData("strict", "present", "kept", "fresh", 200, "Millrace; hit; ttl=50")]
    [InlineData("available", "away", "kept", "fresh", 200, "Millrace; hit; ttl=50")]
    [InlineData("bounded", "away", "kept", "fresh", 200, "Millrace; hit; ttl=50")]
    [InlineData("strict", "away", "kept", "fresh", 200, "Millrace; hit; ttl=50")]
    [InlineData("available", "present", "kept", "stale", 200, "Millrace; fwd=stale; fwd-status=200; stored; ttl=60")]
    [InlineData("bounded", "present", "kept", "stale", 200, "Millrace; fwd=stale; fwd-status=200; stored; ttl=60")]
    [InlineData("strict", "present", "kept", "stale", 200, "Millrace; fwd=stale; fwd-status=200; stored; ttl=60")]
    [InlineData("available", "away", "kept", "stale", 200, "Millrace; fwd=stale; ttl=-30; detail=originUnreachable")]
    [InlineData("bounded", "away", "kept", "stale", 200, "Millrace; fwd=stale; ttl=-30; detail=originUnreachable")]
    [InlineData("strict", "away", "kept", "stale", 502, "Millrace; fwd=stale; detail=originUnreachable")]
    [InlineData("available", "away", "kept", "expired", 200, "Millrace; fwd=stale; ttl=-90; detail=originUnreachable")]
    [InlineData("bounded", "away", "kept", "expired", 502, "Millrace; fwd=stale; detail=originUnreachable")]
    [InlineData("strict", "away", "kept", "expired", 502, "Millrace; fwd=stale; detail=originUnreachable")]
    [InlineData("available", "present", "lost", "fresh", 200, "Millrace; hit; ttl=50; detail=unverified")]
    [InlineData("bounded", "present", "lost", "fresh", 200, "Millrace; fwd=stale; fwd-status=200; stored; ttl=60; detail=unverified")]
    [InlineData("strict", "present", "lost", "fresh", 200, "Millrace; fwd=stale; fwd-status=200; stored; ttl=60; detail=unverified")]
    [InlineData("available", "away", "lost", "fresh", 200, "Millrace; hit; ttl=50; detail=unverified")]
    [InlineData("bounded", "away", "lost", "fresh", 502, "Millrace; fwd=stale; detail=originUnreachable")]
    [InlineData("strict", "away", "lost", "fresh", 502, "Millrace; fwd=stale; detail=originUnreachable")]
    [InlineData("available", "present", "lost", "stale", 200, "Millrace; fwd=stale; fwd-status=200; stored; ttl=60")]
    [InlineData("bounded", "present", "lost", "stale", 200, "Millrace; fwd=stale; fwd-status=200; stored; ttl=60; detail=unverified")]
    [InlineData("strict", "present", "lost", "stale", 200, "Millrace; fwd=stale; fwd-status=200; stored; ttl=60; detail=unverified")]
    [InlineData("available", "away", "lost", "stale", 200, "Millrace; fwd=stale; ttl=-30; detail=unverified")]
    [InlineData("bounded", "away", "lost", "stale", 502, "Millrace; fwd=stale; detail=originUnreachable")]
    [InlineData("strict", "away", "lost", "stale", 502, "Millrace; fwd=stale; detail=originUnreachable")]
    public async Task Contract_decides_what_a_copy_is_good_for(string contract, string origin, string touch, string copy, int status, string cacheStatus)
    {
        await using var edge = await FollowingEdge.StartAsync(CachingTests.Page("max-age=60"), Of(contract));
        await edge.GetAsync("/a");
        if (touch == "lost")
        {
            edge.Feed.Cut();
        }

        await edge.AdvanceAsync(copy switch { "fresh" => TimeSpan.FromSeconds(10), "stale" => TimeSpan.FromSeconds(90), _ => TimeSpan.FromSeconds(150) });
        if (origin == "away")
        {
            edge.MoveOrigin(new Uri("http://127.0.0.1:1"));
        }

        var reply = await edge.GetAsync("/a");
        Assert.Equal((status, cacheStatus), (reply.Status, reply.CacheStatus));
    }

    [Theory]
    [InlineData("available", "purged before")]
    [InlineData("bounded", "asked anew")]
    [InlineData("strict", "asked anew")]
    public async Task Acknowledged_purge_is_not_contradicted_after_the_lease_by_an_edge_that_is_cut_off(string contract, string expected)
    {
        var body = "purged before";
        await using var edge = await FollowingEdge.StartAsync(context =>
        {
            context.Response.Headers.CacheControl = "max-age=600";
            return context.Response.WriteAsync(body);
        }, Of(contract));
        await edge.GetAsync("/a");
        await edge.InTouchAsync();
        edge.Feed.Cut();
        body = "asked anew";

        // The edge never hears of it: its connection hangs, then breaks.
        edge.Feed.Add(new PurgeRequest { Urls = ["http://127.0.0.1/a"] });
        edge.Time.Advance(Lease - TimeSpan.FromMilliseconds(1));
        Assert.Equal("purged before", (await edge.GetAsync("/a")).Text);
        edge.Time.Advance(TimeSpan.FromMilliseconds(1));
        edge.Feed.Break();
        Assert.Equal(expected, (await edge.GetAsync("/a")).Text);
    }

    [Fact]
    public async Task Edge_back_in_touch_obeys_what_it_missed_before_it_trusts_again()
    {
        await using var edge = await FollowingEdge.StartAsync(CachingTests.Page("max-age=600"), Contract.Strict);
        await edge.GetAsync("/kept");
        await edge.GetAsync("/purged");
        edge.Feed.Cut();
        edge.Feed.Add(new PurgeRequest { Urls = [$"{edge.Edge}purged"] });
        edge.Time.Advance(TimeSpan.FromSeconds(30));
        edge.Feed.Heal();
        Assert.NotNull(await edge.ToldAsync());
        edge.Time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Null(await edge.ToldAsync());
        await edge.InTouchAsync();
        Assert.Contains("; hit; ", (await edge.GetAsync("/kept")).CacheStatus, StringComparison.Ordinal);
        Assert.Contains("fwd=uri-miss", (await edge.GetAsync("/purged")).CacheStatus, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Waiter_on_a_feed_that_breaks_is_told_so()
    {
        await using var edge = await FollowingEdge.StartAsync(CachingTests.Page("max-age=600"), Contract.Strict);
        edge.Feed.Cut();
        var waiting = edge.Follower.WaitAsync(edge.Feed.Add(new PurgeRequest { Keys = ["k"] }), TestContext.Current.CancellationToken);
        edge.Feed.Break();
        await Assert.ThrowsAsync<IOException>(() => waiting);
        Assert.NotNull(edge.Follower.Lost);
    }

    [Fact]
    public async Task Renewal_counts_from_when_it_was_sent_and_not_from_when_its_answer_came()
    {
        await using var edge = await FollowingEdge.StartAsync(CachingTests.Page("max-age=600"), Contract.Strict);
        await edge.GetAsync("/a");
        Assert.False(edge.Touch.IsUnverified(new Beginning(0, 0, PurgeTouch.Never)));
        var sent = edge.Time.GetTimestamp();
        edge.Time.Advance(Lease - TimeSpan.FromMilliseconds(1));
        edge.Touch.Renew(sent);
        Assert.False(edge.Touch.IsUnverified(new Beginning(0, 0, PurgeTouch.Never)));
        edge.Time.Advance(TimeSpan.FromMilliseconds(1));
        edge.Touch.Renew(sent);
        Assert.True(edge.Touch.IsUnverified(new Beginning(0, 0, PurgeTouch.Never)));
        Assert.False(edge.Touch.IsUnverified(new Beginning(0, 0, sent + 1)));
    }

    private static Contract Of(string contract) =>
        contract switch { "available" => Contract.Available, "bounded" => Contract.Bounded(TimeSpan.FromMinutes(1)), _ => Contract.Strict };
}
