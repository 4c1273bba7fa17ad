using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Millrace.Features.Definitions;
using Millrace.Features.Images;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;
using Millrace.Node;

namespace Millrace.Tests.Node;

/// <summary>Starts from snapshots: the newest that is good, the one before it, the journal; and whatever it was, with the same features.</summary>
public sealed class FeatureStartTests : IAsyncLifetime
{
    private const int Partitions = 2;

    private static readonly TimeSpan Every = TimeSpan.FromMinutes(5);
    private static readonly FeatureSet Set = FeatureSet.Create([new CountFeature("clicks", "click", TimeSpan.FromHours(1)), new CooccurrenceFeature("next", "click", TimeSpan.FromHours(3))]);

    private readonly string _directory = Directory.CreateTempSubdirectory("millrace-").FullName;
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly MemorySubjectKeys _keys = new();
    private readonly Meter _meter = new("Millrace.Test");
    private readonly List<string> _log = [];
    private LocalJournal _journal = null!;
    private int _ids;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Images => Path.Combine(_directory, "features");

    private SnapshotFolder Snapshots => new(Images);

    public async ValueTask InitializeAsync() => _journal = await OpenAsync("journal");

    public async ValueTask DisposeAsync()
    {
        await _journal.DisposeAsync();
        _keys.Dispose();
        _meter.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task A_start_after_a_clean_stop_reads_no_event_again_and_knows_all()
    {
        await RunAsync(rounds: 3);
        Assert.Single(Snapshots.Names(SnapshotKind.Items));
        Assert.Single(Snapshots.Names(SnapshotKind.Persons));
        var read = 0;
        await using var again = Begin(new TappedJournal(_journal) { Read = (stream, facts) => Task.FromResult(read += stream == JournalStream.Events ? facts.Count : 0) });
        await again.Folding.StepAsync(Cancellation);
        Assert.Equal(0, read);
        await AssertWholeAsync(again);
    }

    [Fact]
    public async Task Snapshots_are_written_in_time_and_the_last_two_stay()
    {
        await using var node = Begin(_journal);
        for (var round = 0; round < 4; round++)
        {
            await AppendAsync();
            await node.Folding.StepAsync(Cancellation);
            await node.Checkpoints.Settled;
            Assert.Equal(Math.Min(round, 2), Snapshots.Names(SnapshotKind.Items).Count);
            _clock.Advance(Every);
        }
    }

    [Fact]
    public async Task Where_the_newest_is_damaged_the_one_before_it_is_gone_on_from_and_then_the_journal()
    {
        for (var restart = 0; restart < 3; restart++)
        {
            await RunAsync(rounds: 2);
        }

        await AppendAsync();
        foreach (var name in (string[])[Snapshots.Names(SnapshotKind.Items)[0], Snapshots.Names(SnapshotKind.Persons)[0], Snapshots.Names(SnapshotKind.Items)[1]])
        {
            var file = Path.Combine(Images, name);
            var bytes = await File.ReadAllBytesAsync(file, Cancellation);
            bytes[bytes.Length / 2] ^= 1;
            await File.WriteAllBytesAsync(file, bytes, Cancellation);
            await using var again = Begin(_journal, write: false);
            await again.Folding.StepAsync(Cancellation);
            await AssertWholeAsync(again);
        }

        Directory.Delete(Images, recursive: true);
        await using var bare = Begin(_journal, write: false);
        await bare.Folding.StepAsync(Cancellation);
        await AssertWholeAsync(bare);
    }

    [Fact]
    public async Task A_snapshot_of_a_journal_that_went_further_is_refused_and_taken_away()
    {
        await RunAsync(rounds: 3);
        await using var other = await OpenAsync("other");
        await using (var node = Begin(other))
        {
            await node.Folding.StepAsync(Cancellation);
            Assert.All(node.Folder.Current.Cut.Next, next => Assert.Equal(0, next.Offset));
            Assert.Empty(Snapshots.Names(SnapshotKind.Items));
        }
    }

    [Fact]
    public async Task A_disk_that_refuses_keeps_nothing_from_being_folded_and_the_next_snapshot_is_written()
    {
        await File.WriteAllTextAsync(Images, "in the way", Cancellation);
        await using var node = Begin(_journal);
        for (var round = 0; round < 2; round++)
        {
            await AppendAsync();
            _clock.Advance(Every);
            await node.Folding.StepAsync(Cancellation);
            await node.Checkpoints.Settled;
            if (round == 0)
            {
                File.Delete(Images);
            }

            await AssertWholeAsync(node);
        }

        Assert.Single(Snapshots.Names(SnapshotKind.Items));
    }

    [Fact]
    public async Task Other_definitions_are_folded_anew_from_the_journal()
    {
        await RunAsync(rounds: 3);
        var other = FeatureSet.Create([new CountFeature("clicks", "click", TimeSpan.FromHours(2))]);
        await using var node = Begin(_journal, other);
        await node.Folding.StepAsync(Cancellation);
        await AssertWholeAsync(node, other);
    }

    [Fact]
    public async Task After_a_take_over_on_an_idle_stream_the_new_definitions_are_written_though_the_cut_stands()
    {
        await AppendAsync();
        await using var node = Begin(_journal);
        await node.Folding.StepAsync(Cancellation);
        await WriteAsync(node);
        await WriteAsync(node);
        var old = Snapshots.Head(Assert.Single(Snapshots.Names(SnapshotKind.Items))).Head;

        var other = FeatureSet.Create([new CountFeature("clicks", "click", TimeSpan.FromHours(2))]);
        var folder = new FeatureFolder(other, new FeatureOptions(), _keys);
        node.Folding.Replace(folder, new EmbeddedPersonStore(other.Persons, Partitions, keys: _keys), new AtOnce());
        await node.Folding.Backfilling;
        await node.Folding.StepAsync(Cancellation);
        Assert.Null(node.Folding.Backfill);
        await WriteAsync(node);
        var heads = Snapshots.Names(SnapshotKind.Items).Select(name => Snapshots.Head(name).Head).ToArray();
        Assert.Equal([other.Fingerprint, Set.Fingerprint], heads.Select(head => head.Definitions));
        Assert.Equal<Position>(old.Cut.Next, heads[0].Cut.Next);
    }

    private async Task WriteAsync(Begun node)
    {
        _clock.Advance(Every);
        await node.Folding.StepAsync(Cancellation);
        await node.Checkpoints.Settled;
    }

    [Fact]
    public async Task Who_is_erased_between_two_starts_is_known_after_neither_and_who_withdrew_is_nobody()
    {
        await AppendAsync();
        await _journal.AppendAsync(new ConsentChanged { Id = "c", User = "u1", Personalise = false, Time = UnixMicros.Now(_clock) }, Cancellation);
        await RunAsync(rounds: 2);
        _keys.Destroy("default", "u2");
        _keys.Destroy("default", "s2");
        await using var node = Begin(_journal);
        await node.Folding.StepAsync(Cancellation);
        var read = new PersonBuffer();
        foreach (var (user, known) in (ReadOnlySpan<(string, bool)>)[("u0", true), ("u1", false), ("u2", false)])
        {
            node.Persons.Read("default", user, null, read);
            Assert.Equal(known, read.Knows(PersonEntity.User));
        }

        await _journal.AppendAsync(new ConsentChanged { Id = "d", User = "u1", Personalise = true, Time = UnixMicros.Now(_clock) }, Cancellation);
        await AppendAsync();
        await node.Folding.StepAsync(Cancellation);
        node.Persons.Read("default", "u1", null, read);
        Assert.Equal(1, read.Run(UnixMicros.Now(_clock)).Length);
    }

    [Fact]
    public async Task Who_withdrew_before_anything_looks_back_is_nobody_after_a_start_from_the_journal_alone()
    {
        await AppendAsync();
        foreach (var (user, personalise) in ((string, bool)[])[("u1", false), ("u2", false), ("u2", true)])
        {
            await _journal.AppendAsync(new ConsentChanged { Id = $"c{_ids++}", User = user, Personalise = personalise, Time = UnixMicros.Now(_clock) }, Cancellation);
        }

        _clock.Advance(Set.Reach + TimeSpan.FromDays(3));
        await AppendAsync();
        await using var node = Begin(_journal, Set, snapshots: null, write: false);
        await node.Folding.StepAsync(Cancellation);
        var read = new PersonBuffer();
        foreach (var (user, known) in (ReadOnlySpan<(string, bool)>)[("u0", true), ("u1", false), ("u2", true)])
        {
            node.Persons.Read("default", user, null, read);
            Assert.Equal(known, read.Knows(PersonEntity.User));
        }
    }

    [Fact]
    public async Task Other_features_of_persons_go_on_with_the_sessions_that_an_erasure_must_find()
    {
        await RunAsync(rounds: 2);
        _clock.Advance(Set.Reach + TimeSpan.FromDays(3));
        await using var node = Begin(_journal, FeatureSet.Create([new PersonCountFeature("mine", FeatureEntity.User, "click", TimeSpan.FromHours(1))]));
        await node.Folding.StepAsync(Cancellation);
        Assert.Equal(["s0"], node.Persons.SessionsOf("default", "u0"));
    }

    [Fact]
    public async Task Links_that_no_snapshot_gives_any_more_are_named_and_known_to_be_lost_from_then_on_and_files_of_other_formats_leave()
    {
        await RunAsync(rounds: 2);
        foreach (var file in Directory.GetFiles(Images))
        {
            var bytes = await File.ReadAllBytesAsync(file, Cancellation);
            bytes[8] = 1;
            await File.WriteAllBytesAsync(file, bytes, Cancellation);
        }

        string[] old = [.. Snapshots.Names(SnapshotKind.Items), .. Snapshots.Names(SnapshotKind.Persons)];
        Assert.Equal(2, old.Length);
        for (var restart = 0; restart < 2; restart++)
        {
            await using var node = Begin(_journal);
            await AppendAsync();
            await node.Folding.StepAsync(Cancellation);
            Assert.True(node.Folding.LinksLost);
            Assert.True(node.Folder.Counts.Whole);
            Assert.Equal((0L, 0L), (node.Persons.Evicted, node.Persons.LeftOut));
        }

        Assert.Single(_log, line => line.StartsWith("linksLost:", StringComparison.Ordinal));
        Assert.Empty(old.Intersect([.. Snapshots.Names(SnapshotKind.Items), .. Snapshots.Names(SnapshotKind.Persons)]));
    }

    [Fact]
    public async Task Files_of_a_later_format_stay_for_the_release_that_reads_them()
    {
        await RunAsync(rounds: 2);
        foreach (var file in Directory.GetFiles(Images))
        {
            var bytes = await File.ReadAllBytesAsync(file, Cancellation);
            bytes[8]++;
            await File.WriteAllBytesAsync(file, bytes, Cancellation);
        }

        string[] later = [.. Snapshots.Names(SnapshotKind.Items), .. Snapshots.Names(SnapshotKind.Persons)];
        for (var restart = 0; restart < 4; restart++)
        {
            await RunAsync(rounds: 1);
        }

        string[] left = [.. Snapshots.Names(SnapshotKind.Items), .. Snapshots.Names(SnapshotKind.Persons)];
        Assert.Equal(2, later.Length);
        Assert.Equal(later.Order(), later.Intersect(left).Order());
        Assert.Equal(2 * 2, left.Length - later.Length);
    }

    [Fact]
    public async Task A_start_without_snapshots_has_lost_no_links()
    {
        await AppendAsync();
        await using var node = Begin(_journal);
        await node.Folding.StepAsync(Cancellation);
        Assert.False(node.Folding.LinksLost);
        Assert.Empty(_log);
    }

    [Fact]
    public async Task An_erasure_that_names_nobody_forgets_those_whose_keys_are_gone()
    {
        await using var node = Begin(_journal);
        await AppendAsync();
        await node.Folding.StepAsync(Cancellation);
        var sessions = node.Folder.State.Sessions.Values.Sum(partition => partition.Count);
        _keys.Destroy("default", "u2");
        await _journal.AppendAsync(new UserErased { Id = "e", Digest = "0123", Time = UnixMicros.Now(_clock) }, Cancellation);
        await node.Folding.StepAsync(Cancellation);
        await node.Folding.StepAsync(Cancellation);
        var read = new PersonBuffer();
        node.Persons.Read("default", "u2", "s2", read);
        Assert.False(read.Knows(PersonEntity.User) || read.Knows(PersonEntity.Session));
        Assert.Equal(sessions - 1, node.Folder.State.Sessions.Values.Sum(partition => partition.Count));
    }

    private async Task<LocalJournal> OpenAsync(string name) =>
        await LocalJournal.OpenAsync(new JournalOptions { Directory = Path.Combine(_directory, name), Partitions = Partitions }, _clock, _keys);

    private async Task RunAsync(int rounds)
    {
        await using var node = Begin(_journal);
        for (var round = 0; round < rounds; round++)
        {
            await AppendAsync();
            await node.Folding.StepAsync(Cancellation);
            _clock.Advance(TimeSpan.FromSeconds(20));
        }
    }

    private async Task AppendAsync()
    {
        var now = UnixMicros.Now(_clock);
        await _journal.AppendAsync(new ItemChanged { Id = $"i{_ids}", Item = $"story-{_ids}", Time = now }, Cancellation);
        for (var person = 0; person < 4; person++)
        {
            await _journal.AppendAsync(
                new Observed { Id = $"e{_ids++}", Event = "click", Item = $"story-{_ids % 5}", User = person == 3 ? null : $"u{person}", Session = $"s{person}", Time = now }, Cancellation);
        }
    }

    private async Task AssertWholeAsync(Begun node, FeatureSet? set = null)
    {
        await using var scratch = Begin(_journal, set, snapshots: null, write: false);
        await scratch.Folding.StepAsync(Cancellation);
        await node.Folding.StepAsync(Cancellation);
        Assert.Equal(Canonical(scratch), Canonical(node));
        Assert.True(node.Folder.Counts.Whole);
    }

    private string[] Canonical(Begun node)
    {
        var lines = node.Folder.Freeze(UnixMicros.Now(_clock)).Canonical().ToList();
        var read = new PersonBuffer();
        for (var person = 0; person < 4; person++)
        {
            node.Persons.Read("default", $"u{person}", $"s{person}", read);
            lines.Add($"{person} {Convert.ToHexString(read.Blob(PersonEntity.User))} {Convert.ToHexString(read.Blob(PersonEntity.Session))} {string.Join(' ', read.Folded.ToArray())}");
        }

        return [.. lines];
    }

    private Begun Begin(IJournal journal, bool write = true) => Begin(journal, Set, Snapshots, write);

    private Begun Begin(IJournal journal, FeatureSet set) => Begin(journal, set, Snapshots, write: true);

    private Begun Begin(IJournal journal, FeatureSet? set, SnapshotFolder? snapshots, bool write)
    {
        var folder = new FeatureFolder(set ?? Set, new FeatureOptions(), _keys);
        var persons = new EmbeddedPersonStore(folder.Current.Features.Persons, Partitions, keys: _keys);
        var checkpoints = new FeatureCheckpoints(snapshots ?? new SnapshotFolder(Path.Combine(_directory, "none")), write ? Every : TimeSpan.MaxValue, _clock, _meter, NullLogger.Instance);
        return new Begun(folder, persons, checkpoints, new FeatureFolding(journal, folder, persons, _clock, new Readiness(), _meter, new ToldLog(_log), checkpoints), write);
    }

    private sealed class AtOnce : ITakeOver
    {
        public Task PrepareAsync(CancellationToken cancellation) => Task.CompletedTask;

        public bool Commit() => true;
    }

    /// <param name="Writes">Whether its end is a clean stop, and not a kill.</param>
    private sealed record Begun(FeatureFolder Folder, EmbeddedPersonStore Persons, FeatureCheckpoints Checkpoints, FeatureFolding Folding, bool Writes) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => Writes ? Folding.DisposeAsync() : ValueTask.CompletedTask;
    }
}
