using Microsoft.AspNetCore.Http;
using Millrace.Delivery.Storage.Disk;

namespace Millrace.Delivery.Tests.Disk;

/// <summary>A plane whose disk is full, fails or lies: clients get right bodies all the same, and the disk is used again when it works.</summary>
public class DiskPlaneFaultTests
{
    private static readonly DeliveryOptions Small = new() { SliceBytes = 64 << 10 };

    private readonly FaultyDisk _disk = new();

    public enum Ill
    {
        Full,
        RefusesWrites,
        RefusesSyncs,
        RefusesToCreate,
    }

    [Theory]
    [InlineData(Ill.Full)]
    [InlineData(Ill.RefusesWrites)]
    [InlineData(Ill.RefusesToCreate)]
    public async Task Disk_that_takes_nothing_means_memory_only_from_the_start_until_it_takes_something(Ill ill)
    {
        MakeIll(ill);
        await using (var edge = await DiskEdge.OpenAsync(_disk, Origin, options: Small))
        {
            for (var i = 0; i < 3; i++)
            {
                Assert.Equal(Page("/a"), (await edge.GetAsync("/a")).Body);
            }

            await edge.Harness.WrittenAsync();
            Assert.Equal((1, false, 0), (edge.Harness.OriginRequests, edge.Disk.Stats.IsOn, edge.Disk.Stats.Entries));
            Heal();
            edge.Harness.Time.Advance(TimeSpan.FromSeconds(10));
            await edge.GetAsync("/b");
            await edge.Harness.WrittenAsync();
            Assert.Equal((true, 1), (edge.Disk.Stats.IsOn, edge.Disk.Stats.Entries));
            Assert.Empty(edge.Disk.CheckIntegrity());
        }

        await using var again = await DiskEdge.OpenAsync(_disk, Origin, options: Small);
        again.Harness.Time.Advance(TimeSpan.FromSeconds(10));
        var warm = await again.GetAsync("/b");
        Assert.Equal(Page("/b"), warm.Body);
        Assert.Equal(0, again.Harness.OriginRequests);
        Assert.Contains("detail=disk", warm.CacheStatus, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/small")]
    [InlineData("/large")]
    public async Task Body_that_cannot_be_read_is_fetched_again(string path)
    {
        await KeepAsync(path);
        await using var edge = await DiskEdge.OpenAsync(_disk, Origin, options: Small);
        _disk.Fault = static (operation, _) => operation == DiskOperation.Read;
        var reply = await edge.GetAsync(path);
        Assert.Equal(Page(path), reply.Body);
        Assert.StartsWith("Millrace; fwd=uri-miss", reply.CacheStatus, StringComparison.Ordinal);
        Assert.True(edge.Disk.Stats.ByReason[DiskReason.ReadFailed] > 0);
        Assert.Equal(Page(path), (await edge.GetAsync(path)).Body);
        Assert.Equal(1, edge.Harness.OriginRequests);
    }

    [Theory]
    [InlineData("/small")]
    [InlineData("/large")]
    public async Task Damaged_body_is_fetched_again_and_the_good_part_of_a_large_one_is_kept(string path)
    {
        await KeepAsync(path);
        var page = Page(path);
        var at = page.Length * 2 / 3;
        var segment = _disk.Bytes.Single(file => file.Value.AsSpan().IndexOf(page.AsSpan(at, 64)) >= 0).Key;
        _disk.Damage(segment, bytes =>
        {
            bytes[bytes.AsSpan().IndexOf(page.AsSpan(at, 64))] ^= 1;
            return bytes;
        });
        await using var edge = await DiskEdge.OpenAsync(_disk, Origin, options: Small);
        Assert.Equal(page, (await edge.GetAsync(path)).Body);
        Assert.Equal(1, edge.Disk.Stats.ByReason[DiskReason.Damaged]);
        Assert.Equal(1, edge.Harness.OriginRequests);
        await edge.Harness.WrittenAsync();
        edge.Harness.Plane.Core.Store.Purge([Delivery.Purge.PurgeScope.OfKeys([Keys.CacheKey.Of($"http://{DiskEdge.Host}{path}")])], edge.Harness.Time);
        Assert.Equal(page, (await edge.GetAsync(path)).Body);
        Assert.Equal(1, edge.Harness.OriginRequests);
    }

    [Theory]
    [InlineData(Ill.RefusesWrites)]
    [InlineData(Ill.RefusesSyncs)]
    [InlineData(Ill.RefusesToCreate)]
    public async Task Disk_that_fails_under_load_costs_hits_and_nothing_else(Ill ill)
    {
        await using var edge = await DiskEdge.OpenAsync(_disk, Origin, options: Small);
        for (var i = 0; i < 60; i++)
        {
            if (i == 20)
            {
                MakeIll(ill);
            }
            else if (i == 40)
            {
                Heal();
                edge.Harness.Time.Advance(TimeSpan.FromSeconds(10));
            }

            var path = i % 3 == 0 ? $"/large{i}" : $"/{i}";
            Assert.Equal(Page(path), (await edge.GetAsync(path)).Body);
            Assert.Equal(Page(path), (await edge.GetAsync(path)).Body);
            using var posted = await edge.Harness.SendAsync(HttpMethod.Post, $"/{i - 1}", null, ("Host", DiskEdge.Host));
        }

        await edge.Harness.WrittenAsync();
        Assert.True(edge.Disk.Stats.IsOn);
        Assert.InRange(edge.Disk.Stats.Entries, 7, 60);
        Assert.Equal(0, edge.Disk.Stats.QueueBytes);
        Assert.Empty(edge.Disk.CheckIntegrity());
    }

    private static byte[] Page(string path)
    {
        var page = new byte[path.StartsWith("/large", StringComparison.Ordinal) ? 300_000 : 3_000];
        new Random(path.Sum(static c => c * c)).NextBytes(page);
        return page;
    }

    private static async Task Origin(HttpContext context)
    {
        var page = Page(context.Request.Path);
        context.Response.Headers.CacheControl = "max-age=600";
        context.Response.Headers.ETag = "\"v1\"";
        if (context.Request.Headers.Range is [{ } range] && range.Split('=', '-') is [_, var first, var last])
        {
            var from = int.Parse(first, System.Globalization.CultureInfo.InvariantCulture);
            var to = int.Parse(last, System.Globalization.CultureInfo.InvariantCulture);
            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = $"bytes {from}-{to}/{page.Length}";
            page = page[from..(to + 1)];
        }

        if (context.Request.Method == "GET")
        {
            context.Response.ContentLength = page.Length;
            await context.Response.Body.WriteAsync(page);
        }
    }

    /// <summary>Leaves a body on the disk.</summary>
    private async Task KeepAsync(string path)
    {
        await using var edge = await DiskEdge.OpenAsync(_disk, Origin, options: Small);
        await edge.GetAsync(path);
        await edge.Harness.WrittenAsync();
    }

    private void MakeIll(Ill ill)
    {
        if (ill == Ill.Full)
        {
            _disk.Capacity = 0;
            return;
        }

        var refused = ill switch
        {
            Ill.RefusesWrites => DiskOperation.Write,
            Ill.RefusesSyncs => DiskOperation.Sync,
            _ => DiskOperation.Create,
        };
        _disk.Fault = (operation, _) => operation == refused;
    }

    private void Heal() => (_disk.Fault, _disk.Capacity) = (null, long.MaxValue);
}
