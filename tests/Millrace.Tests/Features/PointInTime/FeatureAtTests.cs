using System.Collections.Immutable;
using Millrace.FeatureAt;
using Millrace.Features.Definitions;
using Millrace.Features.Numerics;
using Millrace.Features.Online;
using Millrace.Features.PointInTime;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;

namespace Millrace.Tests.Features.PointInTime;

public sealed class FeatureAtTests
{
    private static readonly ImmutableArray<FeatureDefinition> Definitions =
    [
        new CountFeature("clicks_10m", "click", TimeSpan.FromMinutes(10)),
        new CountFeature("seen_share", "impression", TimeSpan.FromHours(1), CountRead.Share),
        new DecayedCountFeature("hot", "click", TimeSpan.FromMinutes(5), CountRead.Log),
        new AgeFeature("age", AgeSince.FirstSeen),
    ];

    private static readonly FeatureSet Set = FeatureSet.Create(
        [.. Definitions, new PersonCountFeature("my_clicks", FeatureEntity.User, "click", TimeSpan.FromHours(2)), new PastFeature("past", FeatureEntity.Session, "click", TimeSpan.FromHours(2))]);

    [Fact]
    public async Task Every_decision_is_built_again_as_it_was_served()
    {
        await using var history = await PlayAsync(Set);
        var cells = 0;
        foreach (var decided in (await FactsAsync(history.Journal, JournalStream.Decisions)).Select(stored => stored.Fact).OfType<Decided>())
        {
            var answer = await Run(history.Journal, Set, decided.Id).RunAsync(TestContext.Current.CancellationToken);
            Assert.Equal((null, 0), (answer.NotVisited, answer.Different));
            Assert.Equal(answer.Served.Length, answer.Built.Length);
            cells += answer.Built.Length;
        }

        Assert.InRange(cells, 1_000, int.MaxValue);
    }

    [Fact]
    public async Task A_fault_in_one_update_rule_differs_in_its_column_alone()
    {
        var sound = FeatureSet.Create([.. Definitions, new PlantedFeature("planted", "click")]);
        var broken = FeatureSet.Create([.. Definitions, new PlantedFeature("planted", "click") { Forgets = 5 }]);
        await using var history = await PlayAsync(broken);
        var columns = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var decided in (await FactsAsync(history.Journal, JournalStream.Decisions)).Select(stored => stored.Fact).OfType<Decided>())
        {
            var answer = await Run(history.Journal, sound, decided.Id).RunAsync(TestContext.Current.CancellationToken);
            columns.UnionWith(Enumerable.Range(0, answer.Built.Length).Where(answer.Differs).Select(cell => answer.Features[cell % answer.Features.Length]));
        }

        Assert.Equal(["planted"], columns);
    }

    [Fact]
    public async Task An_item_is_what_a_folder_says_that_took_all_that_was_received_before()
    {
        await using var history = await PlayAsync(Set);
        StoredFact[] facts = [.. await FactsAsync(history.Journal, JournalStream.Items), .. await FactsAsync(history.Journal, JournalStream.Events)];
        var (first, span, compared) = (history.From, history.Now - history.From, 0);
        for (var i = 1; i <= 20; i++)
        {
            var time = first + (span * (i / 20.0));
            var folder = new FeatureFolder(Set, new FeatureOptions());
            foreach (var stored in facts.Where(stored => stored.Fact.Received < time))
            {
                folder.Apply(stored);
            }

            var moment = new Moment { Snapshot = folder.Freeze(time), Decided = new Decided { Id = "", Policy = "", Surface = "", Asked = time } };
            foreach (var item in Enumerable.Range(0, ServedHistory.Items).Select(item => $"i{item}").Where(item => moment.Snapshot.RowOf(item) >= 0))
            {
                var request = new EntityRequest { Entity = FeatureEntity.Item, Id = item, AsOf = new AsOf { Time = time, Known = time, Item = item } };
                var answer = await new EntityRun(history.Journal, Set, new FeatureOptions(), request, (_, _) => { }).RunAsync(TestContext.Current.CancellationToken);
                foreach (var feature in answer.Features)
                {
                    var expected = new CandidateReader(Set, [feature.Definition.Name]).Read(moment, [item])[0];
                    Assert.Equal(BitConverter.SingleToInt32Bits(expected), BitConverter.SingleToInt32Bits(feature.Value));
                    compared += float.IsNaN(expected) || expected == 0 ? 0 : 1;
                }
            }
        }

        Assert.InRange(compared, 200, int.MaxValue);
    }

    [Fact]
    public async Task A_partition_that_ends_below_the_cut_is_told_from_one_that_was_read()
    {
        await using var history = await PlayAsync(Set);
        var last = (await FactsAsync(history.Journal, JournalStream.Decisions)).Select(stored => stored.Fact).OfType<Decided>().MaxBy(decided => decided.Epoch)!;
        Assert.Null((await Run(history.Journal, Set, last.Id).RunAsync(TestContext.Current.CancellationToken)).NotVisited);
        var answer = await Run(new CutReader(history.Journal, 40), Set, last.Id).RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal(NotVisited.JournalShort, answer.NotVisited);
        Assert.Empty(answer.Built);
    }

    private static DecisionRun Run(IJournalReader journal, FeatureSet set, string id) => new(journal, set, new FeatureOptions(), 1_000_000, id, (_, _) => { });

    private static async Task<ServedHistory> PlayAsync(FeatureSet set)
    {
        var history = new ServedHistory(set);
        for (var i = 0; i < 600; i++)
        {
            var (first, second) = Philox.Draw(11, 1, (ulong)i);
            await history.TakeAsync(new ServedHistory.Step(
                Philox.ToIndex(first, 9), Philox.ToIndex(StableHash.Mix(first), ServedHistory.Items), Philox.ToIndex(second, 6), Philox.ToIndex(StableHash.Mix(second), 60), i % 50 == 0 ? 300_000 : 150));
            if (i % 10 == 0)
            {
                await history.EndAsync();
            }
        }

        await history.EndAsync();
        return history;
    }

    private static async Task<List<StoredFact>> FactsAsync(MemoryJournal journal, JournalStream stream)
    {
        var facts = new List<StoredFact>();
        for (var partition = 0; partition < journal.Partitions(stream); partition++)
        {
            facts.AddRange(await journal.ReadAsync(stream, partition, 0, int.MaxValue, default));
        }

        return facts;
    }

    /// <summary>A journal whose events were cut off.</summary>
    private sealed class CutReader(IJournalReader journal, long end) : IJournalReader
    {
        public int Partitions(JournalStream stream) => journal.Partitions(stream);

        public PartitionRange Range(JournalStream stream, int partition) =>
            journal.Range(stream, partition) is var range && stream == JournalStream.Events ? range with { End = Math.Min(range.End, end) } : range;

        public async ValueTask<IReadOnlyList<StoredFact>> ReadAsync(JournalStream stream, int partition, long from, int maxFacts, CancellationToken cancellation = default)
        {
            var read = await journal.ReadAsync(stream, partition, from, maxFacts, cancellation);
            return stream == JournalStream.Events ? [.. read.Where(stored => stored.Position.Offset < end)] : read;
        }

        public ValueTask<long> SeekAsync(JournalStream stream, int partition, UnixMicros time, CancellationToken cancellation = default) => journal.SeekAsync(stream, partition, time, cancellation);
    }
}
