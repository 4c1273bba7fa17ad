using CsCheck;
using Millrace.Features.Online;
using Xunit;

namespace Millrace.Tests.Features;

public sealed class RowStoreTests
{
    private const int Rows = 600;

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(45)]
    public void Rows_and_every_frozen_view_read_as_a_plain_array_does(int words) =>
        Gen.Select(Gen.Int[0, Rows - 1], Gen.Int[0, 99]).Array[0, 3_000].Sample(
            edits =>
            {
                var store = new RowStore(words);
                var plain = new long[Rows][];
                var views = new List<(RowStore.Frozen View, long[][] Plain)>();
                for (var i = 0; i < edits.Length; i++)
                {
                    var (row, kind) = edits[i];
                    if (kind < 3)
                    {
                        views.Add((store.Freeze(), [.. plain.Select(one => (long[]?)one?.Clone() ?? [])]));
                    }

                    // Half of all edits are of few rows, so that others stay where slabs have to be emptied.
                    row = kind % 2 == 0 ? row % 20 : row;
                    store.Edit(row)[i % words] = i + 1;
                    (plain[row] ??= new long[words])[i % words] = i + 1;
                }

                views.Add((store.Now, [.. plain.Select(one => one ?? [])]));
                foreach (var (view, expected) in views)
                {
                    AssertEqual(view, expected, words);
                }
            },
            iter: 30);

    [Fact]
    public void Where_there_is_no_memory_for_a_slab_everything_stays_as_it_was()
    {
        const int Words = 3;
        var (failures, calls) = (0, 0);
        var store = new RowStore(Words, (slots, stride) => ++calls % 3 == 0 ? throw new InsufficientMemoryException() : new RowSlabs.Slab(slots, stride));
        var plain = new long[Rows][];
        var views = new List<(RowStore.Frozen View, long[][] Plain)>();
        for (var i = 0; i < 20_000; i++)
        {
            if (i % 150 == 0)
            {
                views.Add((store.Freeze(), [.. plain.Select(one => (long[]?)one?.Clone() ?? [])]));
            }

            var row = i % 3 == 0 ? i * 31 % Rows : i % 20;
            try
            {
                store.Edit(row)[i % Words] = i + 1;
                (plain[row] ??= new long[Words])[i % Words] = i + 1;
            }
            catch (InsufficientMemoryException)
            {
                failures++;
            }
        }

        Assert.InRange(failures, 10, int.MaxValue);
        views.Add((store.Now, [.. plain.Select(one => one ?? [])]));
        foreach (var (view, expected) in views)
        {
            AssertEqual(view, expected, Words);
        }
    }

    /// <param name="words">Words of a row: in slabs that are pinned, and in slabs that are not.</param>
    /// <param name="skew">1 edits all rows alike, more than that low ones far more often than high ones.</param>
    [Theory]
    [InlineData(45, 1)]
    [InlineData(45, 4)]
    [InlineData(45, 20)]
    [InlineData(3, 1)]
    [InlineData(3, 4)]
    [InlineData(200, 4)]
    public void Memory_stays_within_two_and_a_half_times_that_of_the_rows(int words, int skew)
    {
        var store = new RowStore(words);
        var (seed, most) = (1UL, 0.0);
        for (var row = 0; row < 20_000; row++)
        {
            store.Edit(row)[0] = row;
        }

        for (var turn = 1; turn <= 200; turn++)
        {
            store.Freeze();
            for (var edit = 0; edit < 2_000; edit++)
            {
                seed = (seed * 6364136223846793005) + 1442695040888963407;
                var row = (int)(20_000 * Math.Pow((seed >> 40) / (double)(1 << 24), skew));
                store.Edit(row)[1]++;
            }

            most = Math.Max(most, store.Capacity / (double)store.Count);
        }

        // 2.25 as a rule; 2.38 where almost all edits are of a few rows.
        Assert.InRange(most, 1, 2.5);
        Assert.Equal(20_000, store.Count);
        Assert.All(Enumerable.Range(0, 20_000), row => Assert.Equal(row, store.Read(row)[0]));
        Assert.Equal(200 * 2_000, Enumerable.Range(0, 20_000).Sum(row => store.Read(row)[1]));
    }

    [Fact]
    public void A_span_to_write_stays_valid_while_other_rows_are_written()
    {
        var store = new RowStore(45);
        for (var row = 0; row < 5_000; row++)
        {
            store.Edit(row)[0] = row;
        }

        for (var turn = 0; turn < 20; turn++)
        {
            store.Freeze();
            var held = store.Edit(turn);
            for (var row = 100; row < 4_000; row += 1 + turn)
            {
                store.Edit(row)[1]++;
            }

            held[2] = turn + 1;
            Assert.Equal(turn + 1, store.Read(turn)[2]);
        }
    }

    private static void AssertEqual(RowStore.Frozen view, long[][] expected, int words)
    {
        // In whole lanes of eight rows and of eight cells, and columns with a gap between them.
        int[] rows = [.. Enumerable.Range(0, Rows), .. Enumerable.Repeat(-1, 8 - (Rows % 8))];
        var (cells, stride) = (((2 * words) + 7) & -8, rows.Length + 5);
        var columns = new uint[cells * stride];
        view.Gather(rows, cells, columns, stride);
        for (var i = 0; i < rows.Length; i++)
        {
            var one = rows[i] < 0 || expected[rows[i]] is not { Length: > 0 } plain ? new long[words] : plain;
            ReadOnlySpan<uint> row = one.AsSpan().Cells();
            for (var cell = 0; cell < row.Length; cell++)
            {
                Assert.Equal(row[cell], columns[(cell * stride) + i]);
            }

            Assert.True(rows[i] < 0 || one.AsSpan().SequenceEqual(view[rows[i]]));
        }
    }
}
