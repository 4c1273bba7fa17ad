using Millrace.Delivery.Storage.Disk;

namespace Millrace.Delivery.Tests.Disk;

/// <summary>The tier on the operating system's files.</summary>
public sealed class LocalDiskTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("millrace-disk-");

    private DiskOptions Options => new() { Folder = Path.Combine(_folder.FullName, "cache"), MaxBytes = 8 << 20, SegmentBytes = 1 << 20, SliceBytes = 64 << 10, InlineBytes = 16 << 10 };

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Objects_survive_a_restart_and_the_folder_stays_in_its_bound()
    {
        await using (var tier = await DiskObjects.OpenReadyAsync(LocalDiskFiles.Instance, options: Options))
        {
            for (var i = 0; i < 300; i++)
            {
                Assert.True(tier.Put($"{i}", 1, i * 300));
                await tier.FlushAsync();
            }

            tier.Remove(tier.KeyOf("299"));
            Assert.Equal(1, await tier.ReadAsync("298"));
            Assert.True(Directory.EnumerateFiles(Options.Folder, "*", SearchOption.AllDirectories).Sum(static path => new FileInfo(path).Length) <= Options.MaxBytes + 4096);
        }

        await using var again = await DiskObjects.OpenReadyAsync(LocalDiskFiles.Instance, options: Options);
        Assert.Equal((1, 1, null), (await again.ReadAsync("298"), await again.ReadAsync("280"), await again.ReadAsync("299")));
        Assert.Null(again.Find("0"));
        Assert.Empty(again.CheckIntegrity());
    }

    [Fact]
    public async Task A_folder_has_one_process_at_a_time()
    {
        await using (await DiskObjects.OpenAsync(LocalDiskFiles.Instance, options: Options))
        {
            await Assert.ThrowsAsync<IOException>(async () => await DiskObjects.OpenAsync(LocalDiskFiles.Instance, options: Options));
        }

        await using var free = await DiskObjects.OpenAsync(LocalDiskFiles.Instance, options: Options);
    }

    [Fact]
    public async Task Readers_writers_and_removals_at_once_read_whole_objects_only()
    {
        await using (var tier = await DiskObjects.OpenReadyAsync(LocalDiskFiles.Instance, options: Options))
        {
            await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Factory.StartNew(() => WorkAsync(tier, worker), TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()));
            await tier.FlushAsync();
            Assert.Empty(tier.CheckIntegrity());
            var stats = tier.Stats;
            Assert.Equal((0L, 0L), (stats.QueueBytes, stats.ReadBytes));
            Assert.True(stats.Written > Options.MaxBytes);
            Assert.Equal((0L, 0L, 0L), (stats.ByReason[DiskReason.Damaged], stats.ByReason[DiskReason.ReadFailed], stats.ByReason[DiskReason.WriteFailed]));
        }

        await using var again = await DiskObjects.OpenReadyAsync(LocalDiskFiles.Instance, options: Options);
        Assert.Empty(again.CheckIntegrity());
        Assert.Equal(0, again.Stats.ByReason[DiskReason.Torn]);

        static async Task WorkAsync(DiskTier tier, int worker)
        {
            var state = (ulong)worker + 1;
            for (var i = 0; i < 1_000; i++)
            {
                state = (state * 6364136223846793005) + 1442695040888963407;
                var roll = (int)(state >> 40);
                var name = $"{roll % 50}";
                switch (roll % 20)
                {
                    case 0:
                        tier.Remove(tier.KeyOf(name));
                        break;
                    case < 8:
                        tier.Put(name, roll % 3, (roll % 4) switch { 0 => 500, 1 => 10_000, 2 => 70_000, _ => 200_000 });
                        break;
                    default:
                        await tier.ReadAsync(name);
                        break;
                }
            }
        }
    }
}
