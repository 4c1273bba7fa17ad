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
        bool IsAllowed(int row) => NaiveVectors.ClusterOf(Seed, row, clusters) < allowed;
        AnswersWell(clusters, IsAllowed, Enumerable.Range(Rows, int.MaxValue - Rows).Where(number => IsAllowed(number) == near).Take(10), counted);
    }

    /// <summary>As a filter by age does: the newest rows stand at the end of every list.</summary>
    /// <param name="counted">Whether the filter knows how many rows it allows.</param>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_filter_that_allows_only_what_is_new_is_answered_as_well(bool counted) =>
        AnswersWell(clusters: 100, static row => row >= Rows - (Rows / 50), Enumerable.Range(Rows, 10), counted);

    [Fact]
    public void A_search_whose_time_is_over_samples_no_more_lists()
    {
        const int Until = 12_000;
        var (index, naive) = Filled(clusters: 100);
        var filter = new Late(Until);
        Assert.Empty(VectorScanTests.Found(index, naive.Clustered(Seed, Rows, 100), Take, filter));

        // An eighth of the lists is looked at, with 7,500 rows; then samples of the others would be 32 rows of each.
        Assert.InRange(filter.Asked, Until, Until + 1_000);
    }

    private static void AnswersWell(int clusters, Func<int, bool> isAllowed, IEnumerable<int> queries, bool counted)
    {
        var (index, naive) = Filled(clusters);
        var words = new ulong[(Rows / 64) + 1];
        foreach (int row in Enumerable.Range(0, Rows).Where(isAllowed)) words[row / 64] |= 1UL << row;
        RowBitmap filter = RowBitmap.Of(words);
        int found = 0;
        int expected = 0;
        foreach (int number in queries)
        {
            float[] query = naive.Clustered(Seed, number, clusters);
            Neighbour[] answer = counted ? VectorScanTests.Found(index, query, Take, filter) : VectorScanTests.Found(index, query, Take, new Asked(filter));
            Neighbour[] exact = naive.Search(query, Take, filter.Allows);
            expected += exact.Length;
            found += answer.Intersect(exact).Count();
        }

        Assert.True(found >= 0.95 * expected, $"found {found} of {expected}");
    }

    private static (VectorIndex Index, NaiveVectors Naive) Filled(int clusters)
    {
        var index = new VectorIndex(new VectorIndexOptions { Dimensions = Dimensions, ExactBelow = 5_000, ExactAllowed = 0, ListRows = 64 });
        var naive = new NaiveVectors(Dimensions);
        for (int row = 0; row < Rows; row++)
        {
            float[] vector = naive.Clustered(Seed, row, clusters);
            index.Add(row, vector);
            naive.Add(row, vector);
        }

        return (index, naive);
    }

    /// <summary>Allows nothing, and is over after so many rows.</summary>
    private sealed class Late(int until) : IRowFilter
    {
        internal int Asked { get; private set; }

        public int? Count => null;

        public bool IsOver => Asked >= until;

        public float Share(int all) => 0.01f;

        public bool Allows(int row)
        {
            Asked++;
            return false;
        }

        public int Next(int row) => throw new NotSupportedException();
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
