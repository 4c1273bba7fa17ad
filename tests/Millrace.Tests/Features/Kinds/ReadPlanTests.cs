using CsCheck;
using Millrace.Features.Definitions;
using Millrace.Features.Local;
using Millrace.Features.Numerics;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Tests.Features.Kinds;

public sealed class ReadPlanTests
{
    private static readonly FeatureSet Set = FeatureSet.Create(
    [
        new CountFeature("clicks", "click", KindSet.Hour),
        new AgeFeature("first_seen", AgeSince.FirstSeen, KindSet.Hour),
        new PastFeature("past", FeatureEntity.User, "click", KindSet.Day),
        new CooccurrenceFeature("next", "click", KindSet.Day) { Span = 3, Symmetric = true },
    ]);

    private static readonly string[] Scattered = [.. KindSet.All.Definitions.Where(feature => feature is PastFeature or CooccurrenceFeature).Select(feature => feature.Name)];

    [Fact]
    public void Reading_allocates_nothing_over_decisions_of_changing_numbers_of_candidates()
    {
        const int Most = 700;
        var run = new KindRun(Set);
        var now = new UnixMicros(1_750_000_000_000_000);
        run.Take(Enumerable.Range(0, Most).Select(i => new StoredFact(
            new Position(JournalStream.Events, 0, i), new Observed { Id = $"e{i}", Event = "click", Item = $"i{i}", User = "u", Session = $"s{i / 5}", Time = now, Received = now })));
        var snapshot = run.Folder.Freeze(now);
        var person = new PersonBuffer();
        run.Persons.Read("default", "u", "s1", person);
        var (plan, scratch) = (new ReadPlan(Set, Set.Names), new ReadScratch());
        int[] rows = [.. Enumerable.Range(0, Most).Select(i => snapshot.RowOf(ItemHash.Of($"i{i}")))];
        var matrix = new float[Most * plan.Columns];
        Run(Most);
        Run(Most);
        foreach (var count in (int[])[1, 60, 200, 90, 400, 130, 700, 50])
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Run(count);
            Assert.Equal((count, 0L), (count, GC.GetAllocatedBytesForCurrentThread() - before));
        }

        void Run(int count) => plan.Run(
            new ReadInputs { Snapshot = snapshot, Rows = rows.AsSpan(0, count), Person = person, Asked = now, Context = FactContext.None, Surface = "home" }, scratch, matrix);
    }

    [Fact]
    public void A_value_is_the_same_whichever_candidates_and_columns_stand_beside_it() => Gen.Select(
        FoldedHistory.Facts, Gen.Select(Gen.Int[0, KindSet.All.Names.Count() - 1], Gen.Int[1, KindSet.All.Names.Count()]), Gen.Int[1, 40], Gen.Int[0, 4]).Sample((facts, columns, count, place) =>
    {
        var run = new KindRun(KindSet.All).Take(facts);
        var now = facts.Max(stored => stored.Fact.Received);
        var snapshot = run.Folder.Freeze(now);
        var person = new PersonBuffer();
        run.Persons.Read("default", "u0-1", "s0-1", person);
        var context = FactContext.None.Add("country", $"c{place}").Add("kind", $"k{place % 3}").Add("degrees", $"-{place}.5").Add("utcOffset", "90");
        string[] all = [.. KindSet.All.Names];
        string[] names = [.. all.Skip(columns.Item1).Concat(all).Take(columns.Item2)];
        var scratch = new ReadScratch();
        int[] rows = [.. Enumerable.Range(0, count).Select(i => (i % (snapshot.Rows + 1)) - 1)];
        var together = Read(names, rows);
        for (var i = 0; i < count; i++)
        {
            for (var column = 0; column < names.Length; column++)
            {
                var alone = Read([names[column]], [rows[i]])[0];
                var beside = together[(i * names.Length) + column];
                Assert.True(HasTwin(i, names[column]) || BitConverter.SingleToInt32Bits(alone) == BitConverter.SingleToInt32Bits(beside), $"{names[column]}: {alone} alone, {beside} beside others");
            }
        }

        // Of two candidates in one row the last has what is scattered by row.
        bool HasTwin(int i, string name) => Scattered.Contains(name) && rows.AsSpan(i + 1).Contains(rows[i]);

        float[] Read(string[] wanted, int[] candidates)
        {
            var matrix = new float[candidates.Length * wanted.Length];
            var inputs = new ReadInputs { Snapshot = snapshot, Rows = candidates, Person = person, Asked = now, Context = context, Surface = "f1", Segment = "g1", Slot = "main" };
            new ReadPlan(KindSet.All, wanted).Run(inputs, scratch, matrix);
            return matrix;
        }
    });

    [Fact]
    public void Persons_in_one_shard_are_read_as_persons_in_many() => FoldedHistory.Facts.Sample(facts =>
    {
        // In bytes they may differ: in a shard of many, whom nothing looks back on any more goes sooner.
        var one = EmbeddedPersonStore.OfOneThread(KindSet.All.Persons, 2, TimeSpan.FromMinutes(30), 1_000_000, null);
        var run = new KindRun(KindSet.All);
        var seen = new List<Observed>();
        foreach (var fact in facts)
        {
            run.Take(fact);
            one.Observe(fact);
            if (fact.Fact is not Observed { Received: var now } observed)
            {
                continue;
            }

            seen.Add(observed);
            var snapshot = run.Folder.Freeze(now);
            Assert.All([observed, seen[seen.Count / 3]], who => Assert.Equal(Read(run.Persons, who), Read(one, who)));

            int[] Read(EmbeddedPersonStore persons, Observed who)
            {
                var person = new PersonBuffer();
                persons.Read("default", who.User, who.Session, person);
                int[] rows = [.. Enumerable.Range(0, FoldedHistory.Items).Select(i => snapshot.RowOf($"i{i}"))];
                string[] names = [.. KindSet.All.Names];
                var matrix = new float[rows.Length * names.Length];
                var inputs = new ReadInputs { Snapshot = snapshot, Rows = rows, Person = person, Asked = now, Context = FactContext.None, Surface = "f1" };
                new ReadPlan(KindSet.All, names).Run(inputs, new ReadScratch(), matrix);
                return [.. matrix.Select(BitConverter.SingleToInt32Bits)];
            }
        }
    });

    [Fact]
    public void An_item_of_before_1970_has_an_age()
    {
        var history = new History();
        var features = FeatureSet.Create([new AgeFeature("age", AgeSince.Published)]);
        var run = new KindRun(features).Take(history.Put("old", new UnixMicros(-86_400_000_000)), history.Put("new", history.Now));
        var values = run.Read(run.Folder.Freeze(new UnixMicros(1_750_000_000_000_000)), ["old", "new"], history.Now, new Asker(null, null));
        Assert.Equal(((float)((1_750_000_000_000_000 + 86_400_000_000) / 3_600_000_000.0), 0f), (values["old"]["age"], values["new"]["age"]));
    }

    [Fact]
    public void Candidates_are_found_whatever_the_numbers_before()
    {
        var index = new CandidateIndex();
        foreach (var count in (int[])[700, 3, 300, 0, 90, 700, 65])
        {
            int[] rows = [.. Enumerable.Range(0, count).Select(i => (i * 7919) + count)];
            index.Fill(rows);
            Assert.All(Enumerable.Range(0, count), i => Assert.Equal(i, index.Of(rows[i])));
            Assert.All(Enumerable.Range(0, 2_000).Except(rows), row => Assert.Equal(-1, index.Of(row)));
        }
    }
}
