using System.Collections.Immutable;
using Millrace.Decisions.Candidates;
using Millrace.Decisions.Candidates.Vectors;
using Millrace.Decisions.Pipeline;
using Millrace.Features.Catalogue;
using Millrace.Features.Definitions;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;

namespace Millrace.Tests.Decisions.Candidates;

/// <summary>An index that is written while decisions on other epochs read it, and rows that pass from item to item.</summary>
public sealed class NeighbourConcurrencyTests
{
    private const int Most = 400;
    private const int Steady = 200;
    private const int Changes = 12_000;

    private static readonly EmbeddingSimilarityFeature Near = new("near", FeatureEntity.User, "click", 8);

    private static readonly NeighbourOptions Small = new()
    {
        Least = 0, Index = new VectorIndexOptions { Dimensions = 8, ExactBelow = 16, ListRows = 8, ExactAllowed = 0, Missed = 0, ImprovePerInsert = 2 },
    };

    [Fact]
    public void What_is_found_is_what_the_decisions_own_epoch_holds_and_nothing_that_stays_is_missed()
    {
        var policy = SourceHarness.Of(new CandidateSource(CandidateSourceKind.Neighbours, 1_000) { Feature = "near" });
        var set = FeatureSet.Create([Near], PolicyWindows.Of([policy]));
        var policies = PolicySet.Create([policy], [], set);
        var folder = new FeatureFolder(set, new FeatureOptions { MaxItems = Most });
        var indexes = new NeighbourIndexes(Small);
        long offset = 0;
        for (int item = 0; item < Steady; item++) Put($"s{item}", item);
        indexes.Follow(policies, Freeze());
        using var done = new CancellationTokenSource();
        string? fault = null;
        int asked = 0;
        var reader = new Thread(() =>
        {
            var (work, source) = (new Workspace(), new NeighboursSource(Near, (PersonEntity.User, 0), "item"));
            while (!done.IsCancellationRequested && fault is null)
            {
                // One epoch for some questions: the index goes on meanwhile.
                FeatureSnapshot snapshot = folder.Current;
                for (int i = 0; i < 5 && fault is null; i++) fault = Fault(snapshot, work, source, asked++ % Steady);
            }
        });
        var writer = new Thread(() =>
        {
            while (!done.IsCancellationRequested) indexes.Follow(policies, folder.Current);
        });
        reader.Start();
        writer.Start();
        for (int i = 0; i < Changes; i++)
        {
            // Three times as many items as there are rows come and go; a row has had many.
            int item = i * 7 % (3 * Most);
            if (i % 3 == 0) Put($"c{item}", i, deleted: true);
            else Put($"c{item}", i);
            if (i % 20 == 0) Freeze();
        }

        done.Cancel();
        Assert.True(reader.Join(TimeSpan.FromSeconds(60)) && writer.Join(TimeSpan.FromSeconds(60)));
        Assert.Null(fault);
        Assert.True(asked > 0);

        string? Fault(FeatureSnapshot snapshot, Workspace work, NeighboursSource source, int item)
        {
            work.Begin(snapshot, snapshot.Time, 5_000);
            work.SourceScratch.Begin();
            work.Sink.Begin(new PlannedSource(policy.Candidates[0], source), null, TimeProvider.System, long.MaxValue);
            var request = new SourceRequest(
                new ReadInputs
                {
                    Snapshot = snapshot, Rows = [], Person = work.Person, Asked = snapshot.Time,
                    Context = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal).Add("item", $"s{item}"),
                },
                null,
                work.SourceScratch)
            {
                Neighbours = indexes,
            };
            source.Gather(request, work.Sink);
            work.SourceScratch.Scores.Clear();
            var found = work.Ids.Take(work.Count).ToHashSet(StringComparer.Ordinal);
            if (found.Count != work.Count) return "an item twice";
            if (found.Contains($"s{item}")) return "the item itself";
            if (found.FirstOrDefault(id => snapshot.Find(id) is not { Deleted: false }) is { } stranger) return $"{stranger}, which epoch {snapshot.Epoch} does not hold";
            return found.Count(id => id[0] == 's') == Steady - 1 ? null : $"{found.Count(id => id[0] == 's')} of {Steady - 1} that stay";
        }

        FeatureSnapshot Freeze() => folder.Freeze(new UnixMicros(1_000_000 + offset));

        void Put(string id, int vector, bool deleted = false) => folder.Apply(new StoredFact(
            new Position(JournalStream.Items, 0, offset++),
            new ItemChanged { Id = $"p{offset}", Item = id, Time = new UnixMicros(1_000_000 + offset), Embedding = [.. SourceHarness.Embedding(vector % 700)], Deleted = deleted }));
    }
}
