using Microsoft.AspNetCore.Http;
using Millrace.Delivery.Observing;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Routes;

namespace Millrace.Delivery.Tests;

/// <summary>The disk behind the memory of one plane: warm after a restart, with ages that went on, and never with what was purged.</summary>
public sealed class DiskPlaneTests : IDisposable
{
    // Keys name the host that the client names, which is the same for every process; the port is not.
    private const string Host = "disk.example";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("millrace-disk-plane-");
    private ulong _random = 7;

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(3_000)]
    [InlineData(700_000)]
    public async Task Restarted_plane_serves_what_it_held_with_its_age(int size)
    {
        var page = Page(size);
        await using (var edge = await OpenAsync(Serve(page)))
        {
            Assert.Equal(page, (await GetAsync(edge, "/a", ("Accept-Language", "de"))).Body);
            await edge.WrittenAsync();
        }

        await using var again = await OpenAsync(static context => throw new InvalidOperationException("the origin is away"), TimeSpan.FromSeconds(20));
        var reply = await GetAsync(again, "/a", ("Accept-Language", "de"));
        Assert.Equal((200, "Millrace; hit; ttl=40; detail=disk", "20"), (reply.Status, reply.CacheStatus, reply.Headers["Age"]));
        Assert.Equal(page, reply.Body);
        Assert.Contains("fwd=vary-miss", (await GetAsync(again, "/a", ("Accept-Language", "fr"))).CacheStatus, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_memory_evicts_is_recalled()
    {
        await using var edge = await OpenAsync(Serve(Page(20_000)), options: new DeliveryOptions { StoreBytes = 70_000 });
        for (var i = 0; i < 10; i++)
        {
            await GetAsync(edge, $"/{i}");
            await edge.RecordAsync();
        }

        await edge.WrittenAsync();
        for (var i = 0; i < 10; i++)
        {
            Assert.StartsWith("Millrace; hit", (await GetAsync(edge, $"/{i}")).CacheStatus, StringComparison.Ordinal);
        }

        Assert.Equal(10, edge.OriginRequests);
        Assert.Empty(edge.Plane.Core.Store.CheckIntegrity());
        Assert.Empty(edge.Plane.Core.Disk!.CheckIntegrity());
    }

    [Fact]
    public async Task Body_too_large_for_memory_passes_to_disk_and_is_read_by_slices()
    {
        var page = Page(3_000_000);
        await using var edge = await OpenAsync(Serve(page), options: new DeliveryOptions { MaxObjectBytes = 1 << 20, SliceBytes = 256 << 10 });
        Assert.Equal(page, (await GetAsync(edge, "/a")).Body);
        await edge.WrittenAsync();
        Assert.Equal((1, 0), (edge.Plane.Core.Disk!.Stats.Entries, edge.Plane.Stats.Objects));
        var part = await GetAsync(edge, "/a", ("Range", "bytes=1000000-1999999"));
        Assert.Equal((206, "Millrace; hit; ttl=60; detail=disk"), (part.Status, part.CacheStatus));
        Assert.Equal(page[1_000_000..2_000_000], part.Body);
        Assert.Equal(page, (await GetAsync(edge, "/a")).Body);
        Assert.Equal(1, edge.OriginRequests);
    }

    [Theory]
    [InlineData("url")]
    [InlineData("key")]
    [InlineData("prefix")]
    [InlineData("unsafe")]
    public async Task What_was_purged_stays_away_from_the_next_process_too(string how)
    {
        await using (var edge = await OpenAsync(Serve(Page(500))))
        {
            await GetAsync(edge, "/a");
            await edge.RecordAsync();
            await edge.WrittenAsync();
            if (how == "unsafe")
            {
                using var posted = await edge.SendAsync(HttpMethod.Post, "/a", null, ("Host", Host));
            }
            else
            {
                edge.Plane.Purge(new PurgeRequest
                {
                    Urls = how == "url" ? [$"{Host}/a"] : [], Keys = how == "key" ? ["tag"] : [], Prefixes = how == "prefix" ? [$"{Host}/"] : [],
                });
            }

            await edge.WrittenAsync();
        }

        await using var again = await OpenAsync(Serve(Page(500)));
        Assert.StartsWith("Millrace; fwd=uri-miss", (await GetAsync(again, "/a")).CacheStatus, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.5, "Millrace; hit; ttl=59; detail=disk")]
    [InlineData(3_600, "Millrace; fwd=stale")]
    public async Task Clock_that_was_set_back_makes_nothing_fresher(double seconds, string status)
    {
        await using (var edge = await OpenAsync(Serve(Page(500)), TimeSpan.FromSeconds(seconds)))
        {
            await GetAsync(edge, "/a");
            await edge.WrittenAsync();
        }

        await using var again = await OpenAsync(Serve(Page(500)));
        Assert.StartsWith(status, (await GetAsync(again, "/a")).CacheStatus, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(64L << 20, 1 << 20)]
    [InlineData(1L << 40, 107_374_182)]
    public void Index_is_as_large_as_the_disk_needs(long bytes, int entries)
    {
        var options = new DeliveryOptions { DiskBytes = bytes }.DiskOptions("/disk");
        options.Validate();
        Assert.Equal(entries, options.MaxIndexEntries);
    }

    [Fact]
    public async Task Answer_that_may_not_be_stored_takes_the_copy_on_disk_with_it()
    {
        var control = "max-age=1";
        await using var edge = await OpenAsync(async context =>
        {
            context.Response.Headers.CacheControl = control;
            await context.Response.WriteAsync("text");
        });
        await GetAsync(edge, "/a");
        await edge.RecordAsync();
        await edge.WrittenAsync();
        control = "no-store";
        edge.Time.Advance(TimeSpan.FromSeconds(5));
        await GetAsync(edge, "/a");
        Assert.Equal(0, edge.Plane.Core.Disk!.Stats.Entries);
    }

    [Fact]
    public async Task Revalidated_head_is_the_one_that_the_next_process_finds()
    {
        await using (var edge = await OpenAsync(Revalidated))
        {
            await GetAsync(edge, "/a");
            edge.Time.Advance(TimeSpan.FromSeconds(70));
            Assert.Contains("fwd-status=304", (await GetAsync(edge, "/a")).CacheStatus, StringComparison.Ordinal);
            await edge.RecordAsync();
            await edge.RecordAsync();
            await edge.WrittenAsync();
        }

        await using var again = await OpenAsync(Revalidated, TimeSpan.FromSeconds(75));
        Assert.Equal("Millrace; hit; ttl=55; detail=disk", (await GetAsync(again, "/a")).CacheStatus);

        static async Task Revalidated(HttpContext context)
        {
            context.Response.Headers.CacheControl = "max-age=60";
            context.Response.Headers.ETag = "\"v1\"";
            if (context.Request.Headers.IfNoneMatch == "\"v1\"")
            {
                context.Response.StatusCode = 304;
                return;
            }

            await context.Response.WriteAsync("text");
        }
    }

    [Theory]
    [InlineData(3_000)]
    [InlineData(700_000)]
    public async Task Copy_on_disk_is_explained_and_told_from_one_in_memory(int size)
    {
        await using (var edge = await OpenAsync(Serve(Page(size))))
        {
            await GetAsync(edge, "/a", ("Accept-Language", "de"));
            await edge.WrittenAsync();
            var both = (await ExplainAsync(edge))!;
            Assert.Equal([("memory", true), ("disk", false)], both.Held.Select(static held => (held.Tier, held.Selected)));
            Assert.Equal(DeliveryReason.None, both.Reason);
        }

        await using var again = await OpenAsync(Serve(Page(size)), TimeSpan.FromSeconds(20));
        var explained = (await ExplainAsync(again))!;
        Assert.Equal(("serve", DeliveryReason.Disk), (explained.Now, explained.Reason));
        var held = Assert.Single(explained.Held);
        Assert.Equal(("disk", true, 200, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(60)), (held.Tier, held.Selected, held.Status, held.Age, held.Lifetime));
        Assert.Equal((again.Time.GetUtcNow().AddSeconds(-20), again.Time.GetUtcNow().AddSeconds(40)), (held.Since, held.FreshUntil));
        Assert.InRange(held.Bytes, size, size + 2_000);
        Assert.Equal(["tag"], held.SurrogateKeys);
        Assert.Equal("untouched", held.Purged);

        // To explain it is not to bring it back.
        Assert.Equal(0, again.Plane.Stats.Objects);
        Assert.Equal("Millrace; hit; ttl=40; detail=disk", (await GetAsync(again, "/a", ("Accept-Language", "de"))).CacheStatus);
        Assert.Equal("Millrace; hit; ttl=40", (await GetAsync(again, "/a", ("Accept-Language", "de"))).CacheStatus);
        again.Plane.Purge(new PurgeRequest { Keys = ["tag"] });
        Assert.Equal("void", Assert.Single((await ExplainAsync(again))!.Held).Purged);
    }

    private static async Task<CacheExplanation?> ExplainAsync(DeliveryHarness edge) =>
        await edge.Plane.ExplainAsync($"http://{Host}/a", [new("Accept-Language", "de")], TestContext.Current.CancellationToken);

    private static Task<Reply> GetAsync(DeliveryHarness edge, string target, params (string Name, string Value)[] headers) =>
        edge.GetAsync(target, [("Host", Host), .. headers]);

    private static RequestDelegate Serve(byte[] page) => async context =>
    {
        context.Response.Headers.CacheControl = "max-age=60";
        context.Response.Headers.ETag = "\"v1\"";
        context.Response.Headers.Vary = "Accept-Language";
        context.Response.Headers["Surrogate-Key"] = "tag";
        context.Response.ContentLength = page.Length;
        await context.Response.Body.WriteAsync(page);
    };

    private static byte[] Page(int size)
    {
        var page = new byte[size];
        for (var i = 0; i < size; i++)
        {
            page[i] = (byte)(i * 31 % 251);
        }

        return page;
    }

    private async Task<DeliveryHarness> OpenAsync(RequestDelegate origin, TimeSpan later = default, DeliveryOptions? options = null)
    {
        var edge = await DeliveryHarness.StartAsync(origin, (options ?? new DeliveryOptions()) with { DiskFolder = _folder.FullName, DiskBytes = 256 << 20 });
        edge.Plane.UpdateRoutes(RouteTable.Create([new Route($"{Host}/*", edge.Origin, Contract.Available)]));
        edge.Time.Advance(later);
        await edge.Plane.OpenDiskAsync(() => _random += 0x9e37_79b9_7f4a_7c15);
        await DeliveryHarness.UntilAsync(() => edge.Plane.Core.Disk!.IsReady);
        return edge;
    }
}
