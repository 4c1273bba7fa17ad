using Millrace.Delivery.Freshness;
using Millrace.Delivery.Keys;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Tests;

public class MemoryStoreTests
{
    [Fact]
    public async Task Bytes_stay_in_bound_and_add_up_after_a_concurrent_soak()
    {
        const long Capacity = 400_000;
        PurgeLog purges = new(50, TimeProvider.System);
        MemoryStore store = new(Capacity, 3, purges);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Factory.StartNew(() => Work(worker), TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        Assert.Empty(store.CheckIntegrity());
        Assert.True(store.Evictions > 0);
        store.Purge([new PurgeScope([], [], [PurgePattern.OfRoute(RoutePattern.Parse("h/*", out _)!)], false)], TimeProvider.System);
        Assert.Equal((0L, 0), (store.Bytes, store.Count));

        void Work(int worker)
        {
            var state = (ulong)worker + 1;
            for (var i = 0; i < 5_000; i++)
            {
                state = (state * 6364136223846793005) + 1442695040888963407;
                var roll = (int)(state >> 40);
                var key = CacheKey.Of($"http://h/{roll % 97}");
                var request = Accepting($"{roll % 5}");
                if (roll % 50 == 0)
                {
                    PurgeScope purge = new([key], ["k1"], [], Soft: roll % 100 == 0);
                    purges.Add(purge);
                    store.Purge([purge], TimeProvider.System);
                }
                else if (Find(store, key, request) is not { } found)
                {
                    store.Put(Response(key, request, roll % 7_000, purges.Now, $"k{roll % 4}"));
                }
                else
                {
                    Assert.True(found.Key.Equals(key) && found.Head.Vary.Matches(request));
                }

                Assert.True(store.Bytes <= Capacity);
            }
        }
    }

    [Fact]
    public void What_is_asked_for_outlives_what_is_not()
    {
        MemoryStore store = new(60_000, 4, new PurgeLog(10, TimeProvider.System));
        store.Put(Response(CacheKey.Of("http://h/hot"), new(), 2_000, default, "k"));
        for (var i = 0; i < 200; i++)
        {
            Assert.NotNull(Find(store, CacheKey.Of("http://h/hot"), new()));
            store.Put(Response(CacheKey.Of($"http://h/{i}"), new(), 2_000, default, "k"));
        }

        Assert.NotNull(Find(store, CacheKey.Of("http://h/hot"), new()));
        Assert.Empty(store.CheckIntegrity());
    }

    [Fact]
    public void Variant_that_is_refused_costs_no_other_its_place()
    {
        MemoryStore store = new(60_000, 1, new PurgeLog(10, TimeProvider.System));
        var key = CacheKey.Of("http://h/a");
        for (var i = 0; i < 4; i++)
        {
            store.Put(Response(CacheKey.Of($"http://h/{i}"), new(), 12_000, default, "k"));
            Assert.NotNull(Find(store, CacheKey.Of($"http://h/{i}"), new()));
        }

        Assert.True(store.Put(Response(key, Accepting("small"), 100, default, "k")));
        Assert.False(store.Put(Response(key, Accepting("large"), 55_000, default, "k")));
        Assert.NotNull(Find(store, key, Accepting("small")));
        Assert.True(store.Put(Response(key, Accepting("other"), 100, default, "k")));
        Assert.Null(Find(store, key, Accepting("small")));
        Assert.Empty(store.CheckIntegrity());
    }

    [Fact]
    public void Response_begun_before_its_purge_is_refused_even_when_the_log_has_forgotten()
    {
        PurgeLog purges = new(2, TimeProvider.System);
        MemoryStore store = new(60_000, 4, purges);
        var began = purges.Now;
        Assert.False(purges.Add(0, PurgeScope.OfKeys([CacheKey.Of("http://h/a")])).IsFloor);
        Assert.False(store.Put(Response(CacheKey.Of("http://h/a"), new(), 10, began, "k")));
        Assert.True(store.Put(Response(CacheKey.Of("http://h/b"), new(), 10, began, "k")));
        Assert.True(purges.Add(1, PurgeScope.OfKeys([CacheKey.Of("x"), CacheKey.Of("y"), CacheKey.Of("z")])).IsFloor);
        Assert.False(store.Put(Response(CacheKey.Of("http://h/c"), new(), 10, began, "k")));
        Assert.True(store.Put(Response(CacheKey.Of("http://h/c"), new(), 10, purges.Now, "k")));
    }

    private static HeaderList Accepting(string what)
    {
        HeaderList request = new();
        request.Add("Accept", what);
        return request;
    }

    private static CachedObject? Find(MemoryStore store, CacheKey key, HeaderList fields)
    {
        DeliveryRequest request = new();
        request.Headers.CopyFrom(fields);
        KeyBuffer buffer = new();
        buffer.Append(key.Bytes);
        return store.Find(buffer, new UpstreamFields(request, "edge"));
    }

    private static CachedObject Response(CacheKey key, HeaderList request, int bytes, Beginning began, string surrogate)
    {
        HeaderList headers = new();
        headers.Add("Vary", "Accept");
        var head = new ResponseHead
        {
            Key = key, Route = "r", Vary = VaryKey.Of(headers, request), Status = 200, Headers = headers, Directives = default,
            Freshness = new FreshnessRules(TimeSpan.FromMinutes(1), TimeSpan.Zero, true), ReceivedTimestamp = 0, Began = began, SurrogateKeys = [surrogate],
        };
        return new CachedObject(head, ObjectBody.Of(new byte[bytes]), new MemoryAccount(0));
    }
}
