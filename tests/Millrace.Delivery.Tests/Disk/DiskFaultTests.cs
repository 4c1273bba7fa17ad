using Microsoft.Extensions.Time.Testing;
using Millrace.Delivery.Storage.Disk;

namespace Millrace.Delivery.Tests.Disk;

public class DiskFaultTests
{
    private readonly FaultyDisk _disk = new();
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Full_disk_makes_room_at_the_oldest_segment_and_goes_on()
    {
        _disk.Capacity = 300_000;
        await using var tier = await DiskObjects.OpenReadyAsync(_disk, _time);
        for (var i = 0; i < 300; i++)
        {
            Assert.True(tier.Put($"{i}", 1, 3_000));
            await tier.FlushAsync();
            Assert.Equal(1, await tier.ReadAsync($"{i}"));
        }

        Assert.True(tier.Stats.ByReason[DiskReason.NoSpace] > 0);
        Assert.Equal(0, tier.Stats.ByReason[DiskReason.WriteFailed]);
        Assert.Empty(tier.CheckIntegrity());
    }

    [Fact]
    public async Task Disk_without_any_room_means_nothing_held_and_no_failure_until_there_is_room()
    {
        await using var tier = await DiskObjects.OpenReadyAsync(_disk, _time);
        _disk.Capacity = 0;
        Assert.True(tier.Put("a", 1, 3_000));
        await tier.FlushAsync();
        Assert.Null(tier.Find("a"));
        Assert.False(tier.Stats.IsOn);
        Assert.False(tier.Put("a", 1, 3_000));
        _disk.Capacity = 1 << 20;
        Assert.False(tier.Put("a", 1, 3_000));
        _time.Advance(DiskObjects.Options.RetryAfter);
        Assert.True(tier.Put("a", 1, 3_000));
        await tier.FlushAsync();
        Assert.Equal(1, await tier.ReadAsync("a"));
        Assert.True(tier.Stats.IsOn);
        Assert.Equal(0, tier.Stats.QueueBytes);
    }

    [Fact]
    public async Task Torn_write_loses_what_it_held_and_nothing_else()
    {
        await using (var tier = await DiskObjects.OpenReadyAsync(_disk, _time))
        {
            tier.Put("before", 1, 9_000);
            await tier.FlushAsync();
            _disk.Fault = static (operation, _) => operation == DiskOperation.Write;
            tier.Put("torn", 1, 9_000);
            await tier.FlushAsync();
            Assert.Null(tier.Find("torn"));
            Assert.Equal(1, await tier.ReadAsync("before"));
            Assert.Equal(1, tier.Stats.ByReason[DiskReason.WriteFailed]);
            _disk.Fault = null;
            _time.Advance(DiskObjects.Options.RetryAfter);
            tier.Put("after", 1, 9_000);
            await tier.FlushAsync();
            Assert.Equal(1, await tier.ReadAsync("after"));
            Assert.Empty(tier.CheckIntegrity());
        }

        await using var again = await DiskObjects.OpenReadyAsync(_disk, _time);
        Assert.Equal((1, 1, null), (await again.ReadAsync("before"), await again.ReadAsync("after"), await again.ReadAsync("torn")));
    }

    [Fact]
    public async Task Removal_that_cannot_be_written_removes_everything_rather_than_come_back()
    {
        await using (var tier = await DiskObjects.OpenReadyAsync(_disk, _time))
        {
            tier.Put("a", 1, 9_000);
            tier.Put("b", 1, 9_000);
            await tier.FlushAsync();
            _disk.Fault = static (operation, _) => operation is DiskOperation.Write or DiskOperation.Create;
            tier.Remove(tier.KeyOf("a"));
            await tier.FlushAsync();
            Assert.Null(tier.Find("b"));
            Assert.Equal(1, tier.Stats.ByReason[DiskReason.RemovalsFailed]);
        }

        _disk.Fault = null;
        await using var again = await DiskObjects.OpenReadyAsync(_disk, _time);
        Assert.Equal(0, again.Stats.Entries);
    }

    [Fact]
    public async Task Removal_that_can_be_neither_written_nor_made_good_is_said_and_tried_again()
    {
        await using (var tier = await DiskObjects.OpenReadyAsync(_disk, _time))
        {
            tier.Put("a", 1, 9_000);
            await tier.FlushAsync();
            _disk.Fault = static (operation, _) => operation is DiskOperation.Sync or DiskOperation.Delete;
            tier.Remove(tier.KeyOf("a"));
            await Assert.ThrowsAsync<IOException>(tier.FlushAsync);
            Assert.Null(tier.Find("a"));
            _disk.Fault = null;
            await tier.FlushAsync();
        }

        await using var again = await DiskObjects.OpenReadyAsync(_disk, _time);
        Assert.Null(again.Find("a"));
    }

    [Fact]
    public async Task Read_that_fails_reads_as_absent()
    {
        await using var tier = await DiskObjects.OpenReadyAsync(_disk, _time);
        tier.Put("small", 1, 100);
        tier.Put("large", 1, 9_000);
        await tier.FlushAsync();
        var large = tier.Find("large")!.Value;
        _disk.Fault = static (operation, _) => operation == DiskOperation.Read;
        Assert.Null(await tier.ReadSliceAsync(large, 0, TestContext.Current.CancellationToken));
        Assert.Null(await tier.ReadAsync("small"));
        _disk.Fault = null;
        Assert.Null(tier.Find("small"));
        Assert.Equal(2, tier.Find("large")!.Value.SlicesHeld);
        Assert.Equal(2, tier.Stats.ByReason[DiskReason.ReadFailed]);
        Assert.Equal(0, tier.Stats.ReadBytes);
    }

    [Fact]
    public async Task Files_that_cannot_be_put_in_order_are_not_used_and_the_node_starts()
    {
        await using (var tier = await DiskObjects.OpenReadyAsync(_disk, _time))
        {
            tier.Put("a", 1, 9_000);
            await tier.FlushAsync();
        }

        _disk.Damage("/disk/segments/00000001.seg", static bytes => bytes[..^100]);
        _disk.Fault = static (operation, _) => operation is DiskOperation.Truncate or DiskOperation.Delete;
        await using (var tier = await DiskObjects.OpenAsync(_disk, _time))
        {
            await tier.FlushAsync();
            Assert.Equal(0, tier.Stats.Entries);
            Assert.Equal(1, tier.Stats.ByReason[DiskReason.WriteFailed]);
            _disk.Fault = null;
        }

        await using var again = await DiskObjects.OpenReadyAsync(_disk, _time);
        Assert.Equal(0, again.Stats.Entries);
    }

    [Fact]
    public async Task What_comes_while_too_much_waits_is_dropped_and_counted()
    {
        TaskCompletionSource held = new();
        await (await DiskObjects.OpenReadyAsync(_disk, _time)).DisposeAsync();
        await using var tier = await DiskObjects.OpenAsync(new SlowDisk(_disk, held.Task), _time, DiskObjects.Options with { QueueBytes = 64 << 10 });
        var taken = Enumerable.Range(0, 100).Count(i => tier.Put($"{i}", 1, 5_000));
        Assert.InRange(taken, 1, 20);
        Assert.True(tier.Stats.ByReason[DiskReason.QueueFull] > 0);
        Assert.InRange(tier.Stats.QueueBytes, 1, 64 << 10);
        Assert.False(tier.IsReady);
        held.SetResult();
        await tier.FlushAsync();
        Assert.Equal(taken, tier.Stats.Entries);
        Assert.Equal(0, tier.Stats.QueueBytes);
    }

    [Fact]
    public async Task Reads_beyond_the_bound_find_nothing_until_memory_is_let_go()
    {
        await using var tier = await DiskObjects.OpenReadyAsync(_disk, _time, DiskObjects.Options with { ReadBytes = 16 << 10 });
        tier.Put("a", 1, 40_000);
        await tier.FlushAsync();
        var entry = tier.Find("a")!.Value;
        var token = TestContext.Current.CancellationToken;
        var first = await tier.ReadSliceAsync(entry, 0, token);
        using var second = await tier.ReadSliceAsync(entry, 1, token);
        Assert.NotNull(first);
        Assert.NotNull(second);
        Assert.Null(await tier.ReadSliceAsync(entry, 2, token));
        Assert.Equal(1, tier.Stats.ByReason[DiskReason.ReadsFull]);
        first.Dispose();
        using var third = await tier.ReadSliceAsync(entry, 2, token);
        Assert.NotNull(third);
    }

    /// <summary>A disk whose segments' first read waits, as a start on a large disk does.</summary>
    private sealed class SlowDisk(FaultyDisk disk, Task held) : IDiskFiles
    {
        public IDisposable Lock(string path) => disk.Lock(path);

        public IReadOnlyList<string> List(string directory) => directory.EndsWith("segments", StringComparison.Ordinal) ? ["00000001.seg"] : disk.List(directory);

        public void CreateDirectory(string path) => disk.CreateDirectory(path);

        public IDiskFile Create(string path, long room) => disk.Create(path, room);

        public IDiskFile Open(string path) => path.EndsWith(".seg", StringComparison.Ordinal) ? new SlowFile(held) : disk.Open(path);

        public void Delete(string path) => disk.Delete(path);

        public void Move(string from, string to) => disk.Move(from, to);

        public void Replace(string from, string to) => disk.Replace(from, to);

        public void SyncDirectory(string path) => disk.SyncDirectory(path);

        private sealed class SlowFile(Task held) : IDiskFile
        {
            public long Length => 0;

            public async ValueTask<int> ReadAsync(Memory<byte> into, long at, CancellationToken cancellationToken)
            {
                await held;
                return 0;
            }

            public ValueTask WriteAsync(IReadOnlyList<ReadOnlyMemory<byte>> parts, long at) => ValueTask.CompletedTask;

            public void Sync()
            {
            }

            public void Truncate(long length)
            {
            }

            public void Dispose()
            {
            }
        }
    }
}
