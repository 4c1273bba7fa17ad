using System.Globalization;
using System.Text;
using Millrace.Delivery;
using Millrace.Delivery.Eviction;
using Millrace.Delivery.Keys;
using Millrace.Delivery.Origins;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;
using Millrace.Delivery.Storage;

namespace Millrace.Bench.StoreMemory;

/// <summary>What objects take of the managed heap beside what the store's account says, by their number and the size of their heads.</summary>
internal static class StoreMemoryBench
{
    private const int BodyBytes = 100;

    private static readonly Route Any = new("*/*", new Uri("http://127.0.0.1:9"), Contract.Available);

    public static int Run()
    {
        Console.WriteLine("| objects | head | heap, bytes an object | account, bytes an object | account / heap |\n|---|---|---|---|---|");
        foreach (var objects in (int[])[10_000, 100_000, 1_000_000])
        {
            Measure(objects, "3 fields", Fields(3), static _ => "");
            Measure(objects, "8 fields", Fields(8), static _ => "");
            Measure(objects, "24 fields", Fields(24), static _ => "");
        }

        Measure(100_000, "8 fields, Vary of two", [.. Fields(8), ("Vary", "Accept-Encoding, Accept-Language")], static _ => "");
        Measure(100_000, "8 fields, 2 surrogate keys of its own", Fields(8), static i => $"product-{i} page-{i}");
        Measure(100_000, "8 fields, 2 surrogate keys of a hundred objects", Fields(8), static i => $"product-{i / 100} page-{i / 100}");
        Churn();
        return 0;
    }

    /// <summary>Bodies in files go through a store that keeps a twentieth of them: how many files wait for the collector at most.</summary>
    private static void Churn()
    {
        const long Bound = 256L << 20;
        const int Bodies = 5_000;
        using DeliveryCore core = new(new DeliveryOptions { StoreBytes = Bound, Eviction = EvictionKind.Fifo }, RouteTable.Create([Any]), null, TimeProvider.System);
        MemoryAccount account = new(long.MaxValue);
        var most = 0;
        for (var i = 0; i < Bodies; i++)
        {
            ReadOnlyMemory<byte>[] pieces = [.. Enumerable.Range(0, 16).Select(static _ => new ReadOnlyMemory<byte>(new byte[64 << 10]))];
            CachedObject stored = new(HeadOf(i, Bodies, Fields(8), ""), ObjectBody.Of(pieces), account);
            if (!core.Store.Put(stored) || !stored.Body.MoveToFile())
            {
                throw new InvalidOperationException("not stored");
            }

            most = Math.Max(most, MemoryFile.Count);
        }

        Console.WriteLine($"{Bodies} bodies of 1 MiB through a store of 256 MiB: {core.Store.Count} kept, {most} files open at most, {GC.CollectionCount(2)} full collections in all");
    }

    private static ResponseHead HeadOf(int number, int objects, (string Name, string Value)[] fields, string surrogates)
    {
        HeaderList sent = new();
        sent.Add("Accept-Encoding", "gzip, br");
        sent.Add("Accept-Language", "en");
        HeaderList response = new();
        foreach (var (name, value) in fields)
        {
            response.Add(name, value);
        }

        if (surrogates.Length > 0)
        {
            response.Add("Surrogate-Key", surrogates);
        }

        var now = DateTimeOffset.UtcNow;
        return ResponseHead.Of(
            CacheKey.Of(Encoding.Latin1.GetBytes($"http://bench.example/{objects}/some/path/object-{number}.html")), Any, 200, response, sent,
            new Arrival(now, now, TimeProvider.System.GetTimestamp()), default);
    }

    private static void Measure(int objects, string what, (string Name, string Value)[] fields, Func<int, string> surrogates)
    {
        using DeliveryCore core = new(new DeliveryOptions { StoreBytes = 16L << 30 }, RouteTable.Create([Any]), null, TimeProvider.System);
        MemoryAccount account = new(long.MaxValue);
        Fill(core.Store, account, 1, fields, surrogates);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var counted = core.Store.Bytes;
        Fill(core.Store, account, objects, fields, surrogates);
        var heap = (double)(GC.GetTotalMemory(forceFullCollection: true) - before) / objects;
        var said = (double)(core.Store.Bytes - counted) / objects;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {objects:#,0} | {what} | {heap:F0} | {said:F0} | {said / heap:F3} |"));
    }

    private static void Fill(MemoryStore store, MemoryAccount account, int objects, (string Name, string Value)[] fields, Func<int, string> surrogates)
    {
        for (var i = 0; i < objects; i++)
        {
            var head = HeadOf(i, objects, fields, surrogates(i));
            if (!store.Put(new CachedObject(head, ObjectBody.Of(new byte[BodyBytes]), account)))
            {
                throw new InvalidOperationException("not stored");
            }
        }
    }

    private static (string Name, string Value)[] Fields(int count) =>
    [
        ("Date", "Mon, 23 Nov 2026 12:00:00 GMT"), ("Cache-Control", "public, max-age=3600"), ("ETag", "\"v1\""),
        .. Enumerable.Range(3, count - 3).Select(static i => ($"X-Field-{i}", "a value of usual length")),
    ];
}
