using CsCheck;
using Millrace.Decisions.Candidates;
using Millrace.Features.Numerics;
using Millrace.Features.Online;
using Millrace.Journal;

namespace Millrace.Tests.Decisions.Candidates;

public sealed class ScoredRowsTests
{
    private const int Rows = 3_000;

    private static readonly FeatureSnapshot Snapshot = Catalogue();

    /// <summary>Around the sizes at which the table and its rows grow.</summary>
    private static readonly Gen<int> Most = Gen.OneOf(Gen.Int[1, 40], Gen.Int[510, 514], Gen.Int[1_022, 1_026], Gen.Int[1, Rows]);

    private static readonly Gen<(bool Adds, int Most, int Count, int Scores, uint Seed)[]> Turns =
        Gen.Select(Gen.Bool, Most, Gen.Int[0, Rows], Gen.OneOf(Gen.Const(3), Gen.Const(100_000)), Gen.UInt).Array[1, 6];

    [Fact]
    public void The_best_of_what_was_added_or_offered_are_those_of_a_sort_whatever_the_turns_before_left() => Turns.Sample(
        turns =>
        {
            var scored = new ScoredRows();
            foreach (var (adds, most, count, scores, seed) in turns)
            {
                var random = new Shuffle(seed);
                int[] order = random.Order(Rows);
                var sums = new Dictionary<int, double>();
                for (int i = 0; i < count; i++)
                {
                    int row = adds ? order[random.Next(Math.Max(1, count / 2))] : order[i];
                    double score = random.Next(scores);
                    sums[row] = sums.GetValueOrDefault(row) + score;
                    if (adds) scored.Add(row, score);
                    else scored.Offer(row, score, most, Snapshot);
                }

                Assert.Equal(Sorted(sums).Take(most), Pairs(scored.Best(most, Snapshot)));
                Assert.Equal(0, scored.Count);
            }
        },
        iter: 60);

    [Fact]
    public void What_comes_next_goes_on_where_the_best_ended() => Gen.Select(Gen.Int[0, 700], Gen.Int[1, 300], Gen.UInt).Sample(
        (count, most, seed) =>
        {
            var scored = new ScoredRows();
            var random = new Shuffle(seed);
            Dictionary<int, double> sums = random.Order(Rows).Take(count).ToDictionary(row => row, _ => (double)random.Next(20));
            foreach (var (row, score) in sums) scored.Add(row, score);
            var all = new List<(int, double)>();
            while (scored.Next(most, Snapshot) is { IsEmpty: false } next) all.AddRange(Pairs(next));
            Assert.Equal(Sorted(sums), all);
        },
        iter: 100);

    private static IEnumerable<(int Row, double Score)> Sorted(Dictionary<int, double> sums) =>
        sums.OrderByDescending(sum => sum.Value).ThenBy(sum => Snapshot.Item(sum.Key).Id, StringComparer.Ordinal).Select(sum => (sum.Key, sum.Value));

    private static (int Row, double Score)[] Pairs(ReadOnlySpan<ScoredRow> rows)
    {
        var pairs = new (int, double)[rows.Length];
        for (int i = 0; i < pairs.Length; i++) pairs[i] = (rows[i].Row, rows[i].Score);
        return pairs;
    }

    private static FeatureSnapshot Catalogue()
    {
        var harness = new SourceHarness(SourceHarness.Of());
        for (int i = SourceHarness.Items; i < Rows; i++) harness.Put(i);
        return harness.Folder.Freeze(UnixMicros.Now(harness.Clock));
    }

    /// <summary>Numbers from a seed that CsCheck can shrink to.</summary>
    private sealed class Shuffle(uint seed)
    {
        private ulong _index;

        internal int Next(int below) => Philox.ToIndex(Philox.Draw(seed, 0, _index++).First, below);

        internal int[] Order(int count)
        {
            int[] order = [.. Enumerable.Range(0, count)];
            for (int i = count - 1; i > 0; i--)
            {
                int other = Next(i + 1);
                (order[i], order[other]) = (order[other], order[i]);
            }

            return order;
        }
    }
}
