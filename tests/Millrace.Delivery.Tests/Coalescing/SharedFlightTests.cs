using Microsoft.AspNetCore.Http;

namespace Millrace.Delivery.Tests.Coalescing;

/// <summary>What waiters of one flight have of it, how they wait, and when what could not be shared may be again.</summary>
public class SharedFlightTests
{
    [Fact]
    public async Task What_became_cacheable_again_is_stored_at_once_and_shared_from_then_on()
    {
        var isPrivate = true;
        await using var edge = await DeliveryHarness.StartAsync(async context =>
        {
            context.Response.Headers.CacheControl = isPrivate ? "private" : "max-age=60";
            context.Response.Headers.ETag = "\"v1\"";
            await context.Response.WriteAsync("page");
        });
        await edge.GetAsync("/a");
        Assert.Equal("Millrace; fwd=uri-miss; fwd-status=200; detail=hitForMiss", (await edge.GetAsync("/a")).CacheStatus);
        isPrivate = false;
        Assert.Equal("Millrace; fwd=uri-miss; fwd-status=200; stored; ttl=60", (await edge.GetAsync("/a")).CacheStatus);
        await edge.SettledAsync();
        Assert.Equal("Millrace; hit; ttl=60", (await edge.GetAsync("/a")).CacheStatus);
        Assert.Equal((3, 1), (edge.OriginRequests, edge.Plane.Stats.Objects));

        // The mark is gone with it: once the copy is purged, ten misses are one request again.
        edge.Plane.Purge(new Millrace.Delivery.Purge.PurgeRequest { Urls = [$"{edge.Edge}a"] });
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => edge.GetAsync("/a")));
        await edge.SettledAsync();
        Assert.DoesNotContain("hitForMiss", (await edge.GetAsync("/a")).CacheStatus, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mark_for_cookies_goes_when_an_answer_to_cookies_may_be_shared()
    {
        var isFresh = false;
        await using var edge = await DeliveryHarness.StartAsync(async context =>
        {
            context.Response.Headers.LastModified = "Mon, 02 Nov 2026 12:00:00 GMT";
            context.Response.Headers.CacheControl = isFresh ? "max-age=60" : "";
            await context.Response.WriteAsync("page");
        });
        await edge.GetAsync("/a", ("Cookie", "a=1"));
        isFresh = true;
        await edge.GetAsync("/a", ("Cookie", "a=1"));
        await edge.SettledAsync();
        Assert.Contains("; hit;", (await edge.GetAsync("/a", ("Cookie", "a=2"))).CacheStatus, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Waiters_of_an_origin_that_is_slow_for_long_are_not_let_loose_on_it_all_at_once()
    {
        TaskCompletionSource answer = new();
        await using var edge = await DeliveryHarness.StartAsync(
            async context =>
            {
                await answer.Task;
                await CachingTests.Page("max-age=60")(context);
            },
            new DeliveryOptions { CollapseWait = TimeSpan.FromSeconds(10), ResponseTimeout = TimeSpan.FromMinutes(10) });
        var requests = Enumerable.Range(0, 50).Select(_ => edge.GetAsync("/a")).ToArray();
        await DeliveryHarness.UntilAsync(() => edge.Plane.Core.InFlight == 50);
        for (var i = 1; i <= 5; i++)
        {
            // Each time all that waited have waited in vain, and one of them has asked anew, at most.
            edge.Time.Advance(TimeSpan.FromSeconds(11));
            await DeliveryHarness.UntilAsync(() => edge.OriginRequests >= Math.Min(i, 3) + 1 && edge.Plane.Core.InFlight == 50);
        }

        Assert.InRange(edge.OriginRequests, 2, 4);
        answer.SetResult();
        Assert.All(await Task.WhenAll(requests), static reply => Assert.Equal(200, reply.Status));
        Assert.InRange(edge.OriginRequests, 2, 4);
    }

    [Fact]
    public async Task Renewals_behind_replies_are_bounded()
    {
        TaskCompletionSource never = new();
        var isStuck = false;
        await using var edge = await DeliveryHarness.StartAsync(
            async context =>
            {
                await (isStuck ? never.Task : Task.CompletedTask);
                await CachingTests.Page("max-age=60, stale-while-revalidate=600")(context);
            },
            new DeliveryOptions { MaxRequests = 3 });
        for (var i = 0; i < 8; i++)
        {
            await edge.GetAsync($"/{i}");
        }

        await edge.SettledAsync();
        isStuck = true;
        edge.Time.Advance(TimeSpan.FromSeconds(61));
        for (var i = 0; i < 8; i++)
        {
            Assert.Contains("detail=whileRevalidate", (await edge.GetAsync($"/{i}")).CacheStatus, StringComparison.Ordinal);
        }

        Assert.Equal(3, edge.Plane.Core.Flights);
        Assert.Equal(5, edge.Plane.Stats.BoundsHit);
        never.SetResult();
        await edge.SettledAsync();
        await edge.GetAsync("/7");
        await edge.SettledAsync();
        Assert.EndsWith("ttl=60", (await edge.GetAsync("/7")).CacheStatus, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answer_that_took_long_does_not_undo_what_came_meanwhile()
    {
        TaskCompletionSource slow = new();
        var asked = 0;
        await using var edge = await DeliveryHarness.StartAsync(async context =>
        {
            var version = Interlocked.Increment(ref asked);
            await (version == 1 ? slow.Task : Task.CompletedTask);
            context.Response.Headers.CacheControl = "max-age=600";
            await context.Response.WriteAsync($"version {version}");
        });
        var first = edge.GetAsync("/a");
        await DeliveryHarness.UntilAsync(() => edge.OriginRequests == 1);
        var second = edge.GetAsync("/a");
        await DeliveryHarness.UntilAsync(() => edge.Plane.Core.InFlight == 2);
        edge.Time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal("version 2", (await second).Text);
        slow.SetResult();
        Assert.Equal("version 1", (await first).Text);
        await edge.SettledAsync();
        Assert.Equal("version 2", (await edge.GetAsync("/a")).Text);
    }

    [Fact]
    public async Task Answer_that_was_asked_for_before_and_made_after_what_came_meanwhile_takes_its_place()
    {
        TaskCompletionSource slow = new();
        var asked = 0;
        DeliveryHarness? edge = null;
        edge = await DeliveryHarness.StartAsync(async context =>
        {
            var version = Interlocked.Increment(ref asked);
            if (version == 1)
            {
                await slow.Task;
                context.Response.Headers.Date = edge!.Time.GetUtcNow().ToString("R", System.Globalization.CultureInfo.InvariantCulture);
            }

            context.Response.Headers.CacheControl = "max-age=600";
            await context.Response.WriteAsync($"version {version}");
        });
        await using var owned = edge;
        var first = edge.GetAsync("/a");
        await DeliveryHarness.UntilAsync(() => edge.OriginRequests == 1);
        var second = edge.GetAsync("/a");
        await DeliveryHarness.UntilAsync(() => edge.Plane.Core.InFlight == 2);
        edge.Time.Advance(TimeSpan.FromSeconds(11));
        await second;
        edge.Time.Advance(TimeSpan.FromSeconds(11));
        slow.SetResult();
        await first;
        await edge.SettledAsync();
        Assert.Equal("version 1", (await edge.GetAsync("/a")).Text);
    }
}
