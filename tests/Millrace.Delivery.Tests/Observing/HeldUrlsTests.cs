using Microsoft.AspNetCore.Http;
using Millrace.Delivery.Purge;

namespace Millrace.Delivery.Tests.Observing;

public class HeldUrlsTests
{
    [Fact]
    public async Task A_look_says_what_memory_would_answer_and_is_no_request()
    {
        await using var edge = await DeliveryHarness.StartAsync(static context =>
        {
            context.Response.Headers.CacheControl = context.Request.Path == "/no-cache" ? "no-cache, max-age=60" : "max-age=60";
            return context.Response.WriteAsync("body");
        });
        var (a, never) = ($"{edge.Edge}a", $"{edge.Edge}no-cache");
        Assert.False(edge.Plane.IsHeldFresh(a));
        await edge.GetAsync("/a");
        await edge.GetAsync("/no-cache");
        await edge.SettledAsync();
        var before = edge.Plane.Stats;
        Assert.True(edge.Plane.IsHeldFresh(a));
        Assert.True(edge.Plane.IsHeldFresh(a.Replace("http://", "https://", StringComparison.Ordinal)), "TLS may end before the plane");
        Assert.False(edge.Plane.IsHeldFresh(never));
        Assert.False(edge.Plane.IsHeldFresh($"{edge.Edge}b"));
        Assert.True(edge.Plane.IsHeldFresh(a.Replace("http://", "HTTP://", StringComparison.Ordinal)), "schemes have no case");
        Assert.Null(edge.Plane.IsHeldFresh("/a"));
        Assert.Null(edge.Plane.IsHeldFresh(a.Replace("http://", "sftp://", StringComparison.Ordinal)));
        Assert.Equal((2, before.OriginRequests, before.Objects), (edge.OriginRequests, edge.Plane.Stats.OriginRequests, edge.Plane.Stats.Objects));
        Assert.Equal(before.Requests, edge.Plane.Stats.Requests);
        edge.Time.Advance(TimeSpan.FromSeconds(61));
        Assert.False(edge.Plane.IsHeldFresh(a));
        await edge.GetAsync("/a");
        await edge.SettledAsync();
        Assert.True(edge.Plane.IsHeldFresh(a));
        edge.Plane.Purge(new PurgeRequest { Urls = [a] });
        Assert.False(edge.Plane.IsHeldFresh(a));
    }

    [Fact]
    public async Task A_look_that_is_repeated_allocates_nothing()
    {
        await using var edge = await DeliveryHarness.StartAsync(static context =>
        {
            context.Response.Headers.CacheControl = "max-age=60";
            return context.Response.WriteAsync("body");
        });
        await edge.GetAsync("/a");
        await edge.SettledAsync();
        var url = $"{edge.Edge}a";
        edge.Plane.IsHeldFresh(url);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            edge.Plane.IsHeldFresh(url);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}
