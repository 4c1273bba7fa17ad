using Millrace.Features.Definitions;
using Millrace.Features.Numerics;
using Millrace.Features.Online;
using Millrace.Features.PointInTime;
using Millrace.Features.PointInTime.Parquet;
using Millrace.FeatureBuild;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;

namespace Millrace.Tests.Features.PointInTime;

public sealed class BuildRunTests : IDisposable
{
    private static readonly FeatureSet Set = FeatureSet.Create(Definitions());
    private static readonly UnixMicros Ever = new(long.MaxValue / 2);
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("millrace-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task Rows_hold_what_was_served_bit_for_bit_and_nothing_that_the_caller_gave()
    {
        await using var history = await PlayAsync(Set, 600);
        var (outcome, rows) = await BuiltRows.OfAsync(history.Journal, Set, history.From, history.Now + TimeSpan.FromSeconds(1));
        Assert.Equal(((long)history.Decisions, 0L, true), (outcome.Decisions, outcome.Missing, outcome.Whole));
        var cells = 0;
        foreach (var decided in await DecisionsAsync(history.Journal))
        {
            var (inputs, width) = (decided.Inputs!, Set.Definitions.Length);
            Assert.Equal(Set.Names, inputs.Features);
            for (var i = 0; i < inputs.Candidates.Length; i++)
            {
                var (slot, rank) = PlaceOf(decided, inputs.Candidates[i]);
                var built = rows[$"{decided.Id} {inputs.Candidates[i]} {slot} {rank}"].Split(' ');
                for (var c = 0; c < width; c++)
                {
                    var served = inputs.Matrix[(i * width) + c];
                    var isGiven = inputs.Given.Contains((i * width) + c);
                    Assert.True(isGiven || built[c] == BuiltRows.Bits(float.IsNaN(served) ? null : served), $"{decided.Id} {inputs.Candidates[i]} {inputs.Features[c]}");
                    Assert.True(!isGiven || built[c] != BuiltRows.Bits(served) || served == 0, $"{decided.Id} {inputs.Candidates[i]} {inputs.Features[c]} is what the caller gave");
                    cells++;
                }
            }
        }

        Assert.InRange(cells, 5_000, int.MaxValue);
    }

    [Fact]
    public async Task Slate_rows_are_the_items_that_were_placed()
    {
        await using var history = await PlayAsync(Set, 200);
        var (_, rows) = await BuiltRows.OfAsync(history.Journal, Set, history.From, Ever, request => request with { Kind = RowKind.Slate, Slice = TimeSpan.FromDays(365_000) });
        var placed = (await DecisionsAsync(history.Journal)).SelectMany(d => d.Slots.SelectMany(s => s.Items.Select((item, i) => $"{d.Id} {item.Item} {s.Slot} {i + 1}")));
        Assert.Equal(placed.Order(StringComparer.Ordinal), rows.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_build_that_was_killed_goes_on_and_ends_with_the_same_bytes()
    {
        await using var history = await PlayAsync(Set, 600, promptly: true); // Within the horizon: what is further behind may be read in time or not.
        var to = history.Now + TimeSpan.FromMinutes(-1);
        var whole = Path.Combine(_directory.FullName, "whole");
        var killed = Directory.CreateDirectory(Path.Combine(_directory.FullName, "killed")).FullName;
        Assert.Equal(0, (await BuiltRows.RunAsync(history.Journal, Set, BuiltRows.Request(whole, Set, history.From, to))).Missing);
        var kept = 0;
        for (var reads = 4; ; reads += 6)
        {
            using var kill = new CancellationTokenSource();
            var request = BuiltRows.Request(killed, Set, history.From, to);
            try
            {
                var outcome = await new BuildRun(new KillingReader(history.Journal, reads, kill), Set, new FeatureOptions(), request).RunAsync(kill.Token);
                Assert.InRange(outcome.Kept, 1, outcome.Slices - 1);
                kept = outcome.Kept;
                break;
            }
            catch (OperationCanceledException)
            {
                Assert.Empty(Directory.GetFiles(killed, "*.part"));
            }
        }

        Assert.Equal(Bytes(whole), Bytes(killed));
        Assert.InRange(kept, 1, int.MaxValue);
        var again = await BuiltRows.RunAsync(history.Journal, Set, BuiltRows.Request(killed, Set, history.From, to));
        Assert.Equal((again.Slices, 0L), (again.Kept, again.Folded));
    }

    [Fact]
    public async Task What_the_journal_has_not_passed_yet_is_built_again()
    {
        await using var history = await PlayAsync(Set, 200);
        var request = BuiltRows.Request(_directory.FullName, Set, history.From, history.Now + TimeSpan.FromSeconds(1));
        await BuiltRows.RunAsync(history.Journal, Set, request);
        var before = BuiltRows.Read(_directory.FullName, Set.Names).Count;
        await history.TakeAsync(new ServedHistory.Step(8, 3, 1, 7, 1));
        await history.EndAsync();
        var again = await BuiltRows.RunAsync(history.Journal, Set, request);
        Assert.InRange(again.Kept, 0, again.Slices - 1);
        Assert.InRange(BuiltRows.Read(_directory.FullName, Set.Names).Count, before + 1, before + 20);
    }

    [Fact]
    public async Task A_time_in_which_nothing_was_decided_leaves_no_files()
    {
        await using var history = await PlayAsync(Set, 50);
        var request = BuiltRows.Request(_directory.FullName, Set, history.Now + TimeSpan.FromHours(1), history.Now + TimeSpan.FromHours(9));
        var outcome = await BuiltRows.RunAsync(history.Journal, Set, request);
        Assert.Equal((0L, 0L), (outcome.Rows, outcome.Missing));
        Assert.Empty(Directory.GetFiles(_directory.FullName, "rows-*"));
    }

    [Fact]
    public async Task A_definition_that_was_added_later_gets_the_past_that_it_would_have_had()
    {
        var more = FeatureSet.Create([.. Definitions(), new CountFeature("seen_20m", "impression", TimeSpan.FromMinutes(20), CountRead.Log), new AgeFeature("first", AgeSince.FirstSeen)]);
        await using var late = await PlayAsync(Set, 400);
        await using var always = await PlayAsync(more, 400);
        var (strict, none) = await BuiltRows.OfAsync(late.Journal, more, late.From, late.Now);
        Assert.Empty(none);
        var other = Assert.Single(strict.Counts.Others);
        Assert.Equal((strict.Missing, late.Decisions), (other.Decisions, (int)other.Decisions));
        Assert.InRange(other.LastEpoch, other.FirstEpoch + 1, long.MaxValue);
        var (backfill, rows) = await BuiltRows.OfAsync(late.Journal, more, late.From, late.Now + TimeSpan.FromSeconds(1), request => request with { AnyDefinitions = true });
        var (_, expected) = await BuiltRows.OfAsync(always.Journal, more, always.From, always.Now + TimeSpan.FromSeconds(1));
        Assert.Equal(0, backfill.Missing);
        Assert.InRange(rows.Count, 500, int.MaxValue);
        Assert.Equal(ByCandidate(expected), ByCandidate(rows));
    }

    [Fact]
    public async Task Slices_that_lack_rows_are_not_done_and_say_so_again()
    {
        var more = FeatureSet.Create([.. Definitions(), new AgeFeature("first", AgeSince.FirstSeen)]);
        await using var history = await PlayAsync(Set, 200, promptly: true);
        var strict = BuiltRows.Request(_directory.FullName, more, history.From, history.Now + TimeSpan.FromMinutes(-1));
        var missing = (await BuiltRows.RunAsync(history.Journal, more, strict)).Missing;
        Assert.InRange(missing, 1, long.MaxValue);
        Assert.Equal(missing, (await BuiltRows.RunAsync(history.Journal, more, strict)).Missing);
        await BuiltRows.RunAsync(history.Journal, more, strict with { AnyDefinitions = true });
        Assert.InRange(BuiltRows.Read(_directory.FullName, more.Names).Count, 100, int.MaxValue);
        var again = await BuiltRows.RunAsync(history.Journal, more, strict with { AnyDefinitions = true });
        Assert.Equal((again.Slices, 0L), (again.Kept, again.Folded));
    }

    [Fact]
    public async Task Slices_after_a_hit_bound_are_not_done()
    {
        await using var history = await PlayAsync(Set, 200, promptly: true);
        var request = BuiltRows.Request(_directory.FullName, Set, history.From, history.Now + TimeSpan.FromMinutes(-1));
        Assert.False((await BuiltRows.RunAsync(history.Journal, Set, request with { MaxPersons = 1 })).Whole);
        var again = await BuiltRows.RunAsync(history.Journal, Set, request);
        Assert.True(again.Whole);
        Assert.InRange(again.Rows, 100, int.MaxValue);
    }

    [Fact]
    public async Task A_bound_that_no_column_depends_on_leaves_slices_done()
    {
        await using var history = await PlayAsync(Set, 200, promptly: true);
        var request = BuiltRows.Request(_directory.FullName, Set, history.From, history.Now + TimeSpan.FromMinutes(-1)) with { MaxPersons = 1, Features = ["age", "clicks_10m"] };
        Assert.True((await BuiltRows.RunAsync(history.Journal, Set, request)).Whole);
        Assert.Equal(0, (await BuiltRows.RunAsync(history.Journal, Set, request)).Folded);
    }

    [Theory]
    [InlineData(RowKind.Candidates, true)]
    [InlineData(RowKind.Slate, false)]
    public async Task A_decision_that_gives_no_rows_leaves_no_slice_undone(RowKind kind, bool whole)
    {
        var slice = new RowSlice(new UnixMicros(0), new UnixMicros(60_000_000), ["next"], "", 1, kind);
        await using var slices = new RowSlices(_directory.FullName, slice, TimeSpan.FromMinutes(1), new RowFileOptions());
        var builder = new RowBuilder(Set, slices, TimeSpan.FromSeconds(1));
        var slim = new Moment
        {
            Decided = new Decided { Id = "d", Policy = "p", Surface = "home", Asked = new UnixMicros(7) },
            Snapshot = new FeatureFolder(Set, new FeatureOptions()).Current,
            Inexact = (_, _, _) => new Inexactness("pairs", default, null),
        };
        await builder.VisitAsync(slim, TestContext.Current.CancellationToken);
        Assert.Equal(whole, builder.IsWhole);
    }

    [Fact]
    public async Task A_slice_that_was_complete_before_rows_of_it_turned_out_to_be_missing_is_not_done()
    {
        var slice = new RowSlice(new UnixMicros(0), new UnixMicros(60_000_000), [], "", 1);
        await using (var slices = new RowSlices(_directory.FullName, slice, TimeSpan.FromMinutes(1), new RowFileOptions()))
        {
            await slices.CompleteAsync(slice.To, slice.To, TestContext.Current.CancellationToken);
            Assert.True(await RowFiles.IsDoneAsync(_directory.FullName, slice, TestContext.Current.CancellationToken));
            slices.Miss(new UnixMicros(7));
        }

        Assert.False(await RowFiles.IsDoneAsync(_directory.FullName, slice, TestContext.Current.CancellationToken));
        await using var anew = new RowSlices(_directory.FullName, slice, TimeSpan.FromMinutes(1), new RowFileOptions());
        await anew.CompleteAsync(slice.To, slice.To, TestContext.Current.CancellationToken);
        Assert.True(await RowFiles.IsDoneAsync(_directory.FullName, slice, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(0, 45, 10)] // The last slice was shorter.
    [InlineData(0, 60, 20)] // Other slices.
    [InlineData(5, 55, 10)] // Shifted.
    public async Task Rows_that_other_slices_hold_are_not_built_twice(int from, int to, int length)
    {
        var start = UnixMicros.From(new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));
        RowSlices Slices(int first, int end, int minutes) => new(
            _directory.FullName, new RowSlice(start + TimeSpan.FromMinutes(first), start + TimeSpan.FromMinutes(end), [], "", 1), TimeSpan.FromMinutes(minutes), new RowFileOptions());
        await using (var before = Slices(from, to, length))
        {
            await before.FindDoneAsync(TestContext.Current.CancellationToken);
            await before.CompleteAsync(before.Whole.To, before.Whole.To, TestContext.Current.CancellationToken);
        }

        await using var other = Slices(0, 60, 10);
        await Assert.ThrowsAsync<IOException>(() => other.FindDoneAsync(TestContext.Current.CancellationToken));
        await using var next = Slices(60, 120, 10);
        await next.FindDoneAsync(TestContext.Current.CancellationToken);
        await using var same = Slices(from, to, length);
        await same.FindDoneAsync(TestContext.Current.CancellationToken);
        Assert.Equal(same.Count, same.Kept);
    }

    [Fact]
    public async Task A_damaged_file_of_another_time_hinders_no_build_and_one_of_this_time_is_named()
    {
        RowSlices Slices(int from) => new(
            _directory.FullName, new RowSlice(new UnixMicros(from * 60_000_000L), new UnixMicros((from + 1) * 60_000_000L), [], "", 1), TimeSpan.FromMinutes(1), new RowFileOptions());
        await using (var before = Slices(0))
        {
            await before.CompleteAsync(before.Whole.To, before.Whole.To, TestContext.Current.CancellationToken);
        }

        var path = Assert.Single(Directory.GetFiles(_directory.FullName, "*.parquet"));
        await File.WriteAllTextAsync(path, "no Parquet at all", TestContext.Current.CancellationToken);
        await using var later = Slices(1);
        await later.FindDoneAsync(TestContext.Current.CancellationToken);
        await using var same = Slices(0);
        var refused = await Assert.ThrowsAsync<IOException>(() => same.FindDoneAsync(TestContext.Current.CancellationToken));
        Assert.StartsWith(path, refused.Message, StringComparison.Ordinal);
        Assert.Contains("delete it", refused.Message, StringComparison.Ordinal);
    }

    private static FeatureDefinition[] Definitions() =>
    [
        new CountFeature("clicks_10m", "click", TimeSpan.FromMinutes(10)),
        new DecayedCountFeature("hot", "click", TimeSpan.FromMinutes(5), CountRead.Log),
        new AgeFeature("age", AgeSince.Published),
        new CooccurrenceFeature("next", "click", TimeSpan.FromHours(3)) { Span = 3, Symmetric = true, Depth = 3 },
    ];

    /// <summary>Where a candidate was placed depends on the scores, and those on which features there are.</summary>
    private static IEnumerable<string> ByCandidate(IEnumerable<KeyValuePair<string, string>> rows) =>
        rows.Select(row => $"{string.Join(' ', row.Key.Split(' ').Take(2))} {row.Value}").Order(StringComparer.Ordinal);

    private static async Task<ServedHistory> PlayAsync(FeatureSet features, int steps, bool promptly = false)
    {
        var history = new ServedHistory(features);
        for (var i = 0; i < steps * 3; i++)
        {
            var (first, second) = Philox.Draw(11, 1, (ulong)i);
            await history.TakeAsync(new ServedHistory.Step(
                Philox.ToIndex(first, 11), Philox.ToIndex(StableHash.Mix(first), ServedHistory.Items), Philox.ToIndex(second, 6), Philox.ToIndex(StableHash.Mix(second), 60), 400));
            if (promptly)
            {
                await history.TakeAsync(new ServedHistory.Step(6, 0, 0, 0, 0)); // An epoch lasts no longer than a second, as in a node.
                await history.EndAsync();
            }
        }

        await history.EndAsync();
        return history;
    }

    private static async Task<List<Decided>> DecisionsAsync(MemoryJournal journal)
    {
        var decisions = new List<Decided>();
        for (var partition = 0; partition < journal.Partitions(JournalStream.Decisions); partition++)
        {
            decisions.AddRange((await journal.ReadAsync(JournalStream.Decisions, partition, 0, 1_000_000)).Select(stored => stored.Fact).OfType<Decided>());
        }

        return decisions;
    }

    private static (string? Slot, int? Rank) PlaceOf(Decided decided, string item)
    {
        foreach (var slot in decided.Slots)
        {
            for (var i = 0; i < slot.Items.Length; i++)
            {
                if (slot.Items[i].Item == item)
                {
                    return (slot.Slot, i + 1);
                }
            }
        }

        return (null, null);
    }

    private static Dictionary<string, string> Bytes(string directory) =>
        Directory.GetFiles(directory).ToDictionary(file => Path.GetFileName(file), file => Convert.ToHexString(File.ReadAllBytes(file)));

    /// <summary>Reads a few facts at a time, and kills the build after so many reads.</summary>
    private sealed class KillingReader(IJournalReader journal, int reads, CancellationTokenSource kill) : IJournalReader
    {
        private int _left = reads;

        public int Partitions(JournalStream stream) => journal.Partitions(stream);

        public PartitionRange Range(JournalStream stream, int partition) => journal.Range(stream, partition);

        public ValueTask<long> SeekAsync(JournalStream stream, int partition, UnixMicros time, CancellationToken cancellation) => journal.SeekAsync(stream, partition, time, cancellation);

        public ValueTask<IReadOnlyList<StoredFact>> ReadAsync(JournalStream stream, int partition, long from, int maxFacts, CancellationToken cancellation)
        {
            if (_left-- == 0)
            {
                kill.Cancel();
            }

            cancellation.ThrowIfCancellationRequested();
            return journal.ReadAsync(stream, partition, from, Math.Min(maxFacts, 25), cancellation);
        }
    }
}
