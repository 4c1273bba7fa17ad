using CsCheck;
using Millrace.Features.Definitions;
using Millrace.Features.Numerics;
using Millrace.Features.Online;

namespace Millrace.Tests.Features.Kinds;

/// <summary>What reading takes of a row, from the front and from few candidates' places, against what is read plainly from all of it.</summary>
public sealed class ServedCellsTests
{
    private static readonly FeatureSet Decays = FeatureSet.Create(
    [
        new DecayedCountFeature("minutes", "click", TimeSpan.FromMinutes(7)),
        new DecayedCountFeature("day", "click", TimeSpan.FromDays(1)),
        new DecayedSumFeature("values", "conversion", "EUR", TimeSpan.FromMinutes(30)),
        new CrossFeature("surface", "click", "surface", TimeSpan.FromHours(2)),
    ]);

    [Fact]
    public void Decayed_sums_have_the_bits_that_their_words_give_at_any_later_time() => Gen.Select(FoldedHistory.Facts, Gen.Int[0, 200].Array[1, 6]).Sample((facts, later) =>
    {
        var run = new KindRun(Decays).Take(facts);
        var until = facts.Max(stored => stored.Fact.Received);
        foreach (var minutes in later)
        {
            until += TimeSpan.FromMinutes(minutes);
            var snapshot = run.Folder.Freeze(until);
            string[] items = [.. Enumerable.Range(0, FoldedHistory.Items).Select(i => $"i{i}")];
            var values = run.Read(snapshot, items, until, new Asker(null, null));
            foreach (var item in items)
            {
                var row = snapshot.Row(snapshot.RowOf(item));
                Assert.Equal((float)Sum(row, "click", TimeSpan.FromMinutes(7)), values[item]["minutes"]);
                Assert.Equal((float)Sum(row, "click", TimeSpan.FromDays(1)), values[item]["day"]);
                Assert.Equal((float)(Sum(row, "conversion", TimeSpan.FromMinutes(30), "EUR") / 1e3), values[item]["values"]);
            }

            double Sum(ReadOnlySpan<long> row, string name, TimeSpan halfLife, string? unit = null) =>
                new ForwardDecay.Moment(snapshot.Time.Value, halfLife.Ticks / TimeSpan.TicksPerMicrosecond)
                    .Sum(row[run.Folder.State.States[Decays.States.IndexOf(new DecayedSumsKey(name, halfLife, unit))].Offset..]);
        }
    });

    [Fact]
    public void Crosses_are_searched_for_whatever_item_has_some() => FoldedHistory.Facts.Sample(facts =>
    {
        var run = new KindRun(Decays).Take(facts);
        var until = facts.Max(stored => stored.Fact.Received);
        var snapshot = run.Folder.Freeze(until);
        var state = snapshot.State<CrossedCounts.Frozen>(new CrossedCountsKey("click", TimeSpan.FromHours(2), "surface"));
        string[] surfaces = ["f0", "f1", "f2", "nowhere"];
        for (var row = 0; row < snapshot.Rows; row++)
        {
            var sum = surfaces.Sum(surface => state.Count(row, ItemHash.Of(surface)));
            Assert.Equal(sum, (int)state.All(snapshot.Cells(row)));
        }
    });

    [Fact]
    public void A_candidate_is_found_by_its_row_and_nobody_else_is() => Gen.Select(Gen.Int[-1, 3_000_000].Array[0, 700], Gen.Int[0, 3_000_000].Array[0, 300], Gen.Int[1, 4]).Sample((rows, others, stride) =>
    {
        // Rows that follow each other, as candidates of one source do, beside those that lie anywhere.
        int[] candidates = [.. rows.Concat(Enumerable.Range(0, rows.Length).Select(i => 5_000_000 + (i * stride))).Distinct()];
        var index = new CandidateIndex();
        index.Fill([1, 2, 3]);
        index.Fill(candidates);
        foreach (var row in others.Concat(candidates).Where(row => row >= 0))
        {
            Assert.Equal(Array.IndexOf(candidates, row), index.Of(row));
        }
    });

    [Fact]
    public void No_candidate_is_passed_over_among_entries() => Gen.Select(Gen.Int[0, 3_000].Array[0, 300], Gen.Int[0, 3_000].Array[0, 32]).Sample((rows, others) =>
    {
        var index = new CandidateIndex();
        index.Fill(rows);
        CountEntry[] entries = [.. others.Select(row => new CountEntry { Row = row })];
        int[] maybe = [.. index.Among(entries, new int[entries.Length])];
        Assert.Equal(maybe.Distinct().Order(), maybe);
        Assert.Empty(Enumerable.Range(0, entries.Length).Where(i => index.Of(entries[i].Row) >= 0).Except(maybe));
        Assert.InRange(index.Among([.. Enumerable.Range(10_000, 100).Select(row => new CountEntry { Row = row })], new int[100]).Length, 0, 50);
    });

    [Fact]
    public void Rows_that_are_remembered_are_those_of_the_decision_at_hand() => Gen.Int[0, 400].Array[0, PersonItems.Most].Array[1, 6].Sample(asked =>
    {
        var (first, second, known) = (Snapshot(0), Snapshot(150), new KnownRows());
        foreach (var snapshot in (FeatureSnapshot[])[first, second, first])
        {
            known.Begin();
            foreach (var items in asked)
            {
                ulong[] hashes = [.. items.Select(item => ItemHash.Of($"i{item}"))];
                var rows = new int[hashes.Length];
                known.Find(snapshot, hashes, rows);
                Assert.Equal(hashes.Select(snapshot.RowOf), rows);
            }
        }
    });

    private static FeatureSnapshot Snapshot(int from)
    {
        var history = new History();
        var folder = new FeatureFolder(Decays, new FeatureOptions());
        for (var i = from; i < from + 300; i++)
        {
            folder.Apply(history.Put($"i{i}"));
        }

        return folder.Freeze(history.Now);
    }
}
