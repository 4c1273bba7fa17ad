using System.Diagnostics;
using System.Globalization;
using Millrace.Delivery;
using Millrace.Delivery.Keys;
using Millrace.Delivery.Origins;
using Millrace.Delivery.Replies;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;
using Millrace.Delivery.Storage;

namespace Millrace.Bench.DeliveryHits;

/// <summary>What a memory hit costs in the core alone, without a transport: time and allocated bytes per request, for several kinds of hit.</summary>
internal static class HitBench
{
    private const int Objects = 1_000;
    private const int Rounds = 1_000_000;

    public static int Run()
    {
        Console.WriteLine("hit                     ns/request  bytes/request");
        Measure("1 KiB", 1024, static _ => { });
        Measure("1 KiB, browser's fields", 1024, static headers =>
        {
            headers.Add("Connection", "keep-alive");
            headers.Add("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36");
            headers.Add("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8");
            headers.Add("Accept-Encoding", "gzip, deflate, br, zstd");
            headers.Add("Accept-Language", "en-GB,en;q=0.9");
            headers.Add("Sec-Fetch-Mode", "navigate");
            headers.Add("Cookie", "session=0123456789abcdef; theme=dark");
        });
        Measure("1 KiB, Vary", 1024, static headers => headers.Add("Accept-Language", "en"), vary: true);
        Measure("HEAD", 1024, static _ => { }, method: "HEAD");
        Measure("304", 1024, static headers => headers.Add("If-None-Match", "\"v1\""));
        Measure("304 by date", 1024, static headers => headers.Add("If-Modified-Since", "Mon, 23 Nov 2026 12:00:00 GMT"));
        Measure("1 MiB", 1 << 20, static _ => { });
        Measure("1 MiB, range", 1 << 20, static headers => headers.Add("Range", "bytes=100000-299999"));
        Measure("1 MiB, small range", 1 << 20, static headers => headers.Add("Range", "bytes=-100"));
        Measure("1 MiB, If-Range", 1 << 20, static headers =>
        {
            headers.Add("Range", "bytes=100000-299999");
            headers.Add("If-Range", "\"v1\"");
        });
        return 0;
    }

    private static void Measure(string what, int size, Action<HeaderList> fields, bool vary = false, string method = "GET")
    {
        using DeliveryCore core = new(
            new DeliveryOptions { StoreBytes = 2L << 30, MaxObjectBytes = 8 << 20 },
            RouteTable.Create([new Route("*/*", new Uri("http://127.0.0.1:9"), Contract.Available)]), null, TimeProvider.System);
        var objects = size > 100_000 ? 16 : Objects;
        Fill(core, objects, size, vary);
        NullWriter writer = new();
        var exchange = core.Open(writer);
        var targets = Enumerable.Range(0, objects).Select(static i => System.Text.Encoding.Latin1.GetBytes($"/some/path/object-{i}.html")).ToArray();
        var verb = System.Text.Encoding.Latin1.GetBytes(method);
        Run(Rounds / 10);
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var began = Stopwatch.GetTimestamp();
        Run(Rounds);
        var took = Stopwatch.GetElapsedTime(began);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-24}{took.TotalNanoseconds / Rounds,10:F0}{(double)allocated / Rounds,15:F3}"));

        void Run(int rounds)
        {
            for (var i = 0; i < rounds; i++)
            {
                writer.Started = false;
                exchange.Begin();
                var request = exchange.Request;
                request.SetMethod(verb);
                request.SetAuthority("bench.example"u8);
                request.SetTarget(targets[i % targets.Length]);
                request.Headers.Add(FieldId.Host, "bench.example"u8);
                fields(request.Headers);
                var handled = core.HandleAsync(exchange, CancellationToken.None);
                if (!handled.IsCompletedSuccessfully || exchange.Outcome != DeliveryOutcome.Hit)
                {
                    throw new InvalidOperationException($"not a hit that ended at once: {exchange.Outcome}, {writer.Status}");
                }

                handled.GetAwaiter().GetResult();
            }
        }
    }

    private static void Fill(DeliveryCore core, int objects, int size, bool vary)
    {
        HeaderList response = new();
        response.Add("Content-Type", "text/html; charset=utf-8");
        response.Add("Cache-Control", "public, max-age=3600");
        response.Add("ETag", "\"v1\"");
        response.Add("Last-Modified", "Mon, 23 Nov 2026 12:00:00 GMT");
        response.Add("Server", "origin");
        HeaderList sent = new();
        if (vary)
        {
            response.Add("Vary", "Accept-Language");
            sent.Add("Accept-Language", "en");
        }

        MemoryAccount account = new(long.MaxValue);
        var now = DateTimeOffset.UtcNow;
        for (var i = 0; i < objects; i++)
        {
            Arrival arrival = new(now, now, TimeProvider.System.GetTimestamp());
            var head = ResponseHead.Of(CacheKey.Of($"http://bench.example/some/path/object-{i}.html"), new Route("*/*", new Uri("http://127.0.0.1"), Contract.Available), 200, response, sent, arrival, default);
            ReadOnlyMemory<byte>[] pieces = [.. Enumerable.Range(0, (size + Filling.ChunkBytes - 1) / Filling.ChunkBytes)
                .Select(at => new ReadOnlyMemory<byte>(new byte[Math.Min(Filling.ChunkBytes, size - (at * Filling.ChunkBytes))]))];
            core.Store.Put(new CachedObject(head, ObjectBody.Of(pieces), account));
        }
    }
}
