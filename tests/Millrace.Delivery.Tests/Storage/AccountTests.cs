using Microsoft.AspNetCore.Http;
using Millrace.Delivery.Freshness;
using Millrace.Delivery.Keys;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Tests;

/// <summary>Each byte is in one account, whatever heads its body has had and whoever reads it.</summary>
public class AccountTests
{
    [Fact]
    public void Old_heads_that_are_still_read_do_not_count_a_body_that_the_store_has()
    {
        MemoryAccount account = new(long.MaxValue);
        MemoryStore store = new(1 << 20, 4, new PurgeLog(10, TimeProvider.System));
        var first = Object(account);
        store.Put(first);
        var latest = first;
        for (var i = 0; i < 10; i++)
        {
            // A reader of each version, which a 304 gives a new head meanwhile.
            latest.Hold();
            CachedObject refreshed = new(latest.Head, latest);
            Assert.True(store.Put(refreshed, supersedes: latest));
            latest = refreshed;
        }

        Assert.Equal(0, account.Bytes);
        store.Drop(latest);
        Assert.Equal(first.Size, account.Bytes);
        for (var i = 0; i < 9; i++)
        {
            first.LetGo();
        }

        Assert.Equal(first.Size, account.Bytes);
        latest.LetGo();
        Assert.Equal(0, account.Bytes);
        Assert.Empty(store.CheckIntegrity());
    }

    [Fact]
    public async Task Bytes_are_in_one_account_after_holds_and_stores_race()
    {
        MemoryAccount account = new(long.MaxValue);
        var node = Object(account);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Factory.StartNew(
            () =>
            {
                for (var i = 0; i < 20_000; i++)
                {
                    if (worker == 0)
                    {
                        node.Entered();
                        node.Left();
                    }
                    else
                    {
                        node.Hold();
                        node.LetGo();
                    }
                }
            },
            TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        Assert.Equal(0, account.Bytes);
        node.Hold();
        Assert.Equal(node.Size, account.Bytes);
    }

    [Fact]
    public async Task Refusal_of_much_does_not_make_little_fail_beside_it()
    {
        MemoryAccount account = new(1_000);
        using CancellationTokenSource done = new();
        var refused = Task.Factory.StartNew(
            () =>
            {
                while (!done.IsCancellationRequested)
                {
                    Assert.False(account.TryTake(1_001));
                }
            },
            TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var failures = 0;
        for (var i = 0; i < 500_000; i++)
        {
            if (account.TryTake(1))
            {
                account.Return(1);
            }
            else
            {
                failures++;
            }
        }

        await done.CancelAsync();
        await refused;
        Assert.Equal(0, failures);
    }

    [Fact]
    public async Task Slow_readers_of_what_is_renewed_every_second_leave_room_for_others()
    {
        var page = new byte[1 << 20];
        await using var edge = await DeliveryHarness.StartAsync(
            async context =>
            {
                context.Response.Headers.CacheControl = "max-age=1";
                context.Response.Headers.ETag = "\"v1\"";
                if (context.Request.Headers.IfNoneMatch == "\"v1\"")
                {
                    context.Response.StatusCode = 304;
                    return;
                }

                context.Response.ContentLength = page.Length;
                await context.Response.Body.WriteAsync(page);
            },
            new DeliveryOptions { FillBytes = 4 << 20 });
        await edge.GetAsync("/a");
        await edge.SettledAsync();
        List<CachedObject> held = [];
        for (var i = 0; i < 8; i++)
        {
            var version = edge.Plane.Core.Store.FindAny(CacheKey.OfUrl($"{edge.Edge}a").First())!;
            version.Hold();
            held.Add(version);
            edge.Time.Advance(TimeSpan.FromSeconds(2));
            await edge.GetAsync("/a");
            await edge.SettledAsync();
        }

        Assert.InRange(edge.Plane.Stats.FillBytes, 0, 4 << 20);
        await edge.GetAsync("/b");
        await edge.SettledAsync();
        Assert.Equal(2, edge.Plane.Stats.Objects);
        held.ForEach(static version => version.LetGo());
    }

    private static CachedObject Object(MemoryAccount account)
    {
        HeaderList none = new();
        var head = new ResponseHead
        {
            Key = CacheKey.Of("http://h/a"), Route = "r", Vary = VaryKey.Of(none, none), Status = 200, Headers = none, Directives = default,
            Freshness = new FreshnessRules(TimeSpan.FromMinutes(1), TimeSpan.Zero, true), ReceivedTimestamp = 0, Began = default, SurrogateKeys = [],
        };
        return new CachedObject(head, ObjectBody.Of(new byte[10_000]), account);
    }
}
