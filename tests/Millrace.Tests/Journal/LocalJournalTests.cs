using Microsoft.Extensions.Time.Testing;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;
using Millrace.Journal.Segments;

namespace Millrace.Tests.Journal;

public sealed class LocalJournalTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("millrace-journal-").FullName;
    private readonly MemorySubjectKeys _keys = new();
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));

    private string Control => Path.Combine(_directory, "control", "0");

    private string FirstSegment => Path.Combine(Control, "00000000000000000000.seg");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _keys.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Facts_and_checkpoints_survive_reopening()
    {
        await using (var journal = await OpenAsync())
        {
            await AppendAsync(journal, 0, 10);
            await journal.CommitAsync("folder", new Position(JournalStream.Control, 0, 7), Cancelled);
        }

        await using var again = await OpenAsync();
        Assert.Equal(Enumerable.Range(0, 10), await VersionsAsync(again));
        Assert.Equal(7, await again.CommittedAsync("folder", JournalStream.Control, 0, Cancelled));
        await AppendAsync(again, 10, 1);
        Assert.Equal(Enumerable.Range(0, 11), await VersionsAsync(again));
    }

    [Fact]
    public async Task A_second_opener_is_refused_by_name()
    {
        await using var journal = await OpenAsync();
        var e = await Assert.ThrowsAsync<JournalLockedException>(async () => await OpenAsync());
        Assert.Contains(_directory, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tail_torn_at_any_byte_is_cut_and_what_was_before_it_stays()
    {
        long acknowledged;
        await using (var journal = await OpenAsync())
        {
            await AppendAsync(journal, 0, 3);
            acknowledged = new FileInfo(FirstSegment).Length;
            await journal.AppendAsync([Policy(3), Policy(4)], Cancelled);
        }

        // The closing mark, and the floors, would make a later cut corruption: a crash leaves neither.
        File.Delete(Path.Combine(_directory, "floors.json"));
        var whole = File.ReadAllBytes(FirstSegment)[..^Frame.MarkBytes];
        for (var length = (int)acknowledged; length <= whole.Length; length++)
        {
            File.WriteAllBytes(FirstSegment, whole[..length]);
            var end = Recover(out _);
            Assert.InRange(end, 3, 5);
            Assert.Equal(end, Recover(out var torn));
            Assert.Equal(0, torn);
        }

        File.WriteAllBytes(FirstSegment, whole[..^1]);
        await using var again = await OpenAsync();
        Assert.Equal(Enumerable.Range(0, 4), await VersionsAsync(again));
        await AppendAsync(again, 4, 1);
        Assert.Equal(Enumerable.Range(0, 5), await VersionsAsync(again));
    }

    [Fact]
    public async Task A_segment_cut_below_the_durable_mark_is_corruption_and_not_a_torn_tail()
    {
        await using (var journal = await OpenAsync())
        {
            await AppendAsync(journal, 0, 5);
        }

        var bytes = File.ReadAllBytes(FirstSegment);
        bytes[SegmentHeader.Bytes + Frame.MarkBytes + 20] ^= 1;
        File.WriteAllBytes(FirstSegment, bytes);
        var e = await Assert.ThrowsAsync<JournalCorruptException>(async () => await OpenAsync());
        Assert.Equal(("control/0/00000000000000000000.seg", 0L), (e.Segment, e.Offset));
    }

    [Fact]
    public async Task A_thousand_of_a_thousand_bit_flips_in_sealed_segments_are_found()
    {
        await using (var journal = await OpenAsync(segmentBytes: 1 << 12))
        {
            await AppendAsync(journal, 0, 300);
        }

        var segments = Directory.GetFiles(Control, "*.seg").Order(StringComparer.Ordinal).SkipLast(1).ToArray();
        Assert.True(segments.Length > 2);
        var random = new Random(2026);
        var inspection = JournalInspection.Open(_directory, _keys);
        inspection.Verify(JournalStream.Control, 0);
        for (var i = 0; i < 1000; i++)
        {
            var path = segments[random.Next(segments.Length)];
            var bytes = File.ReadAllBytes(path);
            var (at, bit) = (random.Next(bytes.Length), random.Next(8));
            bytes[at] ^= (byte)(1 << bit);
            File.WriteAllBytes(path, bytes);
            var e = Assert.Throws<JournalCorruptException>(() => inspection.Verify(JournalStream.Control, 0));
            Assert.Contains(Path.GetFileName(path), e.Segment, StringComparison.Ordinal);
            bytes[at] ^= (byte)(1 << bit);
            File.WriteAllBytes(path, bytes);
        }
    }

    [Fact]
    public async Task Reading_past_damage_names_segment_and_offset()
    {
        await using var journal = await OpenAsync();
        await AppendAsync(journal, 0, 3);
        using (var file = File.OpenHandle(FirstSegment, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            RandomAccess.Write(file, [0xFF], RandomAccess.GetLength(file) - 1);
        }

        var e = await Assert.ThrowsAsync<JournalCorruptException>(async () => await VersionsAsync(journal));
        Assert.Equal(2, e.Offset);
    }

    [Fact]
    public async Task A_failed_sync_acknowledges_nothing_until_the_journal_is_opened_again()
    {
        var files = new FaultyFiles();
        await using (var journal = await LocalJournal.OpenAsync(Options(), _clock, _keys, files))
        {
            await AppendAsync(journal, 0, 2);
            files.SyncFails = true;
            await Assert.ThrowsAsync<JournalFaultException>(async () => await AppendAsync(journal, 2, 1));
            files.SyncFails = false;
            await Assert.ThrowsAsync<JournalFaultException>(async () => await AppendAsync(journal, 2, 1));
            Assert.Equal(2, journal.Range(JournalStream.Control, 0).End);
        }

        await using var again = await OpenAsync();
        Assert.Equal([0, 1], (await VersionsAsync(again)).Take(2));
        await AppendAsync(again, 9, 1);
    }

    [Fact]
    public async Task A_full_disk_refuses_by_name_and_appends_go_on_when_there_is_room()
    {
        var files = new FaultyFiles();
        await using (var journal = await LocalJournal.OpenAsync(Options(), _clock, _keys, files))
        {
            await AppendAsync(journal, 0, 2);
            files.Full = true;
            var e = await Assert.ThrowsAsync<JournalFullException>(async () => await AppendAsync(journal, 2, 1));
            Assert.Equal("disk", e.Bound);
            files.Full = false;
            await AppendAsync(journal, 2, 1);
        }

        await using var again = await OpenAsync();
        Assert.Equal([0, 1, 2], await VersionsAsync(again));
    }

    [Fact]
    public async Task A_batch_larger_than_the_queue_is_refused_whole()
    {
        await using var journal = await LocalJournal.OpenAsync(Options() with { QueueBytes = 1 << 12 }, _clock, _keys);
        var e = await Assert.ThrowsAsync<JournalFullException>(async () => await journal.AppendAsync([.. Enumerable.Range(0, 200).Select(Policy)], Cancelled));
        Assert.Equal("queueBytes", e.Bound);
        Assert.Equal(0, journal.Range(JournalStream.Control, 0).End);
        await AppendAsync(journal, 0, 1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_batch_whose_partition_refuses_is_durable_in_the_others_and_leaves_no_room_taken(bool isSealed)
    {
        var files = new FaultyFiles { Only = Path.Combine("events", "1") };
        await using var journal = await LocalJournal.OpenAsync(Options() with { QueueBytes = 1 << 14 }, _clock, _keys, files);
        (files.SyncFails, files.Full) = (isSealed, !isSealed);
        for (var round = 0; round < 20; round++)
        {
            var refused = await Assert.ThrowsAsync<JournalPartialException>(async () => await journal.AppendAsync(Clicks(round), Cancelled));
            Assert.Equal(isSealed, refused.Reason is JournalFaultException);
            Assert.All(refused.Positions, p => Assert.NotEqual(1, p?.Partition));
            Assert.InRange(refused.Positions.Count(p => p is not null), 1, 39);
        }

        if (!isSealed)
        {
            files.Full = false;
            Assert.Contains(await journal.AppendAsync(Clicks(20), Cancelled), p => p.Partition == 1);
        }
    }

    private static Observed[] Clicks(int round) => [.. Enumerable.Range(0, 40).Select(i => new Observed { Id = $"e{round}-{i}", Event = "click", Item = "i", User = $"u{i}" })];

    [Fact]
    public async Task Many_producers_lose_nothing_and_share_syncs_across_segments()
    {
        const int Producers = 16, Each = 100;
        await using (var journal = await OpenAsync(segmentBytes: 1 << 14))
        {
            await Task.WhenAll(Enumerable.Range(0, Producers).Select(async p =>
            {
                for (var i = 0; i < Each; i++)
                {
                    var position = await journal.AppendAsync(Policy((p * Each) + i), Cancelled);
                    Assert.True(journal.Range(JournalStream.Control, 0).End > position.Offset);
                }
            }));
        }

        await using var again = await OpenAsync();
        Assert.Equal(Enumerable.Range(0, Producers * Each), (await VersionsAsync(again)).Order());
        foreach (var wanted in new[] { 0, 777, 1599 })
        {
            Assert.Equal(wanted, Assert.IsType<PolicyChanged>(Assert.Single(await again.FindAsync(JournalStream.Control, $"p{wanted}", "default", 5, Cancelled)).Fact).Version);
        }
    }

    [Fact]
    public async Task Damaged_and_missing_indexes_are_rebuilt()
    {
        await using (var journal = await OpenAsync(segmentBytes: 1 << 12))
        {
            await AppendAsync(journal, 0, 200);
        }

        var indexes = Directory.GetFiles(Control, "*.idx").Order(StringComparer.Ordinal).ToArray();
        Assert.True(indexes.Length > 2);
        File.Delete(indexes[0]);
        File.WriteAllBytes(indexes[1], [1, 2, 3]);
        await using var again = await OpenAsync();
        for (var i = 0; i < 200; i++)
        {
            Assert.Single(await again.FindAsync(JournalStream.Control, $"p{i}", "default", 5, Cancelled));
        }

        Assert.True(File.Exists(indexes[0]));
    }

    [Fact]
    public async Task Retention_deletes_old_segments_but_never_control()
    {
        var options = Options() with
        {
            Partitions = 1,
            SegmentBytes = 1 << 12,
            Retention = Options().Retention.SetItem(JournalStream.Events, new Retention(TimeSpan.FromHours(1))).SetItem(JournalStream.Control, new Retention(TimeSpan.Zero)),
        };
        await using var journal = await LocalJournal.OpenAsync(options, _clock, _keys);
        for (var i = 0; i < 200; i++)
        {
            await journal.AppendAsync([new Observed { Id = $"e{i}", Event = "click", Item = "i" }, Policy(i)], Cancelled);
        }

        _clock.Advance(TimeSpan.FromMinutes(59));
        Assert.Equal(0, journal.Range(JournalStream.Events, 0).First);
        await journal.AppendAsync(new Observed { Id = "young", Event = "click", Item = "i" }, Cancelled);
        _clock.Advance(TimeSpan.FromMinutes(2));
        Assert.True(journal.Range(JournalStream.Events, 0).First > 0);
        Assert.Equal(0, journal.Range(JournalStream.Control, 0).First);
        var first = journal.Range(JournalStream.Events, 0).First;
        Assert.Equal(first, (await journal.ReadAsync(JournalStream.Events, 0, 0, 1, Cancelled))[0].Position.Offset);
        Assert.Single(await journal.FindAsync(JournalStream.Events, "young", "default", 5, Cancelled));
        Assert.Empty(await journal.FindAsync(JournalStream.Events, "e0", "default", 5, Cancelled));
    }

    [Fact]
    public async Task A_consumer_ahead_of_the_facts_means_that_acknowledged_facts_are_gone()
    {
        await using (var journal = await OpenAsync())
        {
            await AppendAsync(journal, 0, 3);
            await journal.CommitAsync("folder", new Position(JournalStream.Control, 0, 3), Cancelled);
        }

        File.Delete(FirstSegment);
        File.Delete(Path.Combine(_directory, "floors.json"));
        var e = await Assert.ThrowsAsync<JournalCorruptException>(async () => await OpenAsync());
        Assert.Contains("consumer", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_erased_subject_reads_as_erased_from_the_journal()
    {
        await using var journal = await OpenAsync();
        var position = await journal.AppendAsync(new Observed { Id = "e", Event = "click", Item = "i", User = "ada" }, Cancelled);
        _keys.Destroy("default", "ada");
        var read = Assert.IsType<Observed>((await journal.ReadAsync(position.Stream, position.Partition, 0, 1, Cancelled))[0].Fact);
        Assert.Equal((true, null, "i"), (read.Erased, read.User, read.Item));
    }

    private static PolicyChanged Policy(int version) => new() { Id = $"p{version}", Policy = "home", Version = version, Definition = "{\"blend\":{\"clicks_1h\":1}}" };

    private static async Task AppendAsync(LocalJournal journal, int from, int count)
    {
        for (var i = from; i < from + count; i++)
        {
            await journal.AppendAsync(Policy(i), Cancelled);
        }
    }

    private static async Task<List<int>> VersionsAsync(LocalJournal journal)
    {
        var versions = new List<int>();
        IReadOnlyList<StoredFact> facts;
        for (var next = 0L; (facts = await journal.ReadAsync(JournalStream.Control, 0, next, 100, Cancelled)).Count > 0; next = facts[^1].Position.Offset + 1)
        {
            versions.AddRange(facts.Select(f => ((PolicyChanged)f.Fact).Version));
        }

        return versions;
    }

    private long Recover(out long torn)
    {
        var recovery = new PartitionRecovery(DiskFiles.Instance, JournalStream.Control, 0, Control, readOnly: false);
        var end = Assert.Single(recovery.Run()).End;
        torn = recovery.TornBytes;
        return end;
    }

    private JournalOptions Options() => new() { Directory = _directory };

    private ValueTask<LocalJournal> OpenAsync(long segmentBytes = 64 << 20) => LocalJournal.OpenAsync(Options() with { SegmentBytes = segmentBytes }, _clock, _keys);
}
