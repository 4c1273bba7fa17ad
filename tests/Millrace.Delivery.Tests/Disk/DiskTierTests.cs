using System.Text;
using Millrace.Delivery.Storage.Disk;

namespace Millrace.Delivery.Tests.Disk;

public class DiskTierTests
{
    private readonly FaultyDisk _disk = new();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1024)]
    [InlineData(1025)]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData(50_000)]
    public async Task What_was_written_is_read_and_after_a_restart_too(int length)
    {
        await using (var tier = await DiskObjects.OpenReadyAsync(_disk))
        {
            Assert.True(tier.Put("a", 1, length));
            await tier.FlushAsync();
            Assert.Equal(1, await tier.ReadAsync("a"));
            Assert.Null(await tier.ReadAsync("b"));
            Assert.Empty(tier.CheckIntegrity());
        }

        await using var again = await DiskObjects.OpenReadyAsync(_disk);
        Assert.Equal(1, await again.ReadAsync("a"));
        Assert.True(again.Find("a")!.Value.IsWhole);
        Assert.Empty(again.CheckIntegrity());
    }

    [Fact]
    public async Task A_newer_version_takes_the_place_of_the_older_and_never_its_slices()
    {
        await using var tier = await DiskObjects.OpenReadyAsync(_disk);
        tier.Put("a", 1, 20_000);
        await tier.FlushAsync();
        var old = tier.Find("a")!.Value;
        tier.Put("a", 2, 9_000);
        await tier.FlushAsync();
        Assert.Equal(2, await tier.ReadAsync("a"));
        Assert.Null(await tier.ReadSliceAsync(old, 0, TestContext.Current.CancellationToken));
        Assert.Null(await tier.ReadHeadAsync(old, TestContext.Current.CancellationToken));
        Assert.Equal(1, tier.Stats.Entries);
        Assert.Equal(3, tier.Stats.Slices);
    }

    [Fact]
    public async Task A_version_that_ends_after_a_newer_one_does_not_take_its_place()
    {
        await using (var tier = await DiskObjects.OpenReadyAsync(_disk))
        {
            using var slow = tier.TryBegin(tier.KeyOf("a"), 0, 5_000)!;
            slow.Append(DiskObjects.Body("a", 1, 5_000));
            tier.Put("a", 2, 5_000);
            await tier.FlushAsync();
            slow.Commit(DiskObjects.Head("a", 1));
            await tier.FlushAsync();
            Assert.Equal(2, await tier.ReadAsync("a"));
        }

        await using var again = await DiskObjects.OpenReadyAsync(_disk);
        Assert.Equal(2, await again.ReadAsync("a"));
    }

    [Fact]
    public async Task Variants_stand_side_by_side_newest_first()
    {
        await using var tier = await DiskObjects.OpenReadyAsync(_disk);
        tier.Put("a", 1, 10, variant: 7);
        tier.Put("a", 2, 20, variant: 8);
        tier.Put("a", 3, 30, variant: 9);
        await tier.FlushAsync();
        var found = new DiskEntry[8];
        Assert.Equal(3, tier.Find(tier.KeyOf("a"), found));
        Assert.Equal([9UL, 8UL, 7UL], found.Take(3).Select(static entry => entry.Variant));
        tier.Remove(found[1]);
        Assert.Equal(2, tier.Find(tier.KeyOf("a"), found));
        Assert.Equal([9UL, 7UL], found.Take(2).Select(static entry => entry.Variant));
    }

    [Fact]
    public async Task A_fill_that_ends_without_a_head_leaves_nothing()
    {
        await using var tier = await DiskObjects.OpenReadyAsync(_disk);
        using (var fill = tier.TryBegin(tier.KeyOf("a"), 0, null)!)
        {
            Assert.True(fill.Append(new byte[20_000]));
        }

        await tier.FlushAsync();
        Assert.Null(tier.Find("a"));
        Assert.Equal((0, 0), (tier.Stats.Entries, tier.Stats.Slices));
        Assert.Equal(0, tier.Stats.QueueBytes);
    }

    [Fact]
    public async Task A_body_that_ended_early_is_not_committed()
    {
        await using var tier = await DiskObjects.OpenReadyAsync(_disk);
        using var fill = tier.TryBegin(tier.KeyOf("a"), 0, 100)!;
        Assert.True(fill.Append(new byte[99]));
        Assert.False(fill.Commit("h"u8));
    }

    [Fact]
    public async Task A_large_body_may_be_held_in_part_and_completed_later()
    {
        const int Length = 3 * 4096;
        var body = DiskObjects.Body("a", 1, Length);
        await using (var tier = await DiskObjects.OpenReadyAsync(_disk))
        {
            using (var fill = tier.TryBegin(tier.KeyOf("a"), 0, Length)!)
            {
                Assert.True(fill.Commit(DiskObjects.Head("a", 1)));
                Assert.True(fill.Write(2, body.AsSpan(8192)));
            }

            await tier.FlushAsync();
        }

        await using var again = await DiskObjects.OpenReadyAsync(_disk);
        var entry = again.Find("a")!.Value;
        Assert.Equal((3, 1, false), (entry.SliceCount, entry.SlicesHeld, entry.IsWhole));
        Assert.Null(await again.ReadAsync("a"));
        using (var more = again.TryExtend(entry)!)
        {
            more.Write(0, body.AsSpan(0, 4096));
            more.Write(1, body.AsSpan(4096, 4096));
        }

        await again.FlushAsync();
        Assert.Equal(1, await again.ReadAsync("a"));
    }

    [Fact]
    public async Task A_new_head_keeps_the_body()
    {
        await using var tier = await DiskObjects.OpenReadyAsync(_disk);
        tier.Put("a", 1, 9_000);
        await tier.FlushAsync();
        using (var refresh = tier.TryExtend(tier.Find("a")!.Value)!)
        {
            Assert.True(refresh.Commit("refreshed"u8));
        }

        await tier.FlushAsync();
        var entry = tier.Find("a")!.Value;
        using var head = await tier.ReadHeadAsync(entry, TestContext.Current.CancellationToken);
        Assert.Equal("refreshed", Encoding.UTF8.GetString(head!.Head.Span));
        Assert.True(entry.IsWhole);
    }

    [Fact]
    public async Task Removal_holds_at_once_for_what_is_held_what_waits_and_what_is_on_its_way_and_after_a_restart()
    {
        await using (var tier = await DiskObjects.OpenReadyAsync(_disk))
        {
            tier.Put("held", 1, 9_000);
            await tier.FlushAsync();
            tier.Put("waiting", 1, 100);
            using var coming = tier.TryBegin(tier.KeyOf("coming"), 0, null)!;
            coming.Append(DiskObjects.Body("coming", 1, 5_000));
            foreach (var name in (string[])["held", "waiting", "coming"])
            {
                tier.Remove(tier.KeyOf(name));
                Assert.Null(tier.Find(name));
            }

            Assert.False(coming.Commit(DiskObjects.Head("coming", 1)));
            await tier.FlushAsync();
            tier.Put("held", 2, 9_000);
            await tier.FlushAsync();
            Assert.Equal(2, await tier.ReadAsync("held"));
            Assert.Null(tier.Find("waiting"));
        }

        await using var again = await DiskObjects.OpenReadyAsync(_disk);
        Assert.Equal(2, await again.ReadAsync("held"));
        Assert.Null(again.Find("waiting"));
        Assert.Null(again.Find("coming"));
    }

    [Fact]
    public async Task Removing_what_is_not_held_writes_nothing()
    {
        await using var tier = await DiskObjects.OpenReadyAsync(_disk);
        tier.Put("a", 1, 10);
        await tier.FlushAsync();
        var (written, syncs) = (tier.Stats.Written, _disk.Syncs);
        for (var i = 0; i < 100; i++)
        {
            tier.Remove(tier.KeyOf($"absent {i}"));
        }

        await tier.FlushAsync();
        Assert.Equal((written, syncs), (tier.Stats.Written, _disk.Syncs));
    }

    [Fact]
    public async Task More_removals_than_the_bound_remove_everything()
    {
        await using (var tier = await DiskObjects.OpenReadyAsync(_disk))
        {
            for (var i = 0; i < 20; i++)
            {
                tier.Put($"{i}", 1, 10);
            }

            await tier.FlushAsync();
        }

        await using (var tier = await DiskObjects.OpenReadyAsync(_disk, options: DiskObjects.Options with { MaxRemovals = 3 }))
        {
            foreach (var i in Enumerable.Range(0, 4))
            {
                tier.Remove(tier.KeyOf($"{i}"));
            }

            // The writer may have written some before the bound was hit; then fewer waited.
            Assert.Equal(tier.Stats.ByReason[DiskReason.RemovalsFull] > 0 ? 0 : 16, tier.Stats.Entries);
            Assert.Equal(tier.Stats.Entries, tier.RemoveWhere(static _ => true));
            await tier.FlushAsync();
            Assert.Equal(1, tier.Stats.ByReason[DiskReason.RemovalsFull]);
        }

        await using var again = await DiskObjects.OpenReadyAsync(_disk);
        Assert.Equal(0, again.Stats.Entries);
    }

    [Fact]
    public async Task Second_process_on_the_folder_is_refused()
    {
        await using var tier = await DiskObjects.OpenAsync(_disk);
        var refused = await Assert.ThrowsAsync<IOException>(async () => await DiskObjects.OpenAsync(_disk));
        Assert.Contains("another process uses it", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Folder_of_another_version_is_set_aside_and_counted()
    {
        await using (var tier = await DiskObjects.OpenReadyAsync(_disk))
        {
            tier.Put("a", 1, 10);
            await tier.FlushAsync();
        }

        _disk.Damage("/disk/format", static bytes => Encoding.ASCII.GetBytes(Encoding.ASCII.GetString(bytes).Replace("cache 1", "cache 9", StringComparison.Ordinal)));
        await using var again = await DiskObjects.OpenReadyAsync(_disk);
        Assert.Equal(0, again.Stats.Entries);
        Assert.Equal(1, again.Stats.ByReason[DiskReason.SetAside]);
        Assert.Contains(_disk.Bytes.Keys, static path => path.StartsWith("/disk/set-aside/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Old_segments_leave_what_was_asked_for_stays()
    {
        await using var tier = await DiskObjects.OpenReadyAsync(_disk);
        tier.Put("asked", 1, 6_000);
        for (var i = 0; i < 1000; i++)
        {
            tier.Put($"{i}", 1, 3_000);
            await tier.FlushAsync();
            Assert.Equal(1, await tier.ReadAsync("asked"));
            Assert.True(tier.Stats.Bytes <= DiskObjects.Options.MaxBytes);
        }

        Assert.Null(tier.Find("0"));
        Assert.Equal(1, await tier.ReadAsync("999"));
        Assert.InRange(tier.Stats.Reinserted, 1, tier.Stats.Written / 2);
        Assert.Empty(tier.CheckIntegrity());
        Assert.True(_disk.Bytes.Where(static file => file.Key.EndsWith(".seg", StringComparison.Ordinal)).Sum(static file => (long)file.Value.Length) <= DiskObjects.Options.MaxBytes);
    }

    [Fact]
    public async Task Index_stays_in_its_bound_at_run_time_and_at_a_start()
    {
        var options = DiskObjects.Options with { MaxIndexEntries = 600 };
        await using (var tier = await DiskObjects.OpenReadyAsync(_disk, options: options))
        {
            for (var i = 0; i < 3000; i++)
            {
                tier.Put($"{i}", 1, 1);
                if (i % 100 == 0)
                {
                    await tier.FlushAsync();
                }
            }

            await tier.FlushAsync();
            Assert.Equal(1, await tier.ReadAsync("2999"));
            Assert.True(tier.Stats.ByReason[DiskReason.IndexFull] > 0);
        }

        await using var again = await DiskObjects.OpenReadyAsync(_disk, options: options with { MaxIndexEntries = 300 });
        Assert.InRange(again.Stats.Entries, 0, 300 + 1);
    }
}
