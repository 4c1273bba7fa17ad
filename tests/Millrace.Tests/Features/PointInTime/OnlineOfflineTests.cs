using CsCheck;
using Millrace.Demo;
using Millrace.Features.Definitions;
using Millrace.Features.Numerics;
using Millrace.Features.PointInTime;
using Millrace.Journal;

namespace Millrace.Tests.Features.PointInTime;

public sealed class OnlineOfflineTests
{
    private static readonly FeatureSet Set = FeatureSet.Create(
    [
        new CountFeature("clicks_10m", "click", TimeSpan.FromMinutes(10)),
        new CountFeature("seen_share", "impression", TimeSpan.FromHours(1), CountRead.Share),
        new DecayedCountFeature("hot", "click", TimeSpan.FromMinutes(5), CountRead.Log),
        new AgeFeature("idle", AgeSince.LastEvent, TimeSpan.FromHours(1)),
        new AgeFeature("age", AgeSince.Published),
        new CooccurrenceFeature("next", "click", TimeSpan.FromHours(3)) { Span = 3, Symmetric = true, Depth = 3 },
    ]);

    private static readonly FeatureSet Thirty = FeatureSet.Create(DemoFeatures.All);

    private static readonly Gen<ServedHistory.Step[]> Steps = Gen.Select(
        Gen.Int[0, 11],
        Gen.Int[0, ServedHistory.Items - 1],
        Gen.Int[0, 5],
        Gen.Int[0, 60],
        Gen.Frequency((6, Gen.Int[0, 300]), (2, Gen.Int[1_000, 60_000]), (1, Gen.Int[600_000, 3_000_000])),
        (kind, item, session, late, gap) => new ServedHistory.Step(kind, item, session, late, gap)).Array[20, 250];

    [Fact]
    public async Task Every_value_that_was_served_is_built_again_bit_for_bit()
    {
        var compared = 0L;
        await Steps.SampleAsync(
            async steps =>
            {
                var (check, counts, decisions) = await PlayAsync(steps, Set, Set);
                Assert.All(check.Features, feature => Assert.True(feature.Value.Different == 0, $"{feature.Key}: {feature.Value.First}"));
                Assert.Equal((decisions, 0L), (counts.Visited, counts.NotVisited));
                Interlocked.Add(ref compared, check.Features.Values.Sum(feature => feature.Compared));
            },
            iter: 300);
        Assert.True(compared > 10_000, $"{compared} cells compared");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(200)]
    public async Task Every_value_of_thirty_features_of_items_persons_pairs_and_contexts_is_built_again_wherever_folding_began(int older)
    {
        var compared = 0L;
        await Steps.SampleAsync(
            async steps =>
            {
                var (check, counts, decisions) = await PlayAsync(steps, Thirty, Thirty, older);
                Assert.All(check.Features, feature => Assert.True(feature.Value.Different == 0, $"{feature.Key}: {feature.Value.First}"));
                Assert.Equal((decisions, 0L), (counts.Visited, counts.NotVisited));
                Interlocked.Add(ref compared, check.Features.Values.Sum(feature => feature.Compared));
            },
            iter: 60);
        Assert.True(compared > 10_000, $"{compared} cells compared");
    }

    [Fact]
    public async Task A_fault_planted_in_one_update_rule_is_found_within_a_thousand_decisions_by_its_name()
    {
        var sound = FeatureSet.Create([.. Set.Definitions, new PlantedFeature("planted", "click")]);
        var broken = FeatureSet.Create([.. Set.Definitions, new PlantedFeature("planted", "click") { Forgets = 50 }]);
        var steps = History(1_000);
        var (check, counts, decisions) = await PlayAsync(steps, sound, broken);
        Assert.InRange(decisions, 100, 1_000);
        Assert.Equal(decisions, counts.Visited);
        Assert.Equal(["planted"], check.Features.Where(feature => feature.Value.Different > 0).Select(feature => feature.Key));

        var (clean, _, _) = await PlayAsync(steps, sound, sound);
        Assert.Equal(0, clean.Different);
    }

    [Fact]
    public async Task Decisions_of_other_definitions_are_counted_and_not_compared()
    {
        var other = FeatureSet.Create([.. Set.Definitions, new CountFeature("more", "click", TimeSpan.FromMinutes(1))]);
        var (check, counts, decisions) = await PlayAsync(History(300), other, Set);
        Assert.Equal((0L, decisions), (check.Decisions, counts.Not(NotVisited.OtherDefinitions)));
    }

    [Fact]
    public async Task A_fact_that_cannot_be_folded_is_passed_over_as_it_was_when_it_was_served()
    {
        var set = FeatureSet.Create([.. Set.Definitions, new PlantedFeature("planted", "click") { Throws = 2 }]);
        var (check, counts, decisions) = await PlayAsync(History(300), set, set);
        Assert.Equal((decisions, 0L), (counts.Visited, check.Different));
        Assert.InRange(counts.Skipped, 10, long.MaxValue);
    }

    [Theory]
    [InlineData(4, 100, false)]
    [InlineData(4, 100, true)]
    [InlineData(0, int.MaxValue, false)]
    public async Task What_looks_back_on_events_that_retention_took_is_not_compared(int reads, int below, bool personsAhead)
    {
        await using var history = new ServedHistory(Set);
        foreach (var step in History(600))
        {
            await history.TakeAsync(step);
        }

        await history.EndAsync();
        var journal = new RetiringReader(history.Journal, reads, Math.Min(below, history.Journal.Range(JournalStream.Events, 0).End));
        var options = new WalkOptions { From = history.From, To = new UnixMicros(long.MaxValue / 2), Horizon = TimeSpan.FromDays(9), PersonsAhead = personsAhead };
        var walk = new PointInTimeWalk(journal, Set, options);
        var check = new SkewCheck(Set);
        await walk.RunAsync(check, TestContext.Current.CancellationToken);
        Assert.Equal(0, check.Different);
        Assert.InRange(walk.Counts.Not(NotVisited.HistoryShort), 50, history.Decisions);
        Assert.Equal(history.Decisions, walk.Counts.Visited + walk.Counts.NotVisited);
    }

    /// <summary>The same steps each time: enough of them for so many facts and a fifth as many decisions.</summary>
    private static ServedHistory.Step[] History(int steps)
    {
        var history = new ServedHistory.Step[steps * 3];
        for (var i = 0; i < history.Length; i++)
        {
            var (first, second) = Philox.Draw(7, 1, (ulong)i);
            history[i] = new ServedHistory.Step(
                Philox.ToIndex(first, 11), Philox.ToIndex(StableHash.Mix(first), ServedHistory.Items), Philox.ToIndex(second, 6), Philox.ToIndex(StableHash.Mix(second), 60), 150);
        }

        return history;
    }

    private static async Task<(SkewCheck Check, WalkCounts Counts, long Decisions)> PlayAsync(ServedHistory.Step[] steps, FeatureSet built, FeatureSet served, int older = 0)
    {
        await using var history = new ServedHistory(served, older);
        var from = history.Now;
        foreach (var step in steps)
        {
            await history.TakeAsync(step);
        }

        await history.EndAsync();
        var options = new WalkOptions { From = from, To = new UnixMicros(long.MaxValue / 2), Horizon = TimeSpan.FromDays(9) };
        var (check, counts) = await WalkAsync(history.Journal, built, options);
        var (ahead, aheadCounts) = await WalkAsync(history.Journal, built, options with { PersonsAhead = true });
        Assert.Equal((check.Decisions, Compared(check), check.Different), (ahead.Decisions, Compared(ahead), ahead.Different));
        Assert.Equal((counts.Visited, counts.NotVisited, counts.Skipped), (aheadCounts.Visited, aheadCounts.NotVisited, aheadCounts.Skipped));
        return (check, counts, history.Decisions);
    }

    private static long Compared(SkewCheck check) => check.Features.Values.Sum(skew => skew.Compared);

    private static async Task<(SkewCheck Check, WalkCounts Counts)> WalkAsync(IJournalReader journal, FeatureSet built, WalkOptions options)
    {
        var walk = new PointInTimeWalk(journal, built, options);
        var check = new SkewCheck(built);
        await walk.RunAsync(check);
        return (check, walk.Counts);
    }

    /// <summary>Reads a few facts at a time; after so many reads of the first partition of events, retention has taken those below an offset.</summary>
    private sealed class RetiringReader(IJournalReader journal, int reads, long below) : IJournalReader
    {
        private int _left = reads;

        public int Partitions(JournalStream stream) => journal.Partitions(stream);

        public PartitionRange Range(JournalStream stream, int partition) => journal.Range(stream, partition) with { First = FirstOf(stream, partition) };

        public async ValueTask<long> SeekAsync(JournalStream stream, int partition, UnixMicros time, CancellationToken cancellation) =>
            Math.Max(FirstOf(stream, partition), await journal.SeekAsync(stream, partition, time, cancellation));

        public ValueTask<IReadOnlyList<StoredFact>> ReadAsync(JournalStream stream, int partition, long from, int maxFacts, CancellationToken cancellation)
        {
            from = Math.Max(from, FirstOf(stream, partition));
            _left -= stream == JournalStream.Events && partition == 0 ? 1 : 0;
            return journal.ReadAsync(stream, partition, from, Math.Min(maxFacts, 10), cancellation);
        }

        private long FirstOf(JournalStream stream, int partition) => stream == JournalStream.Events && partition == 0 && _left <= 0 ? below : 0;
    }
}
