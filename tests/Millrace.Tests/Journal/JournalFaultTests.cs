using Microsoft.Extensions.Time.Testing;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;
using Millrace.Journal.Segments;

namespace Millrace.Tests.Journal;

/// <summary>What the disk refuses beside the plain write and sync of facts.</summary>
public sealed class JournalFaultTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("millrace-journal-").FullName;
    private readonly MemorySubjectKeys _keys = new();
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly FaultyFiles _files = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private string Events => Path.Combine(_directory, "events", "0");

    public void Dispose()
    {
        _keys.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task A_group_queued_while_the_tail_fails_is_not_acknowledged_and_the_journal_opens_again()
    {
        await using (var journal = await OpenAsync())
        {
            await AppendAsync(journal, 0, 1);
            using var underWay = new ManualResetEventSlim();
            using var queued = new ManualResetEventSlim();
            // The writer stands in the roll by age, whose seal will not sync, until a fact has queued behind it.
            _files.Fault = (operation, path) =>
            {
                if (operation != DiskOperation.Sync || !path.EndsWith("/events/0/00000000000000000000.seg", StringComparison.Ordinal))
                {
                    return 0;
                }

                underWay.Set();
                queued.Wait(Cancelled);
                return FaultyFiles.InputOutput;
            };
            _clock.Advance(TimeSpan.FromHours(2));
            underWay.Wait(Cancelled);
            var late = journal.AppendAsync(Event(1), Cancelled).AsTask();
            queued.Set();
            await Assert.ThrowsAsync<JournalFaultException>(() => late);
            Assert.Equal(1, journal.Range(JournalStream.Events, 0).End);
        }

        _files.Fault = null;
        await using var again = await OpenAsync();
        Assert.Equal(1, again.Range(JournalStream.Events, 0).End);
        await AppendAsync(again, 1, 1);
    }

    [Fact]
    public async Task Too_many_open_files_at_a_roll_refuse_the_append_and_the_next_one_is_taken()
    {
        await using (var journal = await OpenAsync())
        {
            await AppendAsync(journal, 0, 2);
            _files.Fault = (operation, path) => FaultyFiles.On(
                operation == DiskOperation.Open && path.StartsWith(Events, StringComparison.Ordinal), FaultyFiles.TooManyOpenFiles);
            var e = await Assert.ThrowsAsync<JournalFullException>(async () => await AppendAsync(journal, 2, 1));
            Assert.Equal("openFiles", e.Bound);
            _files.Fault = null;
            await AppendAsync(journal, 2, 3);
        }

        await AssertFactsAsync(5);
    }

    [Fact]
    public async Task A_roll_that_a_full_disk_refused_leaves_no_segment_behind_the_growth_of_the_one_before()
    {
        await using (var journal = await OpenAsync())
        {
            await AppendAsync(journal, 0, 2);
            // The header of the next segment is there, but its directory is not synced, and it cannot be deleted.
            _files.Fault = (operation, path) => FaultyFiles.On(operation is DiskOperation.SyncDirectory or DiskOperation.Delete, FaultyFiles.NoSpace);
            await Assert.ThrowsAsync<JournalFullException>(async () => await AppendAsync(journal, 2, 1));
            _files.Fault = null;
            await journal.AppendAsync(new Observed { Id = "e2", Event = "click", Item = "small" }, Cancelled); // Would have fitted behind.
            await AppendAsync(journal, 3, 1);
        }

        await AssertFactsAsync(4);
    }

    [Fact]
    public async Task Opening_syncs_every_directory_on_the_way_to_a_segment_whoever_created_it()
    {
        await (await OpenAsync()).DisposeAsync();
        var synced = new HashSet<string>();
        _files.Fault = (operation, path) =>
        {
            if (operation == DiskOperation.SyncDirectory)
            {
                synced.Add(path);
            }

            return 0;
        };
        await using var journal = await OpenAsync();
        Assert.Superset(
            new HashSet<string> { Path.GetDirectoryName(_directory)!, _directory, Path.Combine(_directory, "events"), Events, Path.Combine(_directory, "control", "0") }, synced);
    }

    [Fact]
    public async Task Retention_that_the_disk_refuses_is_tried_again()
    {
        await using var journal = await OpenAsync();
        await AppendAsync(journal, 0, 6);
        var before = Directory.GetFiles(Events, "*.seg").Length;
        Assert.True(before > 2);
        await WaitForSidecarsAsync();
        _files.Fault = (operation, _) => FaultyFiles.On(operation == DiskOperation.Delete);
        _clock.Advance(TimeSpan.FromHours(2)); // Would end the process, were it thrown.
        Assert.True(journal.Range(JournalStream.Events, 0).First > 0);
        Assert.True(Directory.GetFiles(Events, "*.seg").Length >= before);
        _files.Fault = null;
        journal.Tidy();
        Assert.True(Directory.GetFiles(Events, "*.seg").Length <= 2);
    }

    [Fact]
    public async Task Housekeeping_survives_a_disk_that_refuses_everything()
    {
        await using (var journal = await OpenAsync())
        {
            await AppendAsync(journal, 0, 6);
            _files.Fault = (operation, _) => FaultyFiles.On(operation != DiskOperation.Read);
            _clock.Advance(TimeSpan.FromHours(2));
            _files.Fault = null;
        }

        await using var again = await OpenAsync();
        Assert.Equal(6, again.Range(JournalStream.Events, 0).End);
    }

    [Theory]
    [InlineData(FaultyFiles.TooManyOpenFiles, true)]
    [InlineData(FaultyFiles.InputOutput, false)]
    public async Task A_read_that_the_disk_refuses_is_a_journal_exception_that_says_whether_trying_again_can_help(int error, bool transient)
    {
        await using var journal = await OpenAsync();
        await AppendAsync(journal, 0, 6);
        await WaitForSidecarsAsync();
        _files.Fault = (operation, _) => FaultyFiles.On(operation == DiskOperation.Read, error);
        Assert.Equal(transient, (await Assert.ThrowsAsync<JournalReadException>(async () => await journal.ReadAsync(JournalStream.Events, 0, 0, 9, Cancelled))).IsTransient);
        Assert.Equal(transient, (await Assert.ThrowsAsync<JournalReadException>(async () => await journal.SeekAsync(JournalStream.Events, 0, new UnixMicros(1), Cancelled))).IsTransient);
        Assert.Equal(
            transient, (await Assert.ThrowsAsync<JournalReadException>(async () => await journal.FindAsync(JournalStream.Events, "e0", "default", 9, Cancelled))).IsTransient);
    }

    [Fact]
    public async Task A_segment_that_is_missing_is_corruption_by_name_for_reads_and_seeks()
    {
        await using var journal = await OpenAsync();
        await AppendAsync(journal, 0, 6);
        File.Delete(Path.Combine(Events, "00000000000000000000.seg"));
        Assert.Equal(0, (await Assert.ThrowsAsync<JournalCorruptException>(async () => await journal.ReadAsync(JournalStream.Events, 0, 0, 9, Cancelled))).Offset);
        Assert.Equal(0, (await Assert.ThrowsAsync<JournalCorruptException>(async () => await journal.SeekAsync(JournalStream.Events, 0, new UnixMicros(1), Cancelled))).Offset);
    }

    [Fact]
    public async Task A_directory_that_cannot_be_locked_is_not_said_to_be_open_elsewhere()
    {
        Directory.CreateDirectory(Path.Combine(_directory, "lock"));
        await Assert.ThrowsAsync<JournalFaultException>(async () => await OpenAsync());
    }

    [Fact]
    public void A_call_that_signals_interrupt_for_ever_fails()
    {
        const int Interrupted = 4;
        var calls = 0;
        var e = Assert.Throws<IOException>(() => DiskFiles.Check(
            () =>
            {
                calls++;
                System.Runtime.InteropServices.Marshal.SetLastPInvokeError(Interrupted);
                return -1;
            },
            "cannot sync"));
        Assert.Contains("interrupted", e.Message, StringComparison.Ordinal);
        Assert.InRange(calls, 2, 1000);
    }

    private static Observed Event(int i) => new() { Id = $"e{i}", Event = "click", Item = new string('i', 1500) };

    private static async Task AppendAsync(LocalJournal journal, int from, int count)
    {
        for (var i = from; i < from + count; i++)
        {
            await journal.AppendAsync(Event(i), Cancelled);
        }
    }

    private async Task AssertFactsAsync(int count)
    {
        await using var journal = await OpenAsync();
        var read = await journal.ReadAsync(JournalStream.Events, 0, 0, 100, Cancelled);
        Assert.Equal(Enumerable.Range(0, count).Select(i => $"e{i}"), read.Select(f => f.Fact.Id));
    }

    /// <summary>Sidecars of rolled segments are written on the pool.</summary>
    private async Task WaitForSidecarsAsync()
    {
        while (Directory.GetFiles(Events, "*.idx").Length < Directory.GetFiles(Events, "*.seg").Length - 1)
        {
            await Task.Yield();
        }
    }

    private ValueTask<LocalJournal> OpenAsync() => LocalJournal.OpenAsync(
        new JournalOptions
        {
            Directory = _directory,
            Partitions = 1,
            SegmentBytes = 1 << 12,
            Retention = new JournalOptions { Directory = _directory }.Retention.SetItem(JournalStream.Events, new Retention(TimeSpan.FromHours(1))),
        },
        _clock,
        _keys,
        _files);
}
