using System.Diagnostics;
using System.Security.Cryptography;
using Millrace.Delivery.Storage.Disk;

namespace Millrace.Bench.DiskTier;

/// <summary>What the disk tier costs and yields: write and read rates, memory per entry, and how fast a start rebuilds the index.</summary>
internal static class DiskTierBench
{
    private const int HeadBytes = 400;
    private const long MostBytes = 16L << 30;

    private static int Rounds => 3;

    public static async Task<int> RunAsync(string folder, long megabytes)
    {
        Console.WriteLine("| objects | write MB/s | read MB/s (page cache) | reads/s | start: entries/s | start: GB/s of files |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (var size in (int[])[1 << 10, 16 << 10, 1 << 20, 16 << 20])
        {
            await RatesAsync(Path.Combine(folder, $"rates-{size}"), size, (int)Math.Clamp((megabytes << 20) / size, 1, 1_000_000));
        }

        Console.WriteLine();
        Console.WriteLine("| entries | index bytes by its own count | bytes an entry | managed memory measured, bytes an entry | start, s |");
        Console.WriteLine("|---|---|---|---|---|");
        foreach (var entries in (int[])[1_000, 10_000, 100_000, 1_000_000])
        {
            await MemoryAsync(Path.Combine(folder, $"memory-{entries}"), entries);
        }

        return 0;
    }

    private static async Task RatesAsync(string folder, int size, int objects)
    {
        var body = RandomNumberGenerator.GetBytes(size);
        var tier = await OpenAsync(folder);
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < objects; i++)
        {
            while (!TryPut(tier, i, body))
            {
                // A cache would drop it; a benchmark of the writer waits.
                await tier.FlushAsync(default);
            }
        }

        await tier.FlushAsync(default);
        var write = (double)objects * size / 1e6 / watch.Elapsed.TotalSeconds;
        List<double> reads = [];
        for (var round = 0; round < Rounds; round++)
        {
            watch.Restart();
            for (var i = 0; i < objects; i++)
            {
                await ReadAsync(tier, i, size);
            }

            reads.Add(watch.Elapsed.TotalSeconds);
        }

        reads.Sort();
        await tier.DisposeAsync();
        var bytes = Directory.EnumerateFiles(folder, "*.seg", SearchOption.AllDirectories).Sum(static path => new FileInfo(path).Length);
        watch.Restart();
        tier = await OpenAsync(folder);
        await tier.FlushAsync(default);
        var start = watch.Elapsed.TotalSeconds;
        var records = tier.Stats.Entries + tier.Stats.Slices;
        await tier.DisposeAsync();
        Directory.Delete(folder, recursive: true);
        Console.WriteLine($"| {objects} of {size >> 10} KiB | {write:F0} | {(double)objects * size / 1e6 / reads[1]:F0} | {objects / reads[1]:F0} | {records / start:F0} | {bytes / 1e9 / start:F2} |");
    }

    private static async Task MemoryAsync(string folder, int entries)
    {
        await WriteHeadsAsync(folder, entries);
        await Task.Yield();
        GC.Collect();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var watch = Stopwatch.StartNew();
        var tier = await OpenAsync(folder);
        await tier.FlushAsync(default);
        var start = watch.Elapsed.TotalSeconds;
        var after = GC.GetTotalMemory(forceFullCollection: true);
        var stats = tier.Stats;
        Console.WriteLine($"| {stats.Entries} | {stats.IndexBytes} | {(double)stats.IndexBytes / entries:F0} | {(double)(after - before) / entries:F0} | {start:F2} |");
        await tier.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private static async Task WriteHeadsAsync(string folder, int entries)
    {
        await using var tier = await OpenAsync(folder);
        for (var i = 0; i < entries; i++)
        {
            while (!TryPut(tier, i, []))
            {
                await tier.FlushAsync(default);
            }
        }
    }

    private static bool TryPut(Millrace.Delivery.Storage.Disk.DiskTier tier, int name, byte[] body)
    {
        using var fill = tier.TryBegin(KeyOf(tier, name), 0, body.Length);
        return fill is not null && fill.Append(body) && fill.Commit(Head);
    }

    private static async Task ReadAsync(Millrace.Delivery.Storage.Disk.DiskTier tier, int name, int size)
    {
        var found = new DiskEntry[1];
        if (tier.Find(KeyOf(tier, name), found) == 0)
        {
            throw new InvalidOperationException($"object {name} is not held");
        }

        using var head = await tier.ReadHeadAsync(found[0], default);
        var read = head!.Body.Length;
        for (var i = 0; !found[0].IsInline && i < found[0].SliceCount; i++)
        {
            using var slice = await tier.ReadSliceAsync(found[0], i, default);
            read += slice!.Memory.Length;
        }

        if (read != size)
        {
            throw new InvalidOperationException($"object {name} is short");
        }
    }

    private static readonly byte[] Head = new byte[HeadBytes];

    private static UInt128 KeyOf(Millrace.Delivery.Storage.Disk.DiskTier tier, int name) => tier.KeyOf(BitConverter.GetBytes(name));

    private static ValueTask<Millrace.Delivery.Storage.Disk.DiskTier> OpenAsync(string folder) =>
        Millrace.Delivery.Storage.Disk.DiskTier.OpenAsync(
            new DiskOptions { Folder = folder, MaxBytes = MostBytes, MaxIndexEntries = 1 << 22 }, LocalDiskFiles.Instance, TimeProvider.System,
            static () => BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)));
}
