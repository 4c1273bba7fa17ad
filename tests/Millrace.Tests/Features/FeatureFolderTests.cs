using CsCheck;
using Millrace.Features.Definitions;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Tests.Features;

public sealed class FeatureFolderTests
{
    private const int MostRecent = 5;

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private static readonly FeatureSet Set = FeatureSet.Create(
    [
        new CountFeature("clicks_1h", "click", Hour),
        new CountFeature("seen_2h", "impression", 2 * Hour),
        new DecayedCountFeature("hot", "click", TimeSpan.FromMinutes(30)),
        new AgeFeature("idle", AgeSince.LastEvent, Hour, "conversion"),
        new CooccurrenceFeature("next", "click", 3 * Hour) { Span = 3, Symmetric = true },
    ]);

    [Fact]
    public void A_snapshot_says_what_a_plain_recount_says() => Gen.Select(FoldedHistory.Facts, Gen.Int[1, 40], Gen.Int[0, 400]).Sample((facts, step, later) =>
    {
        var folder = Folder();
        for (var i = 0; i < facts.Length; i++)
        {
            folder.Apply(facts[i]);
            if (i % step == 0)
            {
                Check(folder.Freeze(facts[i].Fact.Received), facts[..(i + 1)], facts[i].Fact.Received);
            }
        }

        var until = facts[^1].Fact.Received + TimeSpan.FromMinutes(later);
        Check(folder.Freeze(until), facts, until);
        Assert.True(folder.Counts.Whole);
    });

    [Fact]
    public void Folding_in_one_go_equals_folding_with_repeats_and_freezes_between() => Gen.Select(FoldedHistory.Facts, Gen.Int[1, 9]).Sample((facts, step) =>
    {
        var whole = Folded(facts);
        var parts = Folder();
        for (var i = 0; i < facts.Length; i++)
        {
            parts.Apply(facts[i]);
            parts.Apply(facts[Math.Max(0, i - 2)]);
            if (i % step == 0)
            {
                parts.Freeze(facts[i].Fact.Received);
            }
        }

        Assert.Equal(Text(whole, facts), Text(parts, facts));
    });

    [Fact]
    public void How_partitions_interleave_does_not_matter() => FoldedHistory.Facts.Sample(facts =>
        Assert.Equal(Text(Folded(facts), facts), Text(Folded(Apart(facts)), facts)));

    [Fact]
    public void How_facts_are_cut_into_batches_does_not_matter() => Gen.Select(FoldedHistory.Facts, Gen.Int[1, 40].Array[1, 10], Gen.Bool).Sample((facts, cuts, learns) =>
    {
        var options = learns ? new FeatureOptions { LearnItemsFromEvents = true, MaxLearntItems = 3, MaxItems = 5 } : Options;
        var folder = new FeatureFolder(Set, options);
        var (done, changed) = (0, false);
        for (var cut = 0; done < facts.Length; cut++)
        {
            var batch = facts.AsSpan(done, Math.Min(cuts[cut % cuts.Length], facts.Length - done));
            for (var at = 0; at < batch.Length; at++)
            {
                changed |= folder.Apply(batch, at);
            }

            folder.Freeze(default);
            done += batch.Length;
        }

        var alone = new FeatureFolder(Set, options);
        var any = false;
        foreach (var fact in facts)
        {
            any |= alone.Apply(fact);
        }

        Assert.Equal(any, changed);
        Assert.Equal(alone.Freeze(default).Canonical(), folder.Freeze(default).Canonical());
        Assert.Equal(alone.Counts.Whole, folder.Counts.Whole);
    });

    /// <summary>A restart reads the partitions one by one; where a bound was hit, what was kept may differ, and the folder says so.</summary>
    [Fact]
    public void Where_a_bound_was_hit_the_folder_says_that_it_is_not_whole()
    {
        var bounded = FeatureSet.Create(Set.Definitions.Select(definition => definition is CooccurrenceFeature pairs ? pairs with { MaxNeighbours = 3 } : definition));
        var options = new FeatureOptions { MaxItems = FoldedHistory.Items - 1, MaxPairs = 20, MaxSegments = 1 };
        var (differed, whole) = (0, 0);
        FoldedHistory.Facts.Sample(
            facts =>
            {
                var mixed = Folded(facts, bounded, options with { MaxItems = FoldedHistory.Items });
                var apart = Folded(Apart(facts), bounded, options with { MaxItems = FoldedHistory.Items });
                if (mixed.Counts.Whole && apart.Counts.Whole)
                {
                    whole++;
                    Assert.Equal(Text(mixed, facts), Text(apart, facts));
                }
                else if (Text(mixed, facts) != Text(apart, facts))
                {
                    differed++;
                }

                Assert.False(Folded(facts, bounded, options).Counts.Whole);
            },
            seed: "0000KOIPNiI1",
            iter: 300,
            threads: 1);
        Assert.True(differed > 0 && whole > 0, $"{differed} differed, {whole} were whole");
    }

    [Fact]
    public void A_frozen_snapshot_never_changes() => Gen.Select(FoldedHistory.Facts, Gen.Bool).Sample((facts, tight) =>
    {
        var folder = Folded(facts[..(facts.Length / 2)], Set, tight ? new FeatureOptions { MaxItems = 4, MaxLearntItems = 3, LearnItemsFromEvents = true } : Options);
        var snapshot = folder.Freeze(default);
        string[] before = [.. snapshot.Canonical()];
        foreach (var fact in facts[(facts.Length / 2)..])
        {
            folder.Apply(fact);
            folder.Freeze(fact.Fact.Time);
        }

        Assert.Equal(before, snapshot.Canonical());
        foreach (var row in Enumerable.Range(0, snapshot.Rows).Where(row => snapshot.Item(row) is not null))
        {
            Assert.Equal(row, snapshot.RowOf(snapshot.Item(row).Id));
        }
    });

    [Fact]
    public void An_item_that_nobody_touches_still_loses_what_expires()
    {
        var history = new History();
        var folder = Folded([history.Put("a"), history.Click("a")]);
        var fresh = folder.Freeze(default);
        var later = folder.Freeze(fresh.Time + (2 * Hour));
        Assert.Equal(1, fresh.Popular(Hour, 10).Length);
        Assert.Equal(0, later.Popular(Hour, 10).Length);
    }

    [Fact]
    public void A_session_that_was_idle_makes_no_pair_though_strangers_keep_the_partition_busy()
    {
        var history = new History();
        var folder = Folder();
        string[] items = ["a", "b", "c", "d"];
        Array.ForEach(items, item => folder.Apply(history.Put(item)));
        folder.Apply(history.Click("d", "stranger"));
        folder.Apply(history.Click("a", "late", minutesLate: 300));
        folder.Apply(history.Click("b", "late", minutesLate: 299));
        folder.Apply(history.Click("c", "late"));
        var snapshot = folder.Freeze(default);
        Assert.Null(snapshot.Neighbours(snapshot.RowOf("c")));
        Assert.Null(snapshot.Neighbours(snapshot.RowOf("d")));
    }

    [Fact]
    public void A_purchase_pairs_with_what_its_session_clicked()
    {
        var history = new History();
        var bought = FeatureSet.Create([new CooccurrenceFeature("bought", "conversion", Hour)]);
        var folder = Folded([history.Put("a"), history.Put("b"), history.Click("a"), history.Click("b"), history.Event("conversion", "b")], bought, Options);
        var snapshot = folder.Freeze(default);
        var neighbours = snapshot.Neighbours(snapshot.RowOf("a"))!;
        Assert.Equal((1, snapshot.RowOf("b")), (neighbours.Count, neighbours[0].Row));
        Assert.Null(snapshot.Neighbours(snapshot.RowOf("b")));
    }

    [Fact]
    public void Lists_count_the_event_that_is_named()
    {
        var history = new History();
        var folder = Folded([history.Put("a"), history.Put("b"), history.Click("a"), history.Event("conversion", "b")], FeatureSet.Create([], [Hour], "conversion"), Options);
        var snapshot = folder.Freeze(default);
        Assert.Equal([snapshot.RowOf("b")], snapshot.Popular(Hour, 10).ToArray());
    }

    [Fact]
    public void A_set_reaches_back_as_far_as_its_longest_window()
    {
        Assert.Equal(TimeSpan.FromDays(1), FeatureSet.Create([]).Reach);
        Assert.Equal(TimeSpan.FromDays(30), FeatureSet.Create([new CountFeature("a", "click", TimeSpan.FromDays(30))]).Reach);
        Assert.Equal(TimeSpan.FromDays(40), FeatureSet.Create([new DecayedCountFeature("a", "click", TimeSpan.FromDays(5))], [TimeSpan.FromDays(20)]).Reach);
    }

    [Fact]
    public void All_faults_of_definitions_are_listed()
    {
        var refused = Assert.Throws<FeatureFaultsException>(() => FeatureSet.Create(
            [new CountFeature("Bad Name", "", TimeSpan.Zero), new AgeFeature("a", AgeSince.Published), new AgeFeature("a", AgeSince.Published)]));
        Assert.Equal(4, refused.Faults.Length);
    }

    /// <summary>Pairs are left out: they want the run of their session too, for which a start reads on beyond the reach.</summary>
    [Fact]
    public void Events_older_than_the_reach_change_nothing() => FoldedHistory.Facts.Sample(facts =>
    {
        var counts = FeatureSet.Create(Set.Definitions.Where(definition => definition is not CooccurrenceFeature));
        var from = facts[^1].Fact.Received - TimeSpan.FromHours(8);
        var whole = Folded(facts, counts, Options);
        var sought = Folded([.. facts.Where(stored => stored.Fact is ItemChanged || stored.Fact.Received >= from)], counts, Options);
        Assert.Equal(WithoutPairs(whole, facts), WithoutPairs(sought, facts));
    });

    private static FeatureOptions Options { get; } = new() { MaxRecentItems = MostRecent };

    private static FeatureFolder Folder() => new(Set, Options);

    private static FeatureFolder Folded(StoredFact[] facts) => Folded(facts, Set, Options);

    private static FeatureFolder Folded(StoredFact[] facts, FeatureSet set, FeatureOptions options)
    {
        var folder = new FeatureFolder(set, options);
        Array.ForEach(facts, fact => folder.Apply(fact));
        return folder;
    }

    /// <summary>As a start reads: items first, then each partition of events to its end.</summary>
    private static StoredFact[] Apart(StoredFact[] facts) =>
        [.. facts.OrderBy(stored => stored.Position.Stream).ThenByDescending(stored => stored.Position.Partition).ThenBy(stored => stored.Position.Offset)];

    private static string Text(FeatureFolder folder, StoredFact[] facts) => string.Join('\n', folder.Freeze(facts.Max(stored => stored.Fact.Received)).Canonical());

    private static IEnumerable<string> WithoutPairs(FeatureFolder folder, StoredFact[] facts) =>
        folder.Freeze(facts.Max(stored => stored.Fact.Received)).Canonical().Where(line => !line.StartsWith(nameof(SessionPairsKey), StringComparison.Ordinal));

    private static void Check(FeatureSnapshot snapshot, StoredFact[] facts, UnixMicros until)
    {
        var oracle = new FoldOracle(facts, until);
        Assert.Equal(oracle.Items(), snapshot.Canonical().Skip(1).TakeWhile(line => !line.StartsWith("recent ", StringComparison.Ordinal)));
        Assert.Equal(oracle.Recent(MostRecent), snapshot.Recent.Select(row => snapshot.Item(row).Id));
        Same(snapshot, new ListedCountsKey("click", Hour), oracle.Counted("click", Hour, 60));
        Same(snapshot, new WindowedSumsKey("click", Hour), oracle.Summed("click", Hour, 60));
        Same(snapshot, new WindowedSumsKey("impression", 2 * Hour), oracle.Summed("impression", 2 * Hour, 60));
        Same(snapshot, new DecayedSumsKey("click", TimeSpan.FromMinutes(30)), oracle.Decayed("click", TimeSpan.FromMinutes(30)));
        Same(snapshot, new LastTimesKey("conversion", 8 * Hour), oracle.LastTimes("conversion", 8 * Hour));
        Same(snapshot, new SessionPairsKey("click", 3 * Hour, 3, true, 4096), oracle.Pairs(3 * Hour, 3));
        foreach (var segment in new[] { "g0", "g1" })
        {
            Assert.Equal(oracle.Counted("click", Hour, 60, segment), After(snapshot.Canonical(), $"segment {segment} "));
        }
    }

    private static void Same(FeatureSnapshot snapshot, StateKey key, IEnumerable<string> expected) =>
        Assert.Equal(expected, snapshot.Canonical(key));

    private static IEnumerable<string> After(IEnumerable<string> lines, string prefix) =>
        lines.Where(line => line.StartsWith(prefix, StringComparison.Ordinal)).Select(line => line[prefix.Length..]);
}
