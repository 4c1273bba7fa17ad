using System.Text;
using Millrace.Delivery.Keys;
using Millrace.Delivery.Origins;
using Millrace.Delivery.Replies;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Tests;

/// <summary>What a hit from memory takes in the core: one thread, no memory, no wait.</summary>
public class HitAllocationTests
{
    private const int Warm = 2_000;
    private const int Measured = 1_000;

    [Theory]
    [InlineData("", "")]
    [InlineData("Range: bytes=10-99", "")]
    [InlineData("Range: bytes=70000-270000", "")]
    [InlineData("Range: bytes=70000-270000|If-Range: \"v1\"", "")]
    [InlineData("Range: bytes=70000-270000|If-Range: \"v2\"", "")]
    [InlineData("Range: bytes=900000-", "")]
    [InlineData("If-Modified-Since: Mon, 23 Nov 2026 12:00:00 GMT", "")]
    [InlineData("", "", "HEAD")]
    [InlineData("Connection: keep-alive|Accept: text/html|Cookie: a=b|Accept-Encoding: gzip, br|X-Forwarded-Host: evil", "")]
    [InlineData("Accept-Language: de|Accept-Language: en", "Accept-Language")]
    [InlineData("If-None-Match: W/\"v1\"", "")]
    [InlineData("Cache-Control: max-age=100, max-stale=5", "")]
    public void Hit_ends_at_once_and_allocates_nothing(string fields, string vary, string method = "GET")
    {
        using DeliveryCore core = new(new DeliveryOptions(), RouteTable.Create([new Route("*/*", new Uri("http://127.0.0.1:9"), Contract.Available)]), null, TimeProvider.System);
        Store(core, fields, vary);
        MemoryWriter writer = new();
        var exchange = core.Open(writer);
        var lines = Array.ConvertAll(fields.Split('|', StringSplitOptions.RemoveEmptyEntries), static line => Encoding.Latin1.GetBytes(line));
        var verb = Encoding.Latin1.GetBytes(method);
        for (var i = 0; i < Warm; i++)
        {
            Ask();
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Measured; i++)
        {
            Ask();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(DeliveryOutcome.Hit, exchange.Outcome);

        void Ask()
        {
            writer.Clear();
            exchange.Begin();
            exchange.Request.SetMethod(verb);
            exchange.Request.SetAuthority("H.example:80"u8);
            exchange.Request.SetTarget("/page?a=1"u8);
            foreach (var line in lines)
            {
                var colon = line.AsSpan().IndexOf((byte)':');
                exchange.Request.Headers.Add(line.AsSpan(0, colon), line.AsSpan(colon + 2));
            }

            var handled = core.HandleAsync(exchange, CancellationToken.None);
            Assert.True(handled.IsCompletedSuccessfully);
            handled.GetAwaiter().GetResult();
        }
    }

    private static void Store(DeliveryCore core, string fields, string vary)
    {
        HeaderList response = new();
        response.Add("Cache-Control", "max-age=3600");
        response.Add("ETag", "\"v1\"");
        response.Add("Last-Modified", "Mon, 23 Nov 2026 12:00:00 GMT");
        HeaderList sent = new();
        foreach (var line in fields.Split('|', StringSplitOptions.RemoveEmptyEntries))
        {
            sent.Add(line[..line.IndexOf(':', StringComparison.Ordinal)], line[(line.IndexOf(':', StringComparison.Ordinal) + 2)..]);
        }

        if (vary.Length > 0)
        {
            response.Add("Vary", vary);
        }

        var now = TimeProvider.System.GetUtcNow();
        var head = ResponseHead.Of(CacheKey.Of("http://h.example/page?a=1"), new Route("*/*", new Uri("http://127.0.0.1"), Contract.Available), 200, response, sent, new Arrival(now, now, TimeProvider.System.GetTimestamp()), default);
        Assert.True(core.Store.Put(new CachedObject(head, ObjectBody.Of([.. Enumerable.Range(0, 8).Select(static _ => new ReadOnlyMemory<byte>(new byte[64 << 10]))]), new MemoryAccount(long.MaxValue))));
    }
}
