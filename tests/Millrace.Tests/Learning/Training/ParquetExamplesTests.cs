using Millrace.Features.Numerics;
using Millrace.Learning.DuckDb;
using Millrace.Learning.Training;

namespace Millrace.Tests.Learning.Training;

public sealed class ParquetExamplesTests
{
    /// <summary>Windows of ten minutes: those of the last nine decisions are open.</summary>
    private const int Closed = ExampleScene.Decisions - 9;

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(65_536)]
    public async Task Examples_are_the_rows_of_closed_labels_in_order_of_time_twice_alike(int batch)
    {
        using var scene = await ExampleScene.CreateAsync();
        var examples = Open(scene.Query with { Batch = batch });
        var (first, second) = (await ReadAsync(examples), await ReadAsync(examples));
        Assert.Equal(first, second);
        Assert.Equal(["x", "y"], examples.Features);
        Assert.Equal((Closed * 3L, "definitions", "outcomes"), (examples.Count, examples.Definitions, examples.Outcomes));
        Assert.Equal(Enumerable.Range(0, Closed).SelectMany(d => Enumerable.Range(0, 3).Select(i => new Example(
            ExampleScene.At(d).Value, ItemHash.Of($"d{d}"), (ulong)('0' + (d % 4)), i + 1, i == 0 ? double.NaN : 0.5, d % 2 == 0 && i == 0 ? 1 : 0, 1, i == 1 ? "NaN" : $"{(i == 0 ? d : -d) + 0f}", $"{i}"))), first);
    }

    [Fact]
    public async Task Features_are_those_asked_for_in_their_order_and_times_are_cut()
    {
        using var scene = await ExampleScene.CreateAsync();
        var examples = Open(scene.Query with { Features = ["y", "x"], From = ExampleScene.At(50), To = ExampleScene.At(70) });
        var read = await ReadAsync(examples);
        Assert.Equal((60, 60L), (read.Count, examples.Count));
        Assert.Equal(("0", "50"), (read[0].First, read[0].Second));
        Assert.Equal(ExampleScene.At(69).Value, read[^1].Time);
    }

    [Fact]
    public async Task Others_rows_are_left_out_or_count_less()
    {
        using var scene = await ExampleScene.CreateAsync();
        Assert.Equal(Enumerable.Range(0, Closed).Count(d => d % 3 != 0) * 3, (await ReadAsync(Open(scene.Query with { Own = "home" }))).Count);
        Assert.Equal(Enumerable.Range(0, Closed).Count(d => d % 3 == 0) * 3, (await ReadAsync(Open(scene.Query with { Own = "other@1" }))).Count);
        var weighted = await ReadAsync(Open(scene.Query with { Own = "home", OtherWeight = 0.25 }));
        Assert.All(weighted, example => Assert.Equal((example.Time - ExampleScene.Start.Value) / 60_000_000 % 3 == 0 ? 0.25f : 1f, example.Weight));
    }

    [Fact]
    public async Task Weights_tell_age_class_and_inclusion()
    {
        using var scene = await ExampleScene.CreateAsync();
        var read = await ReadAsync(Open(scene.Query with { HalfLife = TimeSpan.FromMinutes(10), PositiveWeight = 3, Negatives = 0.5 }));
        var latest = ExampleScene.At(ExampleScene.Decisions - 1).Value; // Of all labels, so that a draw does not move it.
        Assert.All(read, example => Assert.Equal((float)((example.Label > 0 ? 3 : 2) * Math.Pow(2, -(latest - example.Time) / 6e8)), example.Weight));
        Assert.Equal(Enumerable.Range(0, Closed).Count(d => d % 2 == 0), read.Count(example => example.Label > 0));
        Assert.InRange(read.Count(example => example.Label == 0), 105, 172); // 277 negatives: 138.5 ± 4 standard deviations.
    }

    [Fact]
    public async Task A_draw_of_negatives_is_the_seeds_and_holds_that_of_a_smaller_share()
    {
        using var scene = await ExampleScene.CreateAsync();
        var half = await ReadAsync(Open(scene.Query with { Negatives = 0.5 }));
        var fifth = await ReadAsync(Open(scene.Query with { Negatives = 0.2 }));
        Assert.Subset(half.Select(Name).ToHashSet(), fifth.Select(Name).ToHashSet());
        Assert.NotEqual(half, await ReadAsync(Open(scene.Query with { Negatives = 0.5, Seed = 2 })));

        static (ulong, int) Name(Example example) => (example.Decision, example.Rank);
    }

    [Fact]
    public async Task Only_explored_only_seen_and_what_was_not_shown()
    {
        using var scene = await ExampleScene.CreateAsync();
        Assert.All(await ReadAsync(Open(scene.Query with { OnlyExplored = true })), example => Assert.NotEqual(1, example.Rank));
        Assert.All(await ReadAsync(Open(scene.Query with { OnlySeen = true })), example => Assert.Equal(1, example.Rank));
        var all = await ReadAsync(Open(scene.Query with { Unshown = true }));
        Assert.Equal(Closed * 4, all.Count);
        Assert.All(all.Where(example => example.Rank == 0), example => Assert.Equal((double.NaN, 0f, "3"), (example.Propensity, example.Label, example.Second)));
        Assert.All(all.Chunk(4), decision => Assert.Single(decision.Select(example => example.Decision).Distinct()));
    }

    [Fact]
    public async Task What_makes_no_examples_says_why()
    {
        using var scene = await ExampleScene.CreateAsync();
        Refused("there is no label 'clik'", scene.Query with { Label = "clik" });
        Refused("there is no feature 'z'", scene.Query with { Features = ["x", "z"] });
        Refused("there is no feature 'rank'", scene.Query with { Features = ["rank"] });
        Refused("feature 'x' is named twice", scene.Query with { Features = ["x", "x"] });
        Refused("holds no file of `features build`", scene.Query with { Rows = scene.Labels });
        Refused("holds no file of `labels build`", scene.Query with { Labels = scene.Rows });
        Refused("had the window of 'click' closed", scene.Query with { From = ExampleScene.At(115) });
        Refused("are of other decisions, or surface", scene.Query with { Surface = "elsewhere" });
        var file = Directory.EnumerateFiles(scene.Rows, "rows-*.parquet").Order(StringComparer.Ordinal).First();
        File.Copy(file, file.Replace("-0000.", "-0001.", StringComparison.Ordinal));
        Refused("are there 2 times", scene.Query);
    }

    [Fact]
    public async Task Files_that_do_not_belong_together_are_refused()
    {
        using var scene = await ExampleScene.CreateAsync();
        var file = Directory.EnumerateFiles(scene.Rows, "rows-*.parquet").Order(StringComparer.Ordinal).First();
        var kept = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        await scene.WriteRowsAsync("x");
        await File.WriteAllBytesAsync(file, kept, TestContext.Current.CancellationToken);
        Refused("feature 'y' is in some files", scene.Query);
        await File.WriteAllBytesAsync(file, kept[..^100], TestContext.Current.CancellationToken);
        Assert.Throws<IOException>(() => Open(scene.Query));
    }

    [Fact]
    public async Task Labels_of_other_decisions_have_no_overlap()
    {
        using var scene = await ExampleScene.CreateAsync(isBuilt: d => d >= 60);
        Assert.Equal((Closed - 60) * 3, Open(scene.Query).Count);
        using var none = await ExampleScene.CreateAsync(isBuilt: _ => false);
        Refused("holds no labels of that time", none.Query);
    }

    [Fact]
    public async Task A_query_that_cannot_be_is_refused()
    {
        using var scene = await ExampleScene.CreateAsync();
        Assert.Throws<ArgumentOutOfRangeException>(() => Open(scene.Query with { Negatives = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Open(scene.Query with { Batch = 0 }));
        Assert.Throws<IOException>(() => DuckDbSession.Files(["rows-*.parquet"]));
    }

    [Fact]
    public async Task Deliveries_are_told_when_asked_for_and_unknown_where_nobody_recorded_one()
    {
        using var scene = await ExampleScene.CreateAsync();
        foreach (var asked in (bool[])[true, false])
        {
            var read = new List<(float Hit, float Wait)>();
            await foreach (var batch in Open(scene.Query with { Delivery = asked }).ReadAsync(TestContext.Current.CancellationToken))
            {
                read.AddRange(batch.Hits.ToArray().Zip(batch.FirstByteMillis.ToArray()));
            }

            Assert.Equal(Enumerable.Range(0, Closed * 3).Select(row => !asked || row % 3 != 0 ? (float.NaN, float.NaN) : row / 3 % 4 == 1 ? (0, 320) : (1, 20)), read);
        }
    }

    private static ParquetExamples Open(ExampleQuery query) => ParquetExamples.Open(query, TestContext.Current.CancellationToken);

    private static void Refused(string says, ExampleQuery query) => Assert.Contains(says, Assert.Throws<ExamplesException>(() => Open(query)).Message, StringComparison.Ordinal);

    private static async Task<List<Example>> ReadAsync(ParquetExamples examples)
    {
        var read = new List<Example>();
        await foreach (var batch in examples.ReadAsync(TestContext.Current.CancellationToken))
        {
            var width = examples.Features.Length;
            for (var i = 0; i < batch.Count; i++)
            {
                read.Add(new Example(
                    batch.Times.Span[i], batch.Decisions.Span[i], batch.Persons.Span[i], batch.Ranks.Span[i], batch.Propensities.Span[i], batch.Labels.Span[i], batch.Weights.Span[i],
                    FormattableString.Invariant($"{batch.Matrix.Span[i * width]}"), FormattableString.Invariant($"{batch.Matrix.Span[((i + 1) * width) - 1]}")));
            }
        }

        Assert.Equal(examples.Count, read.Count);
        return read;
    }

    private sealed record Example(long Time, ulong Decision, ulong Person, int Rank, double Propensity, float Label, float Weight, string First, string Second);
}
