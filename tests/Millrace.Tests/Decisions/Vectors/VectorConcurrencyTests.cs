using Millrace.Decisions.Candidates.Vectors;

namespace Millrace.Tests.Decisions.Vectors;

/// <summary>Searches beside a writer that inserts, rewrites, removes, splits and moves: no row twice, none torn, none lost that was there all along.</summary>
public sealed class VectorConcurrencyTests
{
    private const int Dimensions = 16;
    private const int Steady = 2_000;
    private const int Changes = 40_000;

    /// <summary>The longest insert is one that parts a list: while it does, nothing of it is published, and nobody waits for it.</summary>
    [Fact]
    public void Searches_are_not_held_by_an_insert_that_parts_a_list()
    {
        using var parted = new ManualResetEventSlim();
        using var searched = new ManualResetEventSlim();
        bool waited = false;
        var naive = new NaiveVectors(Dimensions);
        var index = new VectorIndex(new VectorIndexOptions
        {
            Dimensions = Dimensions, ExactBelow = 500, ExactAllowed = 0, ListRows = 64, Missed = 0,
            Parted = () =>
            {
                parted.Set();
                waited |= !searched.Wait(TimeSpan.FromSeconds(60));
            },
        });
        var writer = new Thread(() =>
        {
            for (int row = 0; row <= 500; row++) index.Add(row, naive.Clustered(1, row, 10));
        });
        writer.Start();
        Assert.True(parted.Wait(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
        for (int i = 0; i < 100; i++) Assert.Equal(500, VectorScanTests.Found(index, naive.Clustered(1, i, 10), 500, new AllRows()).Length);
        Assert.Equal(1, index.Lists);
        searched.Set();
        Assert.True(writer.Join(TimeSpan.FromSeconds(60)));
        Assert.False(waited);
        Assert.True(index.Lists > 1);
    }

    [Fact]
    public void Searches_beside_a_writer_see_whole_rows_once_and_all_that_stay()
    {
        var naive = new NaiveVectors(Dimensions);
        float[][] one = [.. Enumerable.Range(0, 500).Select(row => naive.Clustered(1, row, 10))];
        float[][] other = [.. Enumerable.Range(0, 500).Select(row => naive.Clustered(2, row, 10))];

        // Nothing may be missed: every list is looked at.
        var index = new VectorIndex(new VectorIndexOptions { Dimensions = Dimensions, ExactBelow = 500, ExactAllowed = 0, ListRows = 32, Missed = 0, ImprovePerInsert = 4 });
        for (int row = 0; row < Steady; row++) index.Add(row, naive.Clustered(3, row, 30));
        using var done = new CancellationTokenSource();
        string? fault = null;
        int searches = 0;
        var reader = new Thread(() =>
        {
            var scratch = new VectorScratch();
            var into = new Neighbour[Steady + 2_000];
            while (!done.IsCancellationRequested && fault is null)
            {
                float[] query = one[searches++ % one.Length];
                fault = Fault(into.AsSpan(0, index.Search(query, into.Length, new AllRows(), scratch, into)), query);
            }
        });
        reader.Start();
        for (int i = 0; i < Changes; i++)
        {
            // Rows above the steady ones change between two vectors, and come and go.
            int changing = Steady + (i * 7 % 1_000);
            if (i % 5 == 0) index.Remove(changing);
            else index.Add(changing, (i % 2 == 0 ? one : other)[changing % 500]);
        }

        done.Cancel();
        Assert.True(reader.Join(TimeSpan.FromSeconds(60)));
        Assert.Null(fault);
        Assert.True(searches > 0);

        string? Fault(ReadOnlySpan<Neighbour> found, float[] query)
        {
            var rows = new HashSet<int>();
            int steady = 0;
            foreach (var (row, similarity) in found)
            {
                if (!rows.Add(row)) return $"row {row} twice";
                if (row < Steady) steady++;
                else if (similarity != NaiveVectors.Similarity(one[row % 500], query) && similarity != NaiveVectors.Similarity(other[row % 500], query)) return $"row {row} torn: {similarity}";
            }

            return steady == Steady ? null : $"{steady} of {Steady} steady rows";
        }
    }
}
