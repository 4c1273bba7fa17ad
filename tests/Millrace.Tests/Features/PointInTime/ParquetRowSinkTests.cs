using System.Buffers;
using Millrace.Features.PointInTime;
using Millrace.Features.PointInTime.Parquet;
using Millrace.Journal;

namespace Millrace.Tests.Features.PointInTime;

public sealed class ParquetRowSinkTests : IDisposable
{
    private const int SlateItems = 7;
    private static readonly RowFileOptions Small = new() { GroupRows = 64, FileRows = 200 };
    private static readonly RowSlice Slice = new(new UnixMicros(1_790_000_000_000_000), new UnixMicros(1_790_003_600_000_000), ["clicks_1h", "age", "rate"], "0123456789abcdef", 3);
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("millrace-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(9)]
    [InlineData(64)]
    [InlineData(100)]
    public async Task Another_implementation_reads_every_bit_back_whatever_shared_arrays_held_before(int decisions)
    {
        Litter<int>(77);
        Litter<byte>(0xA5);
        var rows = Decisions(decisions).ToList();
        await WriteAsync(rows);
        var read = DuckDbRows.Read($"select decision, time, item, rank, propensity, slot, surface, policy, epoch, mode, explored, clicks_1h, age, rate from '{_directory.FullName}/*.parquet' order by filename, file_row_number");
        var expected = rows.SelectMany(d => Enumerable.Range(0, d.Items.Length).Select(i => (object?[])
        [
            d.Decision, d.Time.Value, d.Items.Span[i].Item, d.Items.Span[i].Rank, Bits(d.Items.Span[i].Propensity),
            d.Items.Span[i].Slot, d.Surface, d.Policy, d.Epoch, d.Mode, d.Items.Span[i].Explored,
            .. Enumerable.Range(0, Slice.Features.Length).Select(c => Bits(d.Matrix.Span[(i * Slice.Features.Length) + c])),
        ])).ToList();
        Assert.Equal(expected, read.Select(r => r.Select(Bits).ToArray()));
    }

    /// <summary>Leaves something in the arrays that everybody in the process shares, as any code may.</summary>
    private static void Litter<T>(T value)
    {
        for (var size = 16; size <= 1 << 16; size *= 2)
        {
            T[][] rented = [.. Enumerable.Range(0, 4).Select(_ => ArrayPool<T>.Shared.Rent(size))];
            Array.ForEach(rented, array => array.AsSpan().Fill(value));
            Array.ForEach(rented, array => ArrayPool<T>.Shared.Return(array));
        }
    }

    [Fact]
    public void No_two_writers_share_a_field_since_a_schema_sets_the_levels_of_those_that_it_takes()
    {
        var first = new RowColumns(Slice.Features, 1).Schema.DataFields;
        var second = new RowColumns(Slice.Features, 1).Schema.DataFields;
        Assert.Empty(first.Intersect(second, ReferenceEqualityComparer.Instance));
    }

    [Fact]
    public async Task Files_are_rolled_and_say_what_they_are()
    {
        await WriteAsync([.. Decisions(100)]);
        var files = DuckDbRows.Read($"select file_name, num_rows, num_row_groups from parquet_file_metadata('{_directory.FullName}/*.parquet') order by 1");
        Assert.Equal([192L, 192L, 192L, 124L], files.Select(f => (long)f[1]!));
        Assert.All(files, f => Assert.InRange((long)f[1]!, 1, Small.FileRows));
        var said = DuckDbRows.Read($"select file_name, key::varchar, value::varchar from parquet_kv_metadata('{_directory.FullName}/*.parquet') where key::varchar like 'millrace%' order by 1, 2");
        Assert.Equal(
            ["False", "0123456789abcdef", "3", Slice.From.ToString(), "False", "0", "Slate", Slice.To.ToString()], said.Take(8).Select(s => (string)s[2]!));
        Assert.Equal(["False", "False", "False", "True"], said.Where(s => (string)s[1]! == "millrace.last").Select(s => (string)s[2]!));
    }

    [Fact]
    public async Task A_slice_is_done_only_once_it_is_complete_and_alike()
    {
        await using (var sink = new ParquetRowSink(_directory.FullName, Slice, Small))
        {
            await WriteAsync(sink, [.. Decisions(100)]);
            Assert.False(await RowFiles.IsDoneAsync(_directory.FullName, Slice, TestContext.Current.CancellationToken));
        }

        Assert.False(await RowFiles.IsDoneAsync(_directory.FullName, Slice, TestContext.Current.CancellationToken));
        Assert.Empty(_directory.EnumerateFiles("*.part"));
        await WriteAsync([.. Decisions(1)]);
        Assert.Single(_directory.EnumerateFiles()); // What the run before had left is gone.
        Assert.True(await RowFiles.IsDoneAsync(_directory.FullName, Slice, TestContext.Current.CancellationToken));
        Assert.False(await RowFiles.IsDoneAsync(_directory.FullName, Slice with { Definitions = "another" }, TestContext.Current.CancellationToken));
        Assert.False(await RowFiles.IsDoneAsync(_directory.FullName, Slice with { Kind = RowKind.Candidates }, TestContext.Current.CancellationToken));
        Assert.False(await RowFiles.IsDoneAsync(_directory.FullName, Slice with { AnyDefinitions = true }, TestContext.Current.CancellationToken));
        Assert.False(await RowFiles.IsDoneAsync(_directory.FullName, Slice with { Engine = 4 }, TestContext.Current.CancellationToken));
        Assert.False(await RowFiles.IsDoneAsync(_directory.FullName, Slice with { Features = ["clicks_1h", "rate", "age"] }, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_filter_that_reads_only_what_the_statistics_allow_finds_its_rows()
    {
        var rows = Decisions(100).ToList();
        await WriteAsync(rows);
        var (item, value) = (rows[50].Items.Span[3].Item, rows.SelectMany(d => d.Matrix.ToArray()).First(float.IsNegativeInfinity));
        (string Where, int Count)[] filters =
        [
            ($"time = {rows[50].Time.Value}", SlateItems),
            ($"time >= {rows[90].Time.Value}", 10 * SlateItems),
            ($"decision = '{rows[7].Decision}'", SlateItems),
            ($"item = '{item}'", rows.Sum(d => d.Items.ToArray().Count(i => i.Item == item))),
            ("age = '-inf'::float", rows.Sum(d => Enumerable.Range(0, SlateItems).Count(i => d.Matrix.Span[(i * Slice.Features.Length) + 1] == value))),
            ("clicks_1h = 0", 100 * SlateItems),
            ("rank = 2", 100),
            ("rank is null", 200),
            ("explored", 100),
            ("surface = 'startseite'", 50 * SlateItems),
        ];
        Assert.All(filters, f => Assert.Equal((long)f.Count, DuckDbRows.Read($"select count(*) from '{_directory.FullName}/*.parquet' where {f.Where}")[0][0]));
    }

    [Fact]
    public async Task The_same_rows_give_the_same_bytes()
    {
        await WriteAsync([.. Decisions(100)]);
        var first = Bytes();
        await WriteAsync([.. Decisions(100)]);
        Assert.Equal(first, Bytes());
        Dictionary<string, string> Bytes() => _directory.EnumerateFiles().ToDictionary(f => f.Name, f => Convert.ToHexString(File.ReadAllBytes(f.FullName)));
    }

    private static object? Bits(object? value) => value switch
    {
        float.NaN => null, // Missing is null in the file.
        float f => BitConverter.SingleToInt32Bits(f),
        double d => BitConverter.DoubleToInt64Bits(d),
        _ => value,
    };

    /// <summary>Decisions whose values are those that get lost first: zeros of both signs that repeat, infinities, subnormals, missing ones, and any bits.</summary>
    private static IEnumerable<DecisionRows> Decisions(int count)
    {
        float[] odd = [0f, -0f, 1f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.Epsilon, float.MaxValue, 0.1f];
        var random = new Random(5);
        for (var d = 0; d < count; d++)
        {
            var matrix = new float[SlateItems * Slice.Features.Length];
            for (var i = 0; i < matrix.Length; i++)
            {
                matrix[i] = (i % Slice.Features.Length) switch
                {
                    0 => odd[random.Next(2)],
                    1 => odd[random.Next(odd.Length)],
                    _ => BitConverter.Int32BitsToSingle(random.Next()),
                };
            }

            yield return new DecisionRows(
                $"décision-{d}",
                Slice.From + TimeSpan.FromMicroseconds(d),
                d % 2 == 0 ? "home" : "startseite",
                $"home@{d / 50}",
                d / 3,
                "online",
                Enumerable.Range(0, SlateItems).Select(i => i < 5 ? new RowItem($"item-{random.Next(20)}", "main", i + 1, random.NextDouble(), i == 2) : new RowItem($"item-{random.Next(20)}")).ToArray(),
                matrix);
        }
    }

    private static async Task WriteAsync(ParquetRowSink sink, List<DecisionRows> decisions)
    {
        foreach (var rows in decisions)
        {
            await sink.WriteAsync(rows, TestContext.Current.CancellationToken);
        }
    }

    private async Task WriteAsync(List<DecisionRows> decisions)
    {
        await using var sink = new ParquetRowSink(_directory.FullName, Slice, Small);
        await WriteAsync(sink, decisions);
        await sink.CompleteAsync(cancellation: TestContext.Current.CancellationToken);
    }
}
