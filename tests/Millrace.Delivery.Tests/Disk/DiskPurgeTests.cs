using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Millrace.Delivery.Keys;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Storage.Disk;
using Millrace.Delivery.Tests.Purge;

namespace Millrace.Delivery.Tests.Disk;

/// <summary>Purges and what lies on disk: one that was acknowledged holds after a crash at any step, touches nothing else, and old ones cost a start nothing.</summary>
public class DiskPurgeTests
{
    private readonly FaultyDisk _disk = new();
    private string _version = "1";

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    private static int Old => int.TryParse(Environment.GetEnvironmentVariable("MILLRACE_OLD_PURGES"), out var count) ? count : 100_000;

    [Theory]
    [InlineData("url", true)]
    [InlineData("key", true)]
    [InlineData("route", true)]
    [InlineData("prefix", true)]
    [InlineData("soft", true)]
    [InlineData("url", false)]
    [InlineData("key", false)]
    [InlineData("route", false)]
    [InlineData("prefix", false)]
    [InlineData("soft", false)]
    public async Task Acknowledged_purge_holds_after_a_power_cut_at_any_step_and_spares_the_rest(string how, bool follows)
    {
        FakeFeed? Feed() => follows ? new FakeFeed(TimeProvider.System) : null;
        var feed = Feed();
        var random = new Random(1);
        ConcurrentQueue<FaultyDisk> cuts = new();
        await using (var edge = await DiskEdge.OpenAsync(_disk, Origin, feed))
        {
            await edge.GetAsync("/news/a");
            await edge.GetAsync("/sport/b");
            await edge.Harness.WrittenAsync();
            await PurgeAsync(edge, feed, how);

            // From here on the power may go before each thing that is asked of the disk, and leave this or that of what was not synced.
            bool Cut()
            {
                lock (random)
                {
                    cuts.Enqueue(_disk.AfterPowerCut(random.Next));
                    cuts.Enqueue(_disk.AfterPowerCut(random.Next));
                    cuts.Enqueue(_disk.AfterPowerCut(random.Next));
                }

                return false;
            }

            Cut();
            _disk.Fault = (_, _) => Cut();
            await edge.GetAsync("/sport/c");
            await edge.Harness.WrittenAsync();
            await PurgeAsync(edge, feed, "other");
            await edge.Harness.WrittenAsync();
        }

        _version = "2";
        Assert.True(cuts.Count >= 12, $"{cuts.Count} cuts");
        var spared = 0;
        foreach (var left in cuts)
        {
            await using var again = await DiskEdge.OpenAsync(left, Origin, feed);
            var purged = await again.GetAsync("/news/a");
            Assert.True(purged.Text == "2" && !purged.CacheStatus.StartsWith("Millrace; hit", StringComparison.Ordinal), purged.CacheStatus);
            spared += (await again.GetAsync("/sport/b")).Text == "1" ? 1 : 0;
        }

        // A body that was never synced may be lost to the cut; what is there is spared.
        Assert.True(spared > 0);
    }

    [Fact]
    public async Task Old_purges_are_not_read_again_at_a_start()
    {
        FakeFeed feed = new(TimeProvider.System);
        var began = TimeProvider.System.GetTimestamp();
        await using (var edge = await DiskEdge.OpenAsync(_disk, Origin, feed))
        {
            for (var i = 0; i < Old; i++)
            {
                feed.Add(new PurgeRequest { Keys = [$"old {i % 1_000}"] });
            }

            await edge.Follower!.WaitAsync(Old - 1, Now);
            TestContext.Current.TestOutputHelper?.WriteLine($"{Old} purges obeyed in {TimeProvider.System.GetElapsedTime(began).TotalSeconds:F2} s");
            await edge.GetAsync("/news/a");
            await edge.Harness.WrittenAsync();
        }

        var ledger = _disk.Bytes["/disk/ledger"].Length;
        Assert.InRange(ledger, 1, 4 << 20);
        FakeFeed later = feed.Copy();
        began = TimeProvider.System.GetTimestamp();
        await using var again = await DiskEdge.OpenAsync(_disk, Origin, later);
        TestContext.Current.TestOutputHelper?.WriteLine($"started after them in {TimeProvider.System.GetElapsedTime(began).TotalSeconds:F2} s, with a ledger of {ledger} bytes");
        Assert.Equal(Old, later.FirstAsked);
        Assert.StartsWith("Millrace; hit", (await again.GetAsync("/news/a")).CacheStatus, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Disk_that_obeyed_another_order_of_purges_is_forgotten(bool shorter)
    {
        FakeFeed feed = new(TimeProvider.System);
        await using (var edge = await DiskEdge.OpenAsync(_disk, Origin, feed))
        {
            await edge.Follower!.WaitAsync(feed.Add(new PurgeRequest { Keys = ["x"] }), Now);
            await edge.GetAsync("/news/a");
            await edge.Harness.WrittenAsync();
        }

        FakeFeed other = new(TimeProvider.System) { Id = shorter ? 1UL : 2UL };
        if (!shorter)
        {
            other.Add(new PurgeRequest { Keys = ["news"] });
        }

        await using var again = await DiskEdge.OpenAsync(_disk, Origin, other);
        Assert.StartsWith("Millrace; fwd=uri-miss", (await again.GetAsync("/news/a")).CacheStatus, StringComparison.Ordinal);
        await again.Harness.WrittenAsync();
        await again.Follower!.WaitAsync(other.Add(new PurgeRequest { Keys = ["y"] }), Now);
        Assert.StartsWith("Millrace; hit", (await again.GetAsync("/news/a")).CacheStatus, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plane_that_follows_no_feed_any_more_goes_on_in_an_order_of_its_own()
    {
        FakeFeed feed = new(TimeProvider.System);
        await using (var edge = await DiskEdge.OpenAsync(_disk, Origin, feed))
        {
            await edge.GetAsync("/news/a");
            await edge.Harness.WrittenAsync();
        }

        await using (var alone = await DiskEdge.OpenAsync(_disk, Origin))
        {
            Assert.StartsWith("Millrace; hit", (await alone.GetAsync("/news/a")).CacheStatus, StringComparison.Ordinal);
            await alone.Harness.Plane.PurgeAsync(new PurgeRequest { Keys = ["sport"] }, Now);
        }

        await using var again = await DiskEdge.OpenAsync(_disk, Origin, feed);
        Assert.StartsWith("Millrace; fwd=uri-miss", (await again.GetAsync("/news/a")).CacheStatus, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answer_that_an_unsafe_request_overtook_is_not_written_for_the_next_process()
    {
        TaskCompletionSource asked = new(), held = new();
        RequestDelegate origin = async context =>
        {
            if (context.Request.Method == "GET")
            {
                asked.TrySetResult();
                await held.Task;
            }

            await Origin(context);
        };
        await using (var edge = await DiskEdge.OpenAsync(_disk, origin))
        {
            var old = edge.GetAsync("/news/a");
            await asked.Task.WaitAsync(Now);
            using (await edge.Harness.SendAsync(HttpMethod.Post, "/news/a", null, ("Host", DiskEdge.Host)))
            {
            }

            held.SetResult();
            await old;
            await edge.Harness.WrittenAsync();
        }

        _version = "2";
        await using var again = await DiskEdge.OpenAsync(_disk, Origin);
        Assert.Equal("2", (await again.GetAsync("/news/a")).Text);
    }

    [Fact]
    public async Task Purge_that_cannot_be_noted_empties_the_disk_and_one_that_cannot_be_made_good_is_not_acknowledged()
    {
        await using (var edge = await DiskEdge.OpenAsync(_disk, Origin))
        {
            await edge.GetAsync("/news/a");
            await edge.Harness.WrittenAsync();
            _disk.Fault = static (operation, path) => operation is DiskOperation.Write or DiskOperation.Create or DiskOperation.Delete && !path.EndsWith("format", StringComparison.Ordinal);
            await Assert.ThrowsAsync<IOException>(async () => await edge.Harness.Plane.PurgeAsync(new PurgeRequest { Keys = ["news"] }, Now));
            _disk.Fault = static (operation, path) => path.Contains("ledger", StringComparison.Ordinal);
            await edge.Harness.Plane.PurgeAsync(new PurgeRequest { Keys = ["news"] }, Now);
            Assert.Equal(0, edge.Disk.Stats.Entries);
            Assert.True(edge.Disk.Stats.ByReason[DiskReason.NotesFailed] > 0);
            _disk.Fault = null;
        }

        _version = "2";
        await using var again = await DiskEdge.OpenAsync(_disk, Origin);
        Assert.Equal("2", (await again.GetAsync("/news/a")).Text);
    }

    [Fact]
    public async Task Ledger_that_is_lost_or_damaged_takes_everything_with_it()
    {
        await using (var edge = await DiskEdge.OpenAsync(_disk, Origin))
        {
            await edge.GetAsync("/news/a");
            await edge.Harness.Plane.PurgeAsync(new PurgeRequest { Keys = ["news"] }, Now);
            await edge.Harness.Plane.PurgeAsync(new PurgeRequest { Keys = ["other"] }, Now);
            await edge.GetAsync("/sport/b");
            await edge.Harness.WrittenAsync();
        }

        var image = _disk.Bytes;
        var used = image["/disk/ledger"].AsSpan().LastIndexOfAnyExcept((byte)0);
        _version = "2";
        for (var at = -1; at < used; at += 5)
        {
            var disk = FaultyDisk.With(image);
            if (at < 0)
            {
                disk.Delete("/disk/ledger");
            }
            else
            {
                disk.Damage("/disk/ledger", bytes =>
                {
                    bytes[at] ^= 0x10;
                    return bytes;
                });
            }

            await using var again = await DiskEdge.OpenAsync(disk, Origin);
            Assert.Equal("2", (await again.GetAsync("/news/a")).Text);

            // Between two groups lie a few bytes that say nothing.
            Assert.True(at >= 0 || (await again.GetAsync("/sport/b")).Text == "2");
        }
    }

    private static Task<int> PurgeAsync(DiskEdge edge, FakeFeed? feed, string how)
    {
        PurgeRequest request = new()
        {
            Urls = how == "url" ? [$"{DiskEdge.Host}/news/a"] : [],
            Keys = how is "key" or "soft" ? ["news"] : how == "other" ? ["other"] : [],
            Route = how == "route" ? $"{DiskEdge.Host}/news/*" : null,
            Prefixes = how == "prefix" ? [$"{DiskEdge.Host}/news/"] : [],
            Soft = how == "soft",
        };
        return feed is null ? edge.Harness.Plane.PurgeAsync(request, Now).AsTask() : edge.Follower!.WaitAsync(feed.Add(request), Now);
    }

    private Task Origin(HttpContext context)
    {
        context.Response.Headers.CacheControl = "max-age=600";
        context.Response.Headers["Surrogate-Key"] = context.Request.Path.Value!.Split('/')[1];
        return context.Response.WriteAsync(_version);
    }

    [Fact]
    public void Own_offset_that_a_crash_has_lost_is_not_given_to_a_later_purge()
    {
        PurgeLog before = new(10, TimeProvider.System);
        var noted = new PurgeNotes(before).Snapshot().ToList();
        before.Add(PurgeScope.OfKeys([CacheKey.Of("http://h/other")]));
        var began = Beginning.Restored(before.Next);

        PurgeLog after = new(10, TimeProvider.System);
        PurgeNotes notes = new(after);
        notes.Restore(noted);
        var key = CacheKey.Of("http://h/a");
        Assert.Equal(PurgeVerdict.Void, after.Judge(began, key, []));
        after.Add(PurgeScope.OfKeys([key]));
        Assert.Equal(PurgeVerdict.Void, after.Judge(began, key, []));

        PurgeLog last = new(10, TimeProvider.System);
        new PurgeNotes(last).Restore([.. notes.Snapshot()]);
        Assert.Equal(PurgeVerdict.Void, last.Judge(began, key, []));
    }

    [Fact]
    public async Task Notes_of_a_later_release_are_as_good_as_lost()
    {
        await using (var edge = await DiskEdge.OpenAsync(_disk, Origin))
        {
            await edge.GetAsync("/news/a");
            await edge.Harness.WrittenAsync();
            edge.Disk.Note([200, 1, 0, 0, 0, 0, 0, 0, 0]);
            await edge.Harness.WrittenAsync();
            Assert.Equal(1, edge.Disk.Stats.Entries);
        }

        _version = "2";
        await using var again = await DiskEdge.OpenAsync(_disk, Origin);
        Assert.Equal(1, again.Disk.Stats.ByReason[DiskReason.NotesLost]);
        Assert.Equal("2", (await again.GetAsync("/news/a")).Text);
    }
}
