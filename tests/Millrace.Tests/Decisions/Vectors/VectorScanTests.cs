using CsCheck;
using Millrace.Decisions.Candidates.Vectors;
using Millrace.Models.Trees;

namespace Millrace.Tests.Decisions.Vectors;

/// <summary>Below the size from which lists are used, an answer is the exact one.</summary>
public sealed class VectorScanTests
{
    // Few values, so that equal vectors and equal similarities come up often; and single large ones, whose codes are coarse for all others.
    private static readonly Gen<float> Value = Gen.Frequency((4, Gen.Float[-1, 1]), (3, Gen.Int[-2, 2].Select(static half => half / 2f)), (1, Gen.Bool.Select(static large => large ? 30f : -1e-3f)));

    private static readonly Gen<(int Dimensions, float[][] Vectors, (int Row, bool Remove)[] Changes, float[] Query, int Take)> Cases =
        from dimensions in Gen.Int[1, 40]
        from vectors in Value.Array[dimensions].Where(static vector => vector.Any(static value => value != 0)).Array[1, 120]
        from changes in Gen.Select(Gen.Int[0, 150], Gen.Frequency((3, Gen.Const(false)), (1, Gen.Const(true)))).Array[vectors.Length]
        from query in Value.Array[dimensions].Where(static vector => vector.Any(static value => value != 0))
        from take in Gen.Int[1, 60]
        select (dimensions, vectors, changes, query, take);

    [Fact]
    public void An_exact_scan_answers_what_the_naive_one_does_on_every_level() => Cases.Sample(
        static test =>
        {
            foreach (SimdLevel level in (SimdLevel[])[SimdLevel.Scalar, SimdLevel.Vector256])
            {
                var index = new VectorIndex(new VectorIndexOptions { Dimensions = test.Dimensions, Level = level, ExactAllowed = 0 });
                var naive = new NaiveVectors(test.Dimensions);
                for (int i = 0; i < test.Vectors.Length; i++)
                {
                    if (test.Changes[i].Remove) Assert.Equal(naive.Remove(test.Changes[i].Row), index.Remove(test.Changes[i].Row));
                    else Add(index, naive, test.Changes[i].Row, test.Vectors[i]);
                }

                Assert.Equal(naive.Rows.Count, index.Count);
                Assert.Equal(naive.Search(test.Query, test.Take, static _ => true), Found(index, test.Query, test.Take, new AllRows()));
                Assert.Equal(naive.Search(test.Query, test.Take, static row => row % 3 != 0), Found(index, test.Query, test.Take, new RowPredicate(static row => row % 3 != 0)));
            }
        },
        iter: 300);

    [Fact]
    public void Few_allowed_rows_are_looked_at_exactly_whatever_the_lists() => Cases.Sample(
        static test =>
        {
            var index = new VectorIndex(new VectorIndexOptions { Dimensions = test.Dimensions, ExactBelow = 8, ListRows = 4 });
            var naive = new NaiveVectors(test.Dimensions);
            for (int i = 0; i < test.Vectors.Length; i++) Add(index, naive, test.Changes[i].Row, test.Vectors[i]);
            var words = new ulong[2];
            for (int row = 0; row < 128; row += 1 + (row % 5)) words[row / 64] |= 1UL << row;
            RowBitmap filter = RowBitmap.Of(words);
            Assert.Equal(naive.Search(test.Query, test.Take, filter.Allows), Found(index, test.Query, test.Take, filter));
        },
        iter: 300);

    [Fact]
    public void Equal_vectors_are_answered_by_row()
    {
        var index = new VectorIndex(new VectorIndexOptions { Dimensions = 4 });
        for (int row = 2_999; row >= 0; row--) index.Add(row, [1, 2, 3, 4]);
        Assert.Equal(Enumerable.Range(0, 20), Found(index, [2, 4, 6, 8], 20, new AllRows()).Select(static neighbour => neighbour.Row));
    }

    [Fact]
    public void A_vector_without_a_direction_is_refused_and_finds_nothing()
    {
        var index = new VectorIndex(new VectorIndexOptions { Dimensions = 2 });
        Assert.True(index.Add(1, [1e-40f, 0]));
        Assert.False(index.Add(1, [0, 0]));
        Assert.False(index.Add(2, [float.NaN, 1]));
        Assert.False(index.Add(2, [float.PositiveInfinity, 1]));
        Assert.Equal(1, index.Count);
        Assert.Empty(Found(index, [0, 0], 5, new AllRows()));
        Assert.Equal([new Neighbour(1, 1)], Found(index, [3e38f, 0], 5, new AllRows()));
        Assert.Throws<ArgumentException>(() => index.Add(3, [1, 2, 3]));
    }

    internal static Neighbour[] Found<TFilter>(VectorIndex index, float[] query, int take, TFilter filter)
        where TFilter : IRowFilter
    {
        var into = new Neighbour[take];
        return into[..index.Search(query, take, filter, new VectorScratch(), into)];
    }

    private static void Add(VectorIndex index, NaiveVectors naive, int row, float[] vector)
    {
        Assert.True(index.Add(row, vector));
        naive.Add(row, vector);
    }
}
