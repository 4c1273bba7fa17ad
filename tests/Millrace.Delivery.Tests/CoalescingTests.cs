using Microsoft.AspNetCore.Http;
using Millrace.Delivery.Purge;

namespace Millrace.Delivery.Tests;

public class CoalescingTests
{
    [Fact]
    public async Task Concurrent_misses_make_one_origin_request_and_followers_stream_as_it_arrives()
    {
        TaskCompletionSource arrived = new(), rest = new();
        await using var edge = await DeliveryHarness.StartAsync(async context =>
        {
            context.Response.Headers.CacheControl = "max-age=60";
            await context.Response.Body.WriteAsync(new byte[50_000]);
            arrived.TrySetResult();
            await rest.Task;
            await context.Response.Body.WriteAsync(new byte[50_000]);
        });
        var leader = edge.SendAsync("/a");
        await arrived.Task;
        var followers = Enumerable.Range(0, 20).Select(_ => edge.SendAsync("/a")).ToArray();
        await Task.WhenAll([leader, .. followers.Take(1)]);
        using (var follower = await followers[0])
        {
            // The head is here though the origin still holds back half the body.
            Assert.False(rest.Task.IsCompleted);
            Assert.Equal("Millrace; fwd=uri-miss; fwd-status=200; stored; collapsed; ttl=60", string.Concat(follower.Headers.GetValues("Cache-Status")));
            rest.SetResult();
        }

        foreach (var response in await Task.WhenAll([leader, .. followers.Skip(1)]))
        {
            Assert.Equal(100_000, (await Reply.OfAsync(response)).Body.Length);
        }

        Assert.Equal(1, edge.OriginRequests);
        Assert.Equal(1, edge.Plane.Stats.Objects);
    }

    [Fact]
    public async Task Origin_dying_within_the_body_cuts_the_client_and_stores_nothing()
    {
        TaskCompletionSource headSeen = new();
        await using var edge = await DeliveryHarness.StartAsync(async context =>
        {
            context.Response.Headers.CacheControl = "max-age=60";
            context.Response.ContentLength = 100_000;
            await context.Response.Body.WriteAsync(new byte[30_000]);
            await headSeen.Task;
            context.Abort();
        });
        using var response = await edge.SendAsync("/a");
        Assert.Equal(200, (int)response.StatusCode);
        headSeen.SetResult();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => Reply.OfAsync(response));
        var record = await edge.RecordAsync();
        Assert.Equal((false, DeliveryReason.OriginBroken), (record.Complete, record.Reason));
        Assert.Equal(0, edge.Plane.Stats.Objects);
    }

    [Fact]
    public async Task Last_client_to_leave_cancels_the_origin_request()
    {
        TaskCompletionSource arrived = new(), gone = new();
        await using var edge = await DeliveryHarness.StartAsync(async context =>
        {
            context.RequestAborted.Register(() => gone.TrySetResult());
            context.Response.Headers.CacheControl = "max-age=60";
            await context.Response.Body.WriteAsync(new byte[10_000]);
            arrived.SetResult();
            await gone.Task;
        });
        var response = await edge.SendAsync("/a");
        await arrived.Task;
        response.Dispose();
        await gone.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        var record = await edge.RecordAsync();
        Assert.Equal((false, DeliveryReason.ClientGone), (record.Complete, record.Reason));
        Assert.Equal(0, edge.Plane.Stats.Objects);
    }

    [Fact]
    public async Task Purge_during_a_fetch_keeps_its_response_out_of_the_store()
    {
        TaskCompletionSource asked = new(), gate = new();
        await using var edge = await DeliveryHarness.StartAsync(async context =>
        {
            asked.TrySetResult();
            await gate.Task;
            await CachingTests.Page("max-age=60")(context);
        });
        var request = edge.GetAsync("/a");
        await asked.Task;
        edge.Plane.Purge(new PurgeRequest { Urls = [$"{edge.Edge}a"] });
        gate.SetResult();
        await request;
        Assert.Equal(0, edge.Plane.Stats.Objects);
    }

    [Fact]
    public async Task Body_beyond_the_bound_streams_through_whole_and_is_not_stored()
    {
        var page = new byte[3 << 20];
        for (var i = 0; i < page.Length; i++)
        {
            page[i] = (byte)(i * 31 % 251);
        }

        await using var edge = await DeliveryHarness.StartAsync(
            async context =>
            {
                context.Response.Headers.CacheControl = "max-age=60";
                await context.Response.Body.WriteAsync(page);
            },
            new DeliveryOptions { MaxObjectBytes = 1 << 20 });
        var replies = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => edge.GetAsync("/big")));
        Assert.All(replies, reply => Assert.Equal(page, reply.Body));
        Assert.Equal(0, edge.Plane.Stats.Objects);
        Assert.True(edge.Plane.Stats.BoundsHit > 0);
    }
}
