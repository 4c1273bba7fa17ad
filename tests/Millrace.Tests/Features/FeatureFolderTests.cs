using CsCheck;
using Millrace.Features.Definitions;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Tests.Features;

public sealed class FeatureFolderTests
{
    private static readonly FeatureSet Set = FeatureSet.Create(
    [
        new CountFeature("clicks_1h", "click", TimeSpan.FromHours(1)),
        new DecayedCountFeature("hot", "click", TimeSpan.FromMinutes(30)),
        new AgeFeature("idle", AgeSince.LastEvent),
        new CooccurrenceFeature("next", "click", TimeSpan.FromHours(3)) { Span = 3, Symmetric = true },
    ]);

    private static readonly Gen<(int Partition, int Session, int Item, int Minutes)[]> Clicks =
        Gen.Select(Gen.Int[0, 1], Gen.Int[0, 4], Gen.Int[0, 12], Gen.Int[0, 20]).Array[0, 150];

    [Fact]
    public void Folding_in_one_go_equals_folding_with_repeats_and_freezes_between() => Gen.Select(Clicks, Gen.Int[1, 9]).Sample((clicks, step) =>
    {
        StoredFact[] facts = Facts(clicks);
        FeatureFolder whole = Folder();
        foreach (StoredFact fact in facts) whole.Apply(fact);
        FeatureFolder parts = Folder();
        for (int i = 0; i < facts.Length; i++)
        {
            parts.Apply(facts[i]);
            parts.Apply(facts[Math.Max(0, i - 2)]);
            if (i % step == 0) parts.Freeze(facts[i].Fact.Time);
        }

        Assert.Equal(Text(whole, facts), Text(parts, facts));
    });

    [Fact]
    public void How_partitions_interleave_does_not_matter() => Clicks.Sample(clicks =>
    {
        StoredFact[] facts = Facts(clicks);
        FeatureFolder mixed = Folder();
        foreach (StoredFact fact in facts) mixed.Apply(fact);
        FeatureFolder apart = Folder();
        foreach (StoredFact fact in facts.OrderByDescending(fact => fact.Position.Partition).ThenBy(fact => fact.Position.Offset)) apart.Apply(fact);
        Assert.Equal(Text(mixed, facts), Text(apart, facts));
    });

    [Fact]
    public void Counts_equal_a_recount_of_the_window() => Clicks.Sample(clicks =>
    {
        StoredFact[] facts = Facts(clicks);
        FeatureFolder folder = Folder();
        foreach (StoredFact fact in facts)
        {
            folder.Apply(fact);
            FeatureSnapshot snapshot = folder.Freeze(fact.Fact.Time);
            long end = snapshot.Time.Value / 60_000_000;
            var counts = (WindowedCounts.Frozen)snapshot.State(Set.PopularState(TimeSpan.FromHours(1)));
            var expected = facts.TakeWhile(other => other != fact).Append(fact)
                .Where(other => other.Fact.Time.Value / 60_000_000 > end - 60)
                .CountBy(other => ((Observed)other.Fact).Item);
            foreach (var (item, count) in expected) Assert.Equal(count, counts.Count(snapshot.RowOf(item)));
            Assert.Equal(expected.Sum(pair => pair.Value), counts.Total);
        }
    });

    [Fact]
    public void A_frozen_snapshot_never_changes() => Clicks.Sample(clicks =>
    {
        StoredFact[] facts = Facts(clicks);
        FeatureFolder folder = Folder();
        foreach (StoredFact fact in facts[..(facts.Length / 2)]) folder.Apply(fact);
        FeatureSnapshot snapshot = folder.Freeze(default);
        string[] before = [.. snapshot.Canonical()];
        foreach (StoredFact fact in facts[(facts.Length / 2)..])
        {
            folder.Apply(fact);
            folder.Freeze(fact.Fact.Time);
        }

        Assert.Equal(before, snapshot.Canonical());
    });

    [Fact]
    public void An_item_that_nobody_touches_still_loses_what_expires()
    {
        FeatureFolder folder = Folder();
        folder.Apply(Facts([(0, 1, 7, 0)])[0]);
        FeatureSnapshot fresh = folder.Freeze(default);
        FeatureSnapshot later = folder.Freeze(fresh.Time + TimeSpan.FromHours(2));
        Assert.Equal(1, fresh.Popular(TimeSpan.FromHours(1), 10).Length);
        Assert.Equal(0, later.Popular(TimeSpan.FromHours(1), 10).Length);
    }

    [Fact]
    public void All_faults_of_definitions_are_listed()
    {
        var refused = Assert.Throws<FeatureFaultsException>(() => FeatureSet.Create(
            [new CountFeature("Bad Name", "", TimeSpan.Zero), new AgeFeature("a", AgeSince.Published), new AgeFeature("a", AgeSince.Published)]));
        Assert.Equal(4, refused.Faults.Length);
    }

    private static FeatureFolder Folder() => new(Set, new FeatureOptions { LearnItemsFromEvents = true });

    private static string Text(FeatureFolder folder, StoredFact[] facts) =>
        string.Join('\n', folder.Freeze(facts.Length == 0 ? default : facts.Max(fact => fact.Fact.Time)).Canonical());

    /// <summary>Clicks in order of time, now and then with long silences; a session stays in one partition.</summary>
    private static StoredFact[] Facts((int Partition, int Session, int Item, int Minutes)[] clicks)
    {
        long[] offsets = new long[2];
        long minutes = 1_000_000;
        return
        [
            .. clicks.Select(click => new StoredFact(
                new Position(JournalStream.Events, click.Partition, offsets[click.Partition]++),
                new Observed
                {
                    Id = $"e{click.Partition}-{offsets[click.Partition]}",
                    Event = "click",
                    Item = $"i{click.Item}",
                    Session = $"s{click.Partition}-{click.Session}",
                    Time = new UnixMicros((minutes += click.Minutes) * 60_000_000),
                })),
        ];
    }
}
