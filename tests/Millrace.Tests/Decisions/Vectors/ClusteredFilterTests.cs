using Millrace.Decisions.Candidates.Vectors;

namespace Millrace.Tests.Decisions.Vectors;

/// <summary>A filter that is a region of the space, as a language or a topic is: its share of all rows says nothing of single lists.</summary>
public sealed class ClusteredFilterTests
{
    private const int Dimensions = 16;
    private const int Rows = 60_000;
    private const int Take = 200;
    private const ulong Seed = 11;

    /// <param name="clusters">Of about equal size.</param>
    /// <param name="allowed">The first so many are allowed.</param>
    /// <param name="near">Whether queries are of the allowed ones.</param>
    /// <param name="counted">Whether the filter knows how many rows it allows.</param>
    [Theory]
    [InlineData(100, 10, true, true)]
    [InlineData(100, 10, false, true)]
    [InlineData(100, 10, true, false)]
    [InlineData(100, 10, false, false)]
    [InlineData(100, 1, true, true)]
    [InlineData(100, 1, false, true)]
    [InlineData(100, 1, true, false)]
    [InlineData(100, 1, false, false)]
    [InlineData(20, 2, false, true)]
    [InlineData(20, 2, false, false)]
    public void A_filter_that_is_a_region_is_answered_as_well_as_one_that_is_spread(int clusters, int allowed, bool near, bool counted)
    {
        var index = new VectorIndex(new VectorIndexOptions { Dimensions = Dimensions, ExactBelow = 5_000, ExactAllowed = 0, ListRows = 64 });
        var naive = new NaiveVectors(Dimensions);
        var words = new ulong[(Rows / 64) + 1];
        for (int row = 0; row < Rows; row++)
        {
            float[] vector = naive.Clustered(Seed, row, clusters);
            index.Add(row, vector);
            naive.Add(row, vector);
            if (NaiveVectors.ClusterOf(Seed, row, clusters) < allowed) words[row / 64] |= 1UL << row;
        }

        RowBitmap filter = RowBitmap.Of(words);
        int found = 0;
        int expected = 0;
        foreach (int number in Enumerable.Range(Rows, int.MaxValue - Rows).Where(number => NaiveVectors.ClusterOf(Seed, number, clusters) < allowed == near).Take(10))
        {
            float[] query = naive.Clustered(Seed, number, clusters);
            Neighbour[] answer = counted ? VectorScanTests.Found(index, query, Take, filter) : VectorScanTests.Found(index, query, Take, new Asked(filter));
            Neighbour[] exact = naive.Search(query, Take, filter.Allows);
            expected += exact.Length;
            found += answer.Intersect(exact).Count();
        }

        Assert.True(found >= 0.95 * expected, $"found {found} of {expected}");
    }

    /// <summary>Makes out its share from what it was asked for, which is near the query first, as a decision's filter does.</summary>
    private sealed class Asked(RowBitmap rows) : IRowFilter
    {
        private int _asked;
        private int _allowed;

        public int? Count => null;

        public bool IsOver => false;

        public float Share(int all) => Math.Max(0.01f, (_allowed + 1f) / (_asked + 1f));

        public bool Allows(int row)
        {
            _asked++;
            if (!rows.Allows(row)) return false;
            _allowed++;
            return true;
        }

        public int Next(int row) => throw new NotSupportedException();
    }
}
