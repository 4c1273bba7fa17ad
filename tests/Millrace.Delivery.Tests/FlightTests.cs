using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Millrace.Delivery.Purge;

namespace Millrace.Delivery.Tests;

/// <summary>Who shares whose answer, counted at the origin.</summary>
public class FlightTests
{
    [Fact]
    public async Task A_thousand_stale_hits_revalidate_once()
    {
        TaskCompletionSource gate = new();
        var asked = 0;
        await using var edge = await DeliveryHarness.StartAsync(async context =>
        {
            if (Interlocked.Increment(ref asked) > 1)
            {
                await gate.Task;
            }

            context.Response.Headers.CacheControl = "max-age=60, stale-while-revalidate=60";
            await context.Response.WriteAsync($"version {asked}");
        });
        await edge.GetAsync("/a");
        edge.Time.Advance(TimeSpan.FromSeconds(61));
        for (var i = 0; i < 20; i++)
        {
            var replies = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => edge.GetAsync("/a")));
            Assert.All(replies, static reply => Assert.Contains("hit", reply.CacheStatus, StringComparison.Ordinal));
            Assert.All(replies, static reply => Assert.Contains("detail=whileRevalidate", reply.CacheStatus, StringComparison.Ordinal));
        }

        Assert.Equal(2, edge.OriginRequests);
        gate.SetResult();
        while (!(await edge.GetAsync("/a")).CacheStatus.EndsWith("ttl=60", StringComparison.Ordinal))
        {
            await Task.Yield();
        }

        Assert.Equal(("version 2", 2), ((await edge.GetAsync("/a")).Text, edge.OriginRequests));
    }

    [Fact]
    public async Task Failing_revalidation_is_not_begun_by_every_stale_hit()
    {
        var down = false;
        await using var edge = await DeliveryHarness.StartAsync(context =>
        {
            context.Response.StatusCode = down ? 503 : 200;
            context.Response.Headers.CacheControl = down ? "" : "max-age=60, stale-while-revalidate=600";
            return Task.CompletedTask;
        });
        await edge.GetAsync("/a");
        down = true;
        edge.Time.Advance(TimeSpan.FromSeconds(61));
        await edge.GetAsync("/a");
        while (edge.OriginRequests < 2)
        {
            await Task.Yield();
        }

        // The flight's end follows the origin's answer; from then on the memo holds.
        for (var i = 0; i < 200; i++)
        {
            Assert.Equal(200, (await edge.GetAsync("/a")).Status);
        }

        Assert.InRange(edge.OriginRequests, 2, 3);
    }

    [Fact]
    public async Task Followers_of_an_uncacheable_leader_ask_at_once_and_the_next_pass_with_their_conditions()
    {
        ConcurrentQueue<TaskCompletionSource> waiting = new();
        await using var edge = await DeliveryHarness.StartAsync(async context =>
        {
            if (context.Request.Headers.IfNoneMatch == "\"mine\"")
            {
                context.Response.StatusCode = 304;
                return;
            }

            TaskCompletionSource gate = new();
            waiting.Enqueue(gate);
            await gate.Task;
            context.Response.Headers.CacheControl = "private, max-age=60";
            context.Response.Headers.ETag = "\"mine\"";
            await context.Response.WriteAsync("mine");
        });
        var requests = Enumerable.Range(0, 8).Select(_ => edge.GetAsync("/a")).ToArray();
        await EdgeHoldsAsync(edge, 8);
        TaskCompletionSource? leader = null;
        await DeliveryHarness.UntilAsync(() => waiting.TryDequeue(out leader));
        leader!.SetResult();

        // The seven others stand at the origin together: nobody waits for another.
        await DeliveryHarness.UntilAsync(() => waiting.Count == 7);
        foreach (var gate in waiting)
        {
            gate.SetResult();
        }

        // One led; the others tried to share its answer, could not, and asked themselves (RFC 9211 §2.6).
        Reply[] replies = await Task.WhenAll(requests);
        Assert.Equal(7, replies.Count(static reply => reply.CacheStatus == "Millrace; fwd=uri-miss; fwd-status=200; collapsed=?0; detail=private"));
        Assert.Equal((8, 0), (edge.OriginRequests, edge.Plane.Stats.Objects));
        var again = await edge.GetAsync("/a", ("If-None-Match", "\"mine\""));
        Assert.Equal(304, again.Status);
        Assert.Contains("fwd=uri-miss; fwd-status=304; detail=hitForMiss", again.CacheStatus, StringComparison.Ordinal);
    }

    [Fact]
    public async Task First_answer_to_a_browsers_private_copy_is_a_304_too()
    {
        await using var edge = await DeliveryHarness.StartAsync(async context =>
        {
            context.Response.Headers.CacheControl = "private";
            context.Response.Headers.ETag = "\"mine\"";
            await context.Response.WriteAsync("mine");
        });
        Assert.Equal(304, (await edge.GetAsync("/a", ("If-None-Match", "\"mine\""))).Status);
    }

    [Fact]
    public async Task Followers_of_another_variant_share_the_flights_of_their_own()
    {
        ConcurrentQueue<TaskCompletionSource> waiting = new();
        await using var edge = await DeliveryHarness.StartAsync(async context =>
        {
            TaskCompletionSource gate = new();
            waiting.Enqueue(gate);
            await gate.Task;
            context.Response.Headers.CacheControl = "max-age=60";
            context.Response.Headers.Vary = "Accept-Language";
            await context.Response.WriteAsync("in " + context.Request.Headers.AcceptLanguage);
        });
        var requests = Enumerable.Range(0, 12).Select(i => edge.GetAsync("/a", ("Accept-Language", $"l{i % 3}"))).ToArray();
        await EdgeHoldsAsync(edge, 12);
        TaskCompletionSource? first = null;
        await DeliveryHarness.UntilAsync(() => waiting.TryDequeue(out first));
        first!.SetResult();
        await DeliveryHarness.UntilAsync(() => waiting.Count == 2);
        foreach (var gate in waiting)
        {
            gate.SetResult();
        }

        var replies = await Task.WhenAll(requests);
        Assert.All(replies.Select(static (reply, i) => (reply, i)), static pair => Assert.Equal($"in l{pair.i % 3}", pair.reply.Text));
        await edge.SettledAsync();
        Assert.Equal((3, 3), (edge.OriginRequests, edge.Plane.Stats.Objects));
    }

    [Fact]
    public async Task Authorized_request_leads_nobody_and_marks_nothing()
    {
        TaskCompletionSource secret = new(), shared = new();
        await using var edge = await DeliveryHarness.StartAsync(async context =>
        {
            await (context.Request.Headers.Authorization.Count > 0 ? secret : shared).Task;
            context.Response.Headers.CacheControl = "max-age=60";
            await context.Response.WriteAsync("for " + context.Request.Headers.Authorization);
        });
        var one = edge.GetAsync("/a", ("Authorization", "alice"));
        await DeliveryHarness.UntilAsync(() => edge.OriginRequests == 1);
        var others = Enumerable.Range(0, 10).Select(_ => edge.GetAsync("/a")).ToArray();
        await EdgeHoldsAsync(edge, 11);
        await DeliveryHarness.UntilAsync(() => edge.OriginRequests == 2);
        secret.SetResult();
        Assert.Equal("for alice", (await one).Text);
        shared.SetResult();
        Assert.All(await Task.WhenAll(others), static reply => Assert.Equal("for ", reply.Text));
        Assert.Equal(2, edge.OriginRequests);
    }

    [Fact]
    public async Task Refusal_for_cookies_concerns_requests_with_cookies()
    {
        TaskCompletionSource gate = new();
        await using var edge = await DeliveryHarness.StartAsync(async context =>
        {
            if (context.Request.Headers.Cookie.Count == 0)
            {
                await gate.Task;
            }

            context.Response.Headers.LastModified = "Mon, 02 Nov 2026 12:00:00 GMT";
            await context.Response.WriteAsync("page");
        });
        Assert.Contains("detail=cookie", (await edge.GetAsync("/a", ("Cookie", "a=1"))).CacheStatus, StringComparison.Ordinal);
        Assert.Contains("detail=hitForMiss", (await edge.GetAsync("/a", ("Cookie", "a=1"))).CacheStatus, StringComparison.Ordinal);
        var others = Enumerable.Range(0, 10).Select(_ => edge.GetAsync("/a")).ToArray();
        await EdgeHoldsAsync(edge, 10);
        gate.SetResult();
        await Task.WhenAll(others);
        Assert.Equal((3, 1), (edge.OriginRequests, edge.Plane.Stats.Objects));
    }

    [Fact]
    public async Task Waiters_of_a_failed_origin_share_the_failure_and_the_next_second_does_too()
    {
        TaskCompletionSource gate = new();
        await using var edge = await DeliveryHarness.StartAsync(async context =>
        {
            await gate.Task;
            context.Response.StatusCode = 503;
        });
        var requests = Enumerable.Range(0, 10).Select(_ => edge.GetAsync("/a")).ToArray();
        await EdgeHoldsAsync(edge, 10);
        gate.SetResult();
        Assert.All(await Task.WhenAll(requests), static reply => Assert.Equal(503, reply.Status));
        Assert.Equal(503, (await edge.GetAsync("/a")).Status);
        Assert.Equal(1, edge.OriginRequests);
        edge.Time.Advance(TimeSpan.FromSeconds(2));
        await edge.GetAsync("/a");
        Assert.Equal(2, edge.OriginRequests);
    }

    [Fact]
    public async Task Waiters_of_a_slow_flight_elect_one_leader()
    {
        TaskCompletionSource never = new();
        var asked = 0;
        await using var edge = await DeliveryHarness.StartAsync(async context =>
        {
            if (Interlocked.Increment(ref asked) == 1)
            {
                await never.Task;
            }

            await CachingTests.Page("max-age=60")(context);
        });
        var slow = edge.GetAsync("/a");
        await DeliveryHarness.UntilAsync(() => edge.OriginRequests == 1);
        var waiters = Enumerable.Range(0, 10).Select(_ => edge.GetAsync("/a")).ToArray();
        await EdgeHoldsAsync(edge, 11);
        edge.Time.Advance(TimeSpan.FromSeconds(11));
        Assert.All(await Task.WhenAll(waiters), static reply => Assert.Equal(200, reply.Status));
        Assert.Equal((2, 10L), (edge.OriginRequests, edge.Plane.Stats.BoundsHit));
        never.SetResult();
        await slow;
    }

    [Theory]
    [InlineData("Cache-Control", "no-cache", 0)]
    [InlineData("Cache-Control", "max-age=5", 10)]
    [InlineData("X-None", "", 31)]
    public async Task Who_joins_after_the_head_is_judged_like_one_who_finds_a_copy(string name, string value, int age)
    {
        TaskCompletionSource rest = new();
        var asked = 0;
        await using var edge = await DeliveryHarness.StartAsync(async context =>
        {
            var version = Interlocked.Increment(ref asked);
            context.Response.Headers.CacheControl = "max-age=30";
            await context.Response.WriteAsync($"version {version}");
            await context.Response.Body.FlushAsync();
            await (version == 1 ? rest.Task : Task.CompletedTask);
        });
        using var first = await edge.SendAsync("/a");
        edge.Time.Advance(TimeSpan.FromSeconds(age));
        Assert.Equal("version 2", (await edge.GetAsync("/a", (name, value))).Text);
        rest.SetResult();
    }

    [Fact]
    public async Task Surrogate_key_purged_in_flight_frees_the_followers_and_stores_nothing()
    {
        TaskCompletionSource gate = new();
        var asked = 0;
        await using var edge = await DeliveryHarness.StartAsync(async context =>
        {
            var version = Interlocked.Increment(ref asked);
            await (version == 1 ? gate.Task : Task.CompletedTask);
            context.Response.Headers.CacheControl = "max-age=60";
            context.Response.Headers["Surrogate-Key"] = "news";
            await context.Response.WriteAsync($"version {version}");
        });
        var leader = edge.GetAsync("/a");
        await DeliveryHarness.UntilAsync(() => edge.OriginRequests == 1);
        var follower = edge.GetAsync("/a");
        await EdgeHoldsAsync(edge, 2);
        edge.Plane.Purge(new PurgeRequest { Keys = ["news"] });
        gate.SetResult();
        Assert.Equal("version 1", (await leader).Text);
        Assert.Equal("version 2", (await follower).Text);
        Assert.Equal("version 2", (await edge.GetAsync("/a")).Text);
    }

    [Fact]
    public async Task Requests_above_the_bound_are_told_to_come_later()
    {
        TaskCompletionSource gate = new();
        await using var edge = await DeliveryHarness.StartAsync(async _ => await gate.Task, new DeliveryOptions { MaxRequests = 2 });
        var held = Enumerable.Range(0, 2).Select(i => edge.GetAsync($"/{i}")).ToArray();
        await DeliveryHarness.UntilAsync(() => edge.OriginRequests == 2);
        var refused = await edge.GetAsync("/c");
        Assert.Equal((503, "1"), (refused.Status, refused.Headers["Retry-After"]));
        Assert.Contains("detail=overloaded", refused.CacheStatus, StringComparison.Ordinal);
        gate.SetResult();
        await Task.WhenAll(held);
        Assert.Equal(1, edge.Plane.Stats.BoundsHit);
    }

    [Theory]
    [InlineData("max-stale", 200, 1)]
    [InlineData("max-stale=5", 200, 2)]
    [InlineData("max-stale, max-age=30", 200, 2)]
    [InlineData("max-stale, max-age=90", 200, 1)]
    [InlineData("only-if-cached, no-store", 504, 1)]
    [InlineData("only-if-cached, max-stale", 200, 1)]
    public async Task Request_directives_bound_what_is_served(string cacheControl, int status, int requests)
    {
        await using var edge = await DeliveryHarness.StartAsync(CachingTests.Page("max-age=60"));
        await edge.GetAsync("/a");
        edge.Time.Advance(TimeSpan.FromSeconds(70));
        Assert.Equal(status, (await edge.GetAsync("/a", ("Cache-Control", cacheControl))).Status);
        Assert.Equal(requests, edge.OriginRequests);
    }

    /// <summary>Until so many requests are in the edge's hands, waiting.</summary>
    private static Task EdgeHoldsAsync(DeliveryHarness edge, int requests) => DeliveryHarness.UntilAsync(() => edge.Plane.Core.InFlight == requests);

    [Fact]
    public async Task Body_that_proves_too_large_as_it_comes_marks_its_key()
    {
        await using var edge = await DeliveryHarness.StartAsync(
            async context =>
            {
                context.Response.Headers.CacheControl = "max-age=60";
                await context.Response.Body.WriteAsync(new byte[200_000]);
                await context.Response.Body.FlushAsync();
            },
            new DeliveryOptions { MaxObjectBytes = 100_000 });
        Assert.Equal(200_000, (await edge.GetAsync("/a")).Body.Length);
        await edge.SettledAsync();
        var explained = (await edge.Plane.ExplainAsync($"{edge.Edge}a", [], TestContext.Current.CancellationToken))!;
        Assert.Equal((DeliveryReason.HitForMiss, DeliveryReason.TooLarge), (explained.Reason, explained.NotStored));
    }
}
