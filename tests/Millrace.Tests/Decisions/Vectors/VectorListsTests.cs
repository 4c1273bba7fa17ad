using CsCheck;
using Millrace.Decisions.Candidates.Vectors;

namespace Millrace.Tests.Decisions.Vectors;

/// <summary>Above the size from which lists are used: nothing is lost or answered twice, and what a search misses stays within its bound.</summary>
public sealed class VectorListsTests
{
    private const int Dimensions = 16;

    /// <summary>With nothing allowed to be missed every list is looked at, so that the answer is exact whatever splits, moves, removals and rewrites came before.</summary>
    [Fact]
    public void Lists_hold_every_row_once_through_splits_moves_removals_and_rewrites() =>
        Gen.Select(Gen.ULong[1, 1_000], Gen.Int[2, 12], Gen.Int[0, 3], Gen.Select(Gen.Int[0, 400], Gen.Int[0, 9]).Array[1, 900]).Sample(
            static (seed, listRows, improve, changes) =>
            {
                var index = new VectorIndex(new VectorIndexOptions
                {
                    Dimensions = Dimensions, ExactBelow = 20, ExactAllowed = 0, ListRows = listRows, ImprovePerInsert = improve, Missed = 0, Seed = seed,
                });
                var naive = new NaiveVectors(Dimensions);
                for (int i = 0; i < changes.Length; i++)
                {
                    var (row, kind) = changes[i];
                    if (kind < 3)
                    {
                        Assert.Equal(naive.Remove(row), index.Remove(row));
                        continue;
                    }

                    float[] vector = naive.Clustered(seed, kind == 9 ? row : i, 6);
                    index.Add(row, vector);
                    naive.Add(row, vector);
                }

                float[] query = naive.Clustered(seed, 5_000, 6);
                Assert.Equal(naive.Rows.Count, index.Count);
                Neighbour[] all = VectorScanTests.Found(index, query, 500, new AllRows());
                Assert.Equal(naive.Search(query, 500, static _ => true), all);
            },
            iter: 60);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(0, 1)]
    [InlineData(1, 10)]
    [InlineData(1, 100)]
    public void Recall_of_a_hundred_thousand_rows_is_at_least_95_percent(int improve, int oneIn)
    {
        const int Rows = 100_000;
        const int Take = 200;
        var index = new VectorIndex(new VectorIndexOptions { Dimensions = Dimensions, ExactBelow = 10_000, ExactAllowed = 500, ListRows = 256, ImprovePerInsert = improve });
        var naive = new NaiveVectors(Dimensions);
        var words = new ulong[(Rows / 64) + 1];
        for (int row = 0; row < Rows; row++)
        {
            float[] vector = naive.Clustered(7, row, 100);
            index.Add(row, vector);
            naive.Add(row, vector);
            if (row % oneIn == 0) words[row / 64] |= 1UL << row;
        }

        RowBitmap filter = RowBitmap.Of(words);
        var scratch = new VectorScratch();
        var into = new Neighbour[Take];
        int found = 0;
        long scanned = 0;
        for (int i = 0; i < 20; i++)
        {
            float[] query = naive.Clustered(7, Rows + i, 100);
            int count = index.Search(query, Take, filter, scratch, into);
            scanned += scratch.Scanned;
            found += into.Take(count).Intersect(naive.Search(query, Take, filter.Allows)).Count();
        }

        Assert.True(found >= 0.95 * 20 * Take, $"found {found} of {20 * Take}");
        Assert.True(scanned < 0.6 * 20 * Rows, $"looked at {scanned / 20} of {Rows} rows");
    }

    [Fact]
    public void A_removed_row_is_found_no_more_and_comes_back_with_its_new_vector()
    {
        var naive = new NaiveVectors(Dimensions);
        VectorIndex index = Filled(naive, 3_000);
        float[] query = naive.Clustered(3, 1_234, 20);
        Assert.Equal(1_234, VectorScanTests.Found(index, query, 1, new AllRows())[0].Row);
        Assert.True(index.Remove(1_234));
        Assert.False(index.Remove(1_234));
        Assert.DoesNotContain(VectorScanTests.Found(index, query, 50, new AllRows()), static neighbour => neighbour.Row == 1_234);
        float[] opposite = [.. query.Select(static value => -value)];
        index.Add(1_234, opposite);
        Assert.DoesNotContain(VectorScanTests.Found(index, query, 50, new AllRows()), static neighbour => neighbour.Row == 1_234);
        Assert.Equal(1_234, VectorScanTests.Found(index, opposite, 1, new AllRows())[0].Row);
    }

    [Fact]
    public void Lists_of_which_little_is_left_are_given_up_and_what_stays_is_found()
    {
        var naive = new NaiveVectors(Dimensions);
        var index = new VectorIndex(new VectorIndexOptions { Dimensions = Dimensions, ExactBelow = 100, ExactAllowed = 0, ListRows = 64, Missed = 0 });
        for (int row = 0; row < 10_000; row++)
        {
            float[] vector = naive.Clustered(3, row, 20);
            index.Add(row, vector);
            naive.Add(row, vector);
        }

        var (lists, bytes) = (index.Lists, index.Bytes);
        for (int row = 0; row < 10_000; row++)
        {
            if (row % 50 == 0) continue;
            Assert.True(index.Remove(row));
            naive.Remove(row);
        }

        Assert.Equal(200, index.Count);
        Assert.True(index.Lists <= 200 / 8 && index.Merges > 0, $"{lists} lists became {index.Lists}");
        // What stays is the memory of rows: it is by number, and numbers are given again.
        Assert.True(index.Bytes < bytes - 250_000, $"{bytes} bytes became {index.Bytes}");
        float[] query = naive.Clustered(3, 20_000, 20);
        Assert.Equal(naive.Search(query, 300, static _ => true), VectorScanTests.Found(index, query, 300, new AllRows()));
        for (int row = 0; row < 200; row++) index.Remove(row * 50);
        Assert.Equal((0, 1), (index.Count, index.Lists));
        for (int row = 0; row < 5_000; row++) index.Add(row, naive.Clustered(4, row, 20));
        Assert.True(index.Lists > 20);
    }

    /// <summary>Items whose distribution moves away altogether: their lists are split, not one that takes them all.</summary>
    [Fact]
    public void Lists_follow_a_distribution_that_moves()
    {
        var naive = new NaiveVectors(Dimensions);
        VectorIndex index = Filled(naive, 5_000);
        int lists = index.Lists;
        for (int row = 5_000; row < 15_000; row++) index.Add(row, naive.Clustered(99, row, 20));
        Assert.True(index.Lists > 2 * lists, $"{lists} lists became {index.Lists}");
        var scratch = new VectorScratch();
        var into = new Neighbour[50];
        int count = index.Search(naive.Clustered(99, 20_000, 20), 50, new AllRows(), scratch, into);
        Assert.Equal(50, count);
        Assert.True(scratch.Scanned < 7_000, $"looked at {scratch.Scanned} of 15,000 rows");
    }

    [Fact]
    public void A_search_allocates_nothing_once_its_scratch_has_grown()
    {
        var naive = new NaiveVectors(Dimensions);
        VectorIndex index = Filled(naive, 3_000);
        var scratch = new VectorScratch();
        var into = new Neighbour[100];
        float[] query = naive.Clustered(3, 9_999, 20);
        RowBitmap filter = RowBitmap.Of([ulong.MaxValue, 12345]);
        for (int i = 0; i < 3; i++) Both();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++) Both();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Both()
        {
            index.Search(query, 100, new AllRows(), scratch, into);
            index.Search(query, 100, filter, scratch, into);
        }
    }

    private static VectorIndex Filled(NaiveVectors naive, int rows)
    {
        var index = new VectorIndex(new VectorIndexOptions { Dimensions = Dimensions, ExactBelow = 500, ListRows = 64 });
        for (int row = 0; row < rows; row++) index.Add(row, naive.Clustered(3, row, 20));
        return index;
    }
}
