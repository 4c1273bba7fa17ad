using Microsoft.Extensions.Time.Testing;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;

namespace Millrace.Tests.Journal;

/// <summary>The file of subject keys: against a disk that refuses, another journal's, an older copy, and its bound.</summary>
public sealed class SubjectKeysTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("millrace-keys-").FullName;
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly FaultyFiles _files = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private string KeyFile => Path.Combine(_directory, "keys", "subjects");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_key_that_a_failed_sync_left_in_memory_only_is_written_again_by_the_next_opening()
    {
        using (var keys = Open())
        {
            _files.Fault = (operation, _) => FaultyFiles.On(operation == DiskOperation.Sync);
            Assert.Throws<JournalFaultException>(() => keys.MakeDurable(Id(keys, "ada")));
        }

        var written = 0;
        _files.Fault = (operation, _) =>
        {
            written += operation == DiskOperation.Write ? 1 : 0;
            return 0;
        };
        using var again = Open();
        Assert.Equal(1, written);
        Assert.Equal(1, Id(again, "ada"));
    }

    [Fact]
    public void A_failed_sync_is_made_good_by_writing_again()
    {
        using var keys = Open();
        var id = Id(keys, "ada");
        _files.Fault = (operation, _) => FaultyFiles.On(operation == DiskOperation.Sync);
        Assert.Throws<JournalFaultException>(() => keys.MakeDurable(id));
        var written = 0;
        _files.Fault = (operation, _) =>
        {
            written += operation == DiskOperation.Write ? 1 : 0;
            return 0;
        };
        keys.MakeDurable(id);
        Assert.Equal(1, written);
        Assert.Equal(id, keys.Newest);
    }

    [Fact]
    public void An_erasure_that_the_disk_refused_goes_on_when_it_is_asked_for_again()
    {
        using (var keys = Open())
        {
            keys.MakeDurable(Id(keys, "ada"));
            _files.Fault = (operation, _) => FaultyFiles.On(operation == DiskOperation.Write);
            Assert.Throws<JournalFaultException>(() => keys.Destroy("default", "ada"));
            Assert.Throws<JournalFaultException>(() => keys.Destroy("default", "ada"));
            Assert.False(keys.TryRead(1, new byte[32]));
            _files.Fault = null;
            Assert.True(keys.Destroy("default", "ada"));
            Assert.False(keys.Destroy("default", "ada"));
        }

        using var again = Open();
        Assert.False(again.TryRead(1, new byte[32]));
        Assert.Equal(2, Id(again, "ada"));
    }

    [Fact]
    public void A_full_disk_refuses_a_new_key_by_name_and_takes_it_later()
    {
        using var keys = Open();
        var id = Id(keys, "ada");
        _files.Fault = (operation, _) => FaultyFiles.On(operation == DiskOperation.Write, FaultyFiles.NoSpace);
        Assert.Equal("disk", Assert.Throws<JournalFullException>(() => keys.MakeDurable(id)).Bound);
        _files.Fault = null;
        keys.MakeDurable(id);
    }

    [Fact]
    public void A_damaged_slot_is_counted_and_its_key_is_lost()
    {
        using (var keys = Open())
        {
            Id(keys, "ada");
            keys.MakeDurable(Id(keys, "bob"));
        }

        var bytes = File.ReadAllBytes(KeyFile);
        bytes[64 + 30] ^= 1;
        File.WriteAllBytes(KeyFile, bytes);
        using var again = Open();
        Assert.Equal(1, again.Damaged);
        Assert.False(again.TryRead(1, new byte[32]));
        Assert.True(again.TryRead(2, new byte[32]));
    }

    [Fact]
    public async Task The_keys_of_another_journal_are_refused_by_name()
    {
        await AppendAsync(Event("e", "ada"));
        File.Delete(KeyFile);
        using var others = Open();
        var e = await Assert.ThrowsAsync<JournalKeysException>(async () => await OpenAsync(others));
        Assert.Contains(others.Set.ToString(), e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_older_copy_of_the_keys_is_refused_so_that_no_id_is_given_again()
    {
        await AppendAsync(Event("e", "ada"));
        var copy = File.ReadAllBytes(KeyFile);
        await AppendAsync(Event("f", "bob"));
        File.WriteAllBytes(KeyFile, copy);
        using var older = Open();
        var e = await Assert.ThrowsAsync<JournalKeysException>(async () => await OpenAsync(older));
        Assert.Contains("older", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_file_of_an_earlier_release_has_no_name_and_still_opens()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(KeyFile)!);
        File.Copy(Path.Combine(House.RepositoryRoot.Path, "tests/Millrace.Tests/Journal/golden/format-1/keys/subjects"), KeyFile);
        using var keys = Open();
        Assert.Equal(Guid.Empty, keys.Set);
        await using var journal = await OpenAsync(keys);
        await journal.AppendAsync(Event("e", "ada"), Cancelled);
    }

    [Fact]
    public async Task A_refused_append_takes_no_key()
    {
        using var keys = Open();
        await using var journal = await OpenAsync(keys, queueBytes: 1 << 12);
        await Assert.ThrowsAsync<JournalFullException>(async () => await journal.AppendAsync(
            [.. Enumerable.Range(0, 50).Select(i => Event($"e{i}", $"u{i}") with { Item = new string('i', 500) })], Cancelled));
        await Assert.ThrowsAnyAsync<Exception>(async () => await journal.AppendAsync(Event("large", "someone") with { Item = new string('i', 2 << 20) }, Cancelled));
        await Assert.ThrowsAsync<JournalFullException>(async () => await journal.AppendAsync(Event("e", "other") with { Item = new string('i', 5000) }, Cancelled));
        Assert.Equal(0, keys.Count);
        await journal.AppendAsync(Event("e", "ada"), Cancelled);
        Assert.Equal(1, keys.Count);
    }

    [Fact]
    public void A_key_that_two_appends_share_outlives_the_refusal_of_one()
    {
        using var keys = Open();
        var id = Id(keys, "ada");
        Assert.Equal(id, Id(keys, "ada"));
        keys.Abandon(id);
        Assert.Equal(id, Id(keys, "ada"));
        keys.MakeDurable(id);
        keys.Abandon(id);
        Assert.Equal(1, keys.Count);
    }

    [Fact]
    public async Task A_batch_loses_only_the_facts_of_subjects_for_whom_there_is_no_room()
    {
        using var keys = Open(maxSubjects: 1);
        await using var journal = await OpenAsync(keys);
        await journal.AppendAsync(Event("first", "ada"), Cancelled);
        var partial = await Assert.ThrowsAsync<JournalPartialException>(
            async () => await journal.AppendAsync([Event("a", "ada"), Event("b", "bob"), Event("c", "ada")], Cancelled));
        Assert.Equal([true, false, true], partial.Positions.Select(p => p is not null));
        Assert.Equal("maxSubjects", Assert.IsType<JournalFullException>(partial.Reason).Bound);
        await Assert.ThrowsAsync<JournalFullException>(async () => await journal.AppendAsync([Event("d", "bob")], Cancelled));
        Assert.Equal(3, journal.Range(JournalStream.Events, 0).End);
    }

    [Fact]
    public void Four_fifths_of_the_bound_are_told_once()
    {
        var told = new List<(int, int)>();
        using var keys = new FileSubjectKeys(_files, KeyFile, maxSubjects: 5, readOnly: false, (count, bound) => told.Add((count, bound)));
        foreach (var user in new[] { "a", "b", "c", "d", "e" })
        {
            keys.MakeDurable(Id(keys, user));
        }

        Assert.Equal([(4, 5)], told);
    }

    [Fact]
    public async Task Keys_whose_facts_retention_deleted_make_room_and_all_others_stay()
    {
        using var keys = Open(maxSubjects: 10);
        await using (var journal = await OpenAsync(keys))
        {
            for (var i = 0; i < 8; i++)
            {
                await journal.AppendAsync(Event($"old{i}", $"visitor{i}") with { Item = new string('i', 1500) }, Cancelled);
            }

            _clock.Advance(TimeSpan.FromMinutes(50));
            await journal.AppendAsync(Event("young", "ada") with { Item = new string('i', 3500) }, Cancelled);
            await journal.AppendAsync(new Decided { Id = "d", Surface = "s", Policy = "p", Session = "session" }, Cancelled);
            Assert.Equal(10, keys.Count);
            await WaitForSidecarsAsync();
            _clock.Advance(TimeSpan.FromMinutes(12)); // The facts of the first eight go, and then their keys.
            Assert.Equal(8, journal.Range(JournalStream.Events, 0).First);
            Assert.Equal(2, keys.Count);
            await journal.AppendAsync(Event("late", "visitor3"), Cancelled);
            await journal.AppendAsync([.. Enumerable.Range(0, 7).Select(i => Event($"new{i}", $"newcomer{i}"))], Cancelled);
        }

        using var reopened = OpenAgain(keys);
        Assert.Equal(10, reopened.Count);
        await using var again = await OpenAsync(reopened);
        var facts = await again.ReadAsync(JournalStream.Events, 0, 0, 100, Cancelled);
        Assert.All(facts, f => Assert.False(f.Fact.Erased));
        Assert.Equal(["young", "late"], facts.Take(2).Select(f => f.Fact.Id));
        Assert.False((await again.ReadAsync(JournalStream.Decisions, 0, 0, 1, Cancelled))[0].Fact.Erased);
    }

    [Fact]
    public void A_key_used_since_the_round_began_is_spared_though_no_stored_fact_names_it()
    {
        using var keys = Open(maxSubjects: 3);
        keys.MakeDurable(Id(keys, "stored"));
        keys.MakeDurable(Id(keys, "gone"));
        keys.MakeDurable(Id(keys, "under way"));
        Assert.True(keys.BeginRound());
        Assert.Equal(3, Id(keys, "under way"));
        var sweep = keys.BeginSweep();
        sweep.Keep(1);
        Assert.Equal(1, sweep.Retire());
        Assert.Equal([true, false, true], new[] { 1, 2, 3 }.Select(id => keys.TryRead(id, new byte[32])));
        keys.MakeDurable(Id(keys, "newcomer"));
        Assert.Equal(4, Id(keys, "newcomer"));
    }

    [Fact]
    public void Keys_that_the_disk_would_not_let_go_are_let_go_by_the_next_look()
    {
        using (var keys = Open(maxSubjects: 1))
        {
            keys.MakeDurable(Id(keys, "gone"));
            keys.BeginRound();
            _files.Fault = (operation, _) => FaultyFiles.On(operation == DiskOperation.Write);
            Assert.Throws<JournalFaultException>(() => keys.BeginSweep().Retire());
            _files.Fault = null;
            keys.BeginSweep().Retire();
        }

        using var again = Open();
        Assert.Equal(0, again.Count);
    }

    [Fact]
    public async Task Keys_that_are_few_are_left_alone()
    {
        using var keys = Open(maxSubjects: 100);
        await using var journal = await OpenAsync(keys);
        for (var i = 0; i < 8; i++)
        {
            await journal.AppendAsync(Event($"old{i}", $"visitor{i}") with { Item = new string('i', 1500) }, Cancelled);
        }

        _clock.Advance(TimeSpan.FromDays(1));
        _clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal(8, keys.Count);
    }

    private static Observed Event(string id, string user) => new() { Id = id, Event = "click", Item = "i", User = user };

    private static long Id(FileSubjectKeys keys, string user) => keys.Read("default", user, new byte[32]);

    private FileSubjectKeys Open(int maxSubjects = 100) => new(_files, KeyFile, maxSubjects, readOnly: false);

    /// <summary>Sidecars of rolled segments are written on the pool; retention takes no segment before.</summary>
    private async Task WaitForSidecarsAsync()
    {
        var events = Path.Combine(_directory, "journal", "events", "0");
        while (Directory.GetFiles(events, "*.idx").Length < Directory.GetFiles(events, "*.seg").Length - 1)
        {
            await Task.Yield();
        }
    }

    private FileSubjectKeys OpenAgain(FileSubjectKeys closed)
    {
        closed.Dispose();
        return Open();
    }

    private async Task AppendAsync(Observed fact)
    {
        using var keys = Open();
        await using var journal = await OpenAsync(keys);
        await journal.AppendAsync(fact, Cancelled);
    }

    private ValueTask<LocalJournal> OpenAsync(ISubjectKeys keys, int queueBytes = 1 << 24) => LocalJournal.OpenAsync(
        new JournalOptions
        {
            Directory = Path.Combine(_directory, "journal"),
            Partitions = 1,
            SegmentBytes = 1 << 12,
            QueueBytes = queueBytes,
            Retention = new JournalOptions { Directory = "" }.Retention.SetItem(JournalStream.Events, new Retention(TimeSpan.FromHours(1))),
        },
        _clock,
        keys);
}
