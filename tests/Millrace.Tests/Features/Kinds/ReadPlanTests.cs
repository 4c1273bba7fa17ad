using Millrace.Features.Definitions;
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
