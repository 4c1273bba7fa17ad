namespace Millrace.Tests.Node;

/// <summary>A node whose cache's disk has no room: memory is all there is, the metrics say so, and the disk is taken up again when there is room.</summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("millrace-").FullName;

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task Full_disk_means_memory_only_and_no_failure_until_there_is_room()
    {
        using var disk = new SmallDisk(12);
        await using var origin = await VersionedOrigin.StartAsync(40, Now);
        string key;
        disk.Fill();
        using (var node = await UpAsync(null))
        {
            key = node.AdminKey;
            await AskAllAsync(node);
            await node.UntilAsync(static on => on == 0, "millrace_delivery_disk_on");
            Assert.True(await node.MetricAsync("millrace_delivery_disk_reasons", "reason=\"writeFailed\"") > 0);
            Assert.Equal(0, await node.MetricAsync("millrace_delivery_disk_objects"));
            Assert.Equal(200, await node.ReadinessAsync());
            Assert.Equal(40, await AskAllAsync(node));

            // A purge needs no disk: nothing that it names is there.
            await node.PurgeAsync("""{"keys": ["n1"], "wait": "edges"}""");
            Assert.Equal(39, await AskAllAsync(node));
            disk.Free();
            await node.UntilAsync(static on => on == 1, "millrace_delivery_disk_on");
            await node.PurgeAsync($$"""{"prefixes": ["http://{{NodeProcess.Host}}/"], "wait": "edges"}""");
            Assert.Equal(0, await AskAllAsync(node));
            await node.UntilAsync(static objects => objects >= 30, "millrace_delivery_disk_objects");
            await node.KillAsync();
        }

        using var again = await UpAsync(key);
        await again.UntilAsync(static progress => progress == 1, "millrace_delivery_disk_rebuild");
        Assert.True(await AskAllAsync(again) >= 30);
        await again.UntilAsync(static hits => hits >= 30, "millrace_delivery_requests", "outcome=\"hit\"", "reason=\"disk\"");
        await again.KillAsync();

        async Task<int> AskAllAsync(NodeProcess node)
        {
            var hits = 0;
            for (var number = 0; number < origin.Objects; number++)
            {
                var (body, status) = await node.GetAsync($"/{number}");
                Assert.True(origin.MaySay(number, 0, body), status);
                hits += status.Contains("; hit", StringComparison.Ordinal) ? 1 : 0;
            }

            return hits;
        }

        Task<NodeProcess> UpAsync(string? adminKey) =>
            NodeProcess.UpAsync(_data, origin.Url, adminKey, $"cache.disk={Path.Combine(disk.Root, "cache")}", "cache.diskBytes=64MiB");
    }
}
