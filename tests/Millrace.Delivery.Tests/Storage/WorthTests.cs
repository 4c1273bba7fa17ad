using Microsoft.AspNetCore.Http;
using Millrace.Delivery.Eviction;
using Millrace.Delivery.Keys;

namespace Millrace.Delivery.Tests;

/// <summary>What the plane tells its policy of objects: what a fetch took, and what is expected.</summary>
public class WorthTests
{
    [Fact]
    public async Task What_took_the_origin_long_outlives_what_came_at_once()
    {
        DeliveryHarness? edge = null;
        edge = await DeliveryHarness.StartAsync(
            async context =>
            {
                edge!.Time.Advance(TimeSpan.FromMilliseconds(context.Request.Path == "/slow" ? 2_000 : 20));
                context.Response.Headers.CacheControl = "max-age=86400";
                await context.Response.Body.WriteAsync(new byte[10_000]);
            },
            new DeliveryOptions { StoreBytes = 120_000 });
        await using var owned = edge;
        foreach (var path in (string[])["/quick", "/slow"])
        {
            await edge.GetAsync(path);
            await edge.SettledAsync();
        }

        // Others that came at once, one after another: each is worth as much as the quick one, and newer.
        for (var i = 0; i < 60; i++)
        {
            await edge.GetAsync($"/{i}");
            await edge.SettledAsync();
        }

        Assert.Null(Held(edge, "/quick"));
        Assert.InRange(Held(edge, "/slow")?.FetchCost ?? 0, 2_000, 2_100);
    }

    [Fact]
    public async Task A_304_leaves_the_cost_of_the_whole()
    {
        DeliveryHarness? edge = null;
        edge = await DeliveryHarness.StartAsync(async context =>
        {
            var isKnown = context.Request.Headers.IfNoneMatch == "\"v1\"";
            edge!.Time.Advance(TimeSpan.FromMilliseconds(isKnown ? 1 : 500));
            context.Response.StatusCode = isKnown ? 304 : 200;
            context.Response.Headers.ETag = "\"v1\"";
            context.Response.Headers.CacheControl = "max-age=60";
            await (isKnown ? Task.CompletedTask : context.Response.WriteAsync("page"));
        });
        await using var owned = edge;
        await edge.GetAsync("/a");
        await edge.SettledAsync();
        edge.Time.Advance(TimeSpan.FromSeconds(61));
        await edge.GetAsync("/a");
        await edge.SettledAsync();
        Assert.Equal((2, 500f), (edge.OriginRequests, Held(edge, "/a")!.FetchCost));
    }

    [Fact]
    public async Task What_is_expected_outlives_what_is_not()
    {
        Expected demand = new();
        await using var edge = await DeliveryHarness.StartAsync(
            static async context =>
            {
                context.Response.Headers.CacheControl = "max-age=86400";
                await context.Response.Body.WriteAsync(new byte[10_000]);
            },
            new DeliveryOptions { StoreBytes = 120_000, Demand = demand });
        demand.Key = edge.Plane.KeyHashesOf($"{edge.Edge}wanted").First();
        foreach (var path in (string[])["/other", "/wanted", .. Enumerable.Range(0, 60).Select(static i => $"/{i}")])
        {
            await edge.GetAsync(path);
            await edge.SettledAsync();
        }

        Assert.Null(Held(edge, "/other"));
        Assert.NotNull(Held(edge, "/wanted"));
    }

    private static Millrace.Delivery.Storage.CachedObject? Held(DeliveryHarness edge, string path) =>
        edge.Plane.Core.Store.FindAny(CacheKey.OfUrl($"{edge.Edge.GetLeftPart(UriPartial.Authority)}{path}").First());

    private sealed class Expected : IDemand
    {
        public ulong Key { get; set; }

        public float Predict(ulong key) => key == Key ? 10 : 0;
    }
}
