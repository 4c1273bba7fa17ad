using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Learning.Attribution;
using Millrace.Tests.FeatureForget;

namespace Millrace.Tests.Learning.Attribution;

public sealed class LabelRunTests
{
    [Fact]
    public async Task An_open_window_has_no_default_yet_and_its_slice_is_made_anew_once_it_closes()
    {
        await using var scene = new LabelScene();
        await scene.DecidedAsync("d1", 10, "a", "b");
        await scene.ObservedAsync("e1", 20, "a", "d1");
        Assert.Equal(["click=1 open impression=none open", "click=none open impression=none open"], (await scene.BuildAsync()).Select(row => row.Labels));
        Assert.Equal((2, 0, 2), (scene.Report.Slices, scene.Report.Kept, scene.Report.Open));
        await scene.ObservedAsync("e2", 20_000, "z");
        Assert.Equal(["click=1 impression=0", "click=0 impression=0"], (await scene.BuildAsync()).Select(row => row.Labels));
        Assert.Equal((0, 0, 0), (scene.Report.Kept, scene.Report.Reopened, scene.Report.Open));
        await scene.BuildAsync();
        Assert.Equal((2, 0), (scene.Report.Kept, scene.Report.Reopened));
    }

    [Fact]
    public async Task An_outcome_that_comes_after_its_slice_was_complete_is_folded_in_and_flagged()
    {
        await using var scene = new LabelScene();
        await scene.DecidedAsync("d1", 10, "a", "b");
        await scene.ObservedAsync("e1", 20_000, "z");
        Assert.Equal("click=0 impression=0", (await scene.BuildAsync())[1].Labels);
        await scene.ObservedAsync("e2", 30, "b", "d1", received: 30_000);
        Assert.Equal("click=1 late impression=0", (await scene.BuildAsync())[1].Labels);
        Assert.Equal((1, 1, 1L), (scene.Report.Kept, scene.Report.Reopened, scene.Report.ByOutcome["click"].Late));
    }

    [Fact]
    public async Task A_slice_whose_decisions_have_left_the_journal_keeps_what_stood_there()
    {
        await using var scene = new LabelScene();
        await scene.DecidedAsync("d1", 10, "a", "b");
        await scene.ObservedAsync("e1", 20, "a", "d1");
        await scene.DecidedAsync("d2", 3_550, "a");
        await scene.ObservedAsync("e2", 3_560, "a", "d2");
        await scene.DecidedAsync("d3", 3_700, "a");
        var open = await scene.BuildAsync();
        Assert.Equal(4, open.Count);

        // All windows have closed since: both slices want to be made anew, and only the second can be.
        await scene.ObservedAsync("e3", 20_000, "z");
        var kept = await scene.BuildAsync(reader: new HidingReader(scene.Journal, retired: LabelScene.At(3_500)));
        Assert.Equal(open[..3], kept[..3]);
        Assert.Equal("click=0 impression=0", kept[3].Labels);
        Assert.Equal((1, 0), (scene.Report.Retired, scene.Report.Kept));
        Assert.Contains("1 slices are older", scene.Report.ToText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_a_label_is_counted_by_why()
    {
        await using var scene = new LabelScene();
        scene.Outcomes = [new OutcomeDefinition("click", "click", TimeSpan.FromSeconds(600)) { Value = OutcomeValue.Sum, Unit = "s" }];
        await scene.DecidedAsync("d1", 10, "a", "b");
        await scene.ObservedAsync("ok", 15, "a", "d1", change: observed => observed with { Unit = "s", ValueMicros = 2_500_000 });
        await scene.ObservedAsync("unknown", 20, "a", "other", change: observed => observed with { Unit = "s" });
        await scene.ObservedAsync("not placed", 20, "z", "d1", change: observed => observed with { Unit = "s" });
        await scene.ObservedAsync("after", 700, "a", "d1", change: observed => observed with { Unit = "s" });
        await scene.ObservedAsync("untouched", 700, "z", change: observed => observed with { Unit = "s" });
        await scene.ObservedAsync("other unit", 700, "a", "d1", change: observed => observed with { Unit = "EUR" });
        await scene.ObservedAsync("unvouched", 700, "a", "d1", change: observed => observed with { Unvouched = true });
        await scene.ObservedAsync("withheld", 700, "a", "d1", change: observed => observed with { Withheld = true });
        Assert.Equal(["click=2.5", "click=0"], (await scene.BuildAsync()).Select(row => row.Labels));
        var click = scene.Report.ByOutcome["click"];
        Assert.Equal((5L, 1L, 1L, 1L, 1L), (click.Events, click.Unknown, click.NotPlaced, click.After, click.Untouched));
        Assert.Equal((1L, 1L, 1L), (click.OtherUnit, click.Unvouched, click.Withheld));
        Assert.Equal(new DelayQuantiles(5, 5, 5, 5), click.DelaySeconds);
        Assert.Contains("1 came after the window", scene.Report.ToText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_row_says_how_its_body_came_the_first_time()
    {
        await using var scene = new LabelScene();
        await scene.DecidedAsync("d1", 10, "a", "b");
        var delivered = new Delivered { Id = "v1", Route = "/", Decision = "d1", Item = "a", Rank = 1, Outcome = "miss", TimeToFirstByte = TimeSpan.FromMilliseconds(312.5), Time = LabelScene.At(11), Received = LabelScene.At(11) };
        await scene.AppendAsync(delivered);
        await scene.AppendAsync(delivered with { Id = "v2", Outcome = "hit", TimeToFirstByte = TimeSpan.Zero, Time = LabelScene.At(12), Received = LabelScene.At(12) });
        Assert.Equal([("miss", 312.5), (null, null)], (await scene.BuildAsync()).Select(row => (row.Delivery, row.FirstByteMs)));
    }

    [Fact]
    public async Task A_copy_of_a_record_counts_once_and_an_erased_person_has_no_rows()
    {
        await using var scene = new LabelScene();
        scene.Outcomes = [new OutcomeDefinition("click", "click", TimeSpan.FromSeconds(600)) { Value = OutcomeValue.Sum }];
        await scene.DecidedAsync("d1", 10, "a");
        await scene.DecidedAsync("gone", 11, "a");
        await scene.ObservedAsync("e1", 15, "a", "d1", change: observed => observed with { ValueMicros = 1_000_000 });
        await scene.ObservedAsync("e2", 16, "a", "gone", change: observed => observed with { ValueMicros = 1_000_000 });
        Assert.Equal(["click=1 open"], (await scene.BuildAsync(reader: new Copied(scene.Journal))).Select(row => row.Labels));
        Assert.Equal(2, scene.Report.Erased);
    }

    [Fact]
    public async Task Files_of_other_slices_or_another_journal_are_refused_and_of_other_outcomes_made_anew()
    {
        await using var scene = new LabelScene();
        await scene.DecidedAsync("d1", 10, "a");
        await scene.ObservedAsync("e1", 20_000, "z");
        await scene.BuildAsync("one");
        Assert.Contains("the journal one", (await Assert.ThrowsAsync<IOException>(() => scene.BuildAsync("two"))).Message, StringComparison.Ordinal);
        scene.Outcomes = [new OutcomeDefinition("click", "click", TimeSpan.FromSeconds(60))];
        await scene.BuildAsync("one");
        Assert.Equal(0, scene.Report.Kept);
        File.Move(Path.Combine(scene.Into, scene.Files()[0]), Path.Combine(scene.Into, "labels-1767225600000001-1767229200000001-0000.parquet"));
        Assert.Contains("into other slices", (await Assert.ThrowsAsync<IOException>(() => scene.BuildAsync("one"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_journal_gives_the_same_bytes_and_a_cancelled_build_leaves_nothing_half()
    {
        var bytes = new List<byte[]>();
        for (var run = 0; run < 2; run++)
        {
            await using var scene = new LabelScene();
            for (var i = 0; i < 300; i++)
            {
                await scene.DecidedAsync($"d{i}", i, "a", "b", "c");
                await scene.ObservedAsync($"e{i}", i, i % 2 == 0 ? "a" : "b", i % 3 == 0 ? null : $"d{i}");
            }

            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => scene.BuildAsync(reader: new Cancelling(scene.Journal)));
            Assert.Empty(scene.Files());
            await scene.BuildAsync();
            Assert.Equal(2, scene.Files().Length);
            bytes.Add(await File.ReadAllBytesAsync(Path.Combine(scene.Into, scene.Files()[0]), TestContext.Current.CancellationToken));
        }

        Assert.Equal(bytes[0], bytes[1]);
    }

    /// <summary>Gives each fact twice, and the decision 'gone' as one of an erased person.</summary>
    private sealed class Copied(IJournalReader journal) : JournalBefore(journal)
    {
        public override async ValueTask<IReadOnlyList<StoredFact>> ReadAsync(JournalStream stream, int partition, long from, int maxFacts, CancellationToken cancellation = default) =>
            [.. (await Journal.ReadAsync(stream, partition, from, maxFacts, cancellation)).SelectMany(stored => Enumerable.Repeat(
                stored.Fact is Decided { Id: "gone" } gone ? new StoredFact(stored.Position, gone with { Erased = true, Session = null }) : stored, 2))];
    }

    private sealed class Cancelling(IJournalReader journal) : JournalBefore(journal)
    {
        public override ValueTask<IReadOnlyList<StoredFact>> ReadAsync(JournalStream stream, int partition, long from, int maxFacts, CancellationToken cancellation = default) =>
            stream == JournalStream.Deliveries ? base.ReadAsync(stream, partition, from, maxFacts, cancellation) : from > 0 || maxFacts == 1 ? base.ReadAsync(stream, partition, from, maxFacts, cancellation)
            : throw new OperationCanceledException();
    }
}
