using System.Diagnostics;

namespace Millrace.Bench.DiskTier;

/// <summary>What an operator sees of the disk tier through <c>millrace up</c>: filled, killed, started again; how long that takes, in how much memory, and how many hits are left.</summary>
/// <param name="node">millrace.dll.</param>
/// <param name="folder">An empty folder on the disk to be measured.</param>
internal sealed class DiskNodeBench(string node, string folder)
{
    private const int ObjectBytes = 10 << 10;
    private const int RangeBytes = 1 << 20;
    private const int Ranges = 512;
    private const int Clients = 16;

    /// <summary>Small objects, far more than fit into memory.</summary>
    public async Task<int> ManyAsync(IEnumerable<int> counts)
    {
        Console.WriteLine("| objects of 10 KiB | on disk, MiB | before the kill, MiB | start to listening, s | to index read, s | after it, MiB | hits after the start | origin requests | wrong |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|");
        foreach (var count in counts)
        {
            var work = Path.Combine(folder, $"many-{count}");
            await using var origin = await BenchOrigin.StartAsync(ObjectBytes);
            long before;
            string key;
            double bytes;
            using (var first = await BenchNode.UpAsync(node, work, origin.Url, null, "32MiB", "4GiB"))
            {
                await AskAllAsync(first, count);
                await first.UntilAsync("millrace_delivery_disk_queue_bytes", static queued => queued == 0);
                await first.UntilAsync("millrace_delivery_disk_objects", objects => objects >= count);
                (before, key, bytes) = (first.Memory.Now, first.AdminKey, await first.MetricAsync("millrace_delivery_disk_bytes"));
            }

            var asked = origin.Requests;
            var began = Stopwatch.GetTimestamp();
            using var again = await BenchNode.UpAsync(node, work, origin.Url, key, "32MiB", "4GiB");
            await again.UntilAsync("millrace_delivery_disk_rebuild", static progress => progress == 1);
            var ready = Stopwatch.GetElapsedTime(began);
            var after = again.Memory.Now;
            var (hits, wrong) = await AskAllAsync(again, count);
            Console.WriteLine(
                $"| {count:N0} | {bytes / (1 << 20):F0} | {before} | {again.UpAfter.TotalSeconds:F2} | {ready.TotalSeconds:F2} | {after} | {(count == 0 ? 0 : 100.0 * hits / count):F2} % | {origin.Requests - asked:N0} | {wrong} |");
            Directory.Delete(work, recursive: true);
        }

        return 0;
    }

    /// <summary>One object far larger than memory: passed whole to the disk, then asked for by ranges, before and after a kill.</summary>
    public async Task<int> LargeAsync(long gigabytes)
    {
        var length = gigabytes << 30;
        var work = Path.Combine(folder, "large");
        await using var origin = await BenchOrigin.StartAsync(length);
        string key;
        Console.WriteLine("| one object | hits | origin requests | wrong | MB/s | highest memory, MiB |");
        Console.WriteLine("|---|---|---|---|---|---|");
        using (var first = await BenchNode.UpAsync(node, work, origin.Url, null, "64MiB", $"{gigabytes + 2}GiB"))
        {
            key = first.AdminKey;
            var began = Stopwatch.GetTimestamp();
            using (var response = await first.GetAsync("/large"))
            {
                var wrong = await ReadAsync(response, 0) == length ? 0 : 1;
                Say($"{gigabytes} GiB whole, not held", 0, wrong, length, began, first);
            }

            await first.UntilAsync("millrace_delivery_disk_queue_bytes", static queued => queued == 0);
            await RangesAsync("ranges of 1 MiB", first);
        }

        using var again = await BenchNode.UpAsync(node, work, origin.Url, key, "64MiB", $"{gigabytes + 2}GiB");
        await again.UntilAsync("millrace_delivery_disk_rebuild", static progress => progress == 1);
        await RangesAsync("the same after a kill", again);
        Directory.Delete(work, recursive: true);
        return 0;

        async Task RangesAsync(string name, BenchNode of)
        {
            var random = new Random(1);
            var (hits, wrong, began) = (0, 0, Stopwatch.GetTimestamp());
            for (var i = 0; i < Ranges; i++)
            {
                var from = random.NextInt64(length - RangeBytes) & ~7;
                using var response = await of.GetAsync("/large", from, from + RangeBytes - 1);
                hits += IsHit(response) ? 1 : 0;
                wrong += await ReadAsync(response, from) == RangeBytes ? 0 : 1;
            }

            Say($"{Ranges} {name}", hits, wrong, (long)Ranges * RangeBytes, began, of);
        }

        void Say(string name, int hits, int wrong, long bytes, long began, BenchNode of) =>
            Console.WriteLine($"| {name} | {hits} | {origin.Requests} | {wrong} | {bytes / 1e6 / Stopwatch.GetElapsedTime(began).TotalSeconds:F0} | {of.Memory.Highest} |");
    }

    private static bool IsHit(HttpResponseMessage response) => response.Headers.TryGetValues("Cache-Status", out var status) && status.Any(static one => one.Contains("; hit", StringComparison.Ordinal));

    /// <summary>Reads a body that begins at a position; returns how many bytes came, or -1 when one is wrong.</summary>
    private static async Task<long> ReadAsync(HttpResponseMessage response, long at)
    {
        await using var body = await response.Content.ReadAsStreamAsync();
        var (piece, read) = (new byte[64 << 10], 0L);
        while (await body.ReadAtLeastAsync(piece, piece.Length, throwOnEndOfStream: false) is var more and > 0)
        {
            if (!BenchOrigin.IsRight(piece.AsSpan(0, more), at + read))
            {
                return -1;
            }

            read += more;
        }

        return read;
    }

    private static async Task<(int Hits, int Wrong)> AskAllAsync(BenchNode node, int count)
    {
        var (next, hits, wrong) = (-1, 0, 0);
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            while (Interlocked.Increment(ref next) is var number && number < count)
            {
                using var response = await node.GetAsync($"/{number}");
                _ = IsHit(response) ? Interlocked.Increment(ref hits) : 0;
                _ = await ReadAsync(response, 0) == ObjectBytes ? 0 : Interlocked.Increment(ref wrong);
            }
        }));
        return (hits, wrong);
    }
}
