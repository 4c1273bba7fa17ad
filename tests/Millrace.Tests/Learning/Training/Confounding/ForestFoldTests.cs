using System.Collections.Immutable;
using System.Text;
using Millrace.Features.Numerics;
using Millrace.Learning.Training;
using Millrace.Learning.Training.Confounding;
using Millrace.Learning.Training.LightGbm;
using Millrace.Learning.Training.Slices;
using Millrace.Models.Trees;

namespace Millrace.Tests.Learning.Training.Confounding;

public sealed class ForestFoldTests
{
    private const int Rows = 2_000;

    public ForestFoldTests() => Assert.SkipWhen(LightGbmLibrary.Absence is not null, LightGbmLibrary.Absence ?? "");

    [Theory]
    [InlineData("")]
    [InlineData("zero_as_missing")]
    [InlineData("use_missing")]
    public async Task A_folded_model_says_what_the_whole_one_says_of_the_held_values_by_our_scorer_and_by_LightGBM(string flag)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var examples = MadeExamples.Make(3, Rows / 5);
        ImmutableArray<FixedColumn> columns = [Column("context.a", 0, 1), Column("context.b", 0.6f, 2)];
        var all = new ContextExamples(examples, columns);
        var settings = new TrainingSettings
        {
            Objective = "binary", Rounds = 30, CheckpointEvery = 0, Categorical = ["kind"], Monotone = ImmutableSortedDictionary<string, int>.Empty.Add("up", 1).Add("context.b", -1),
            Other = ImmutableSortedDictionary<string, string>.Empty.Add("min_data_in_leaf", "5").Add(flag == "" ? "max_bin" : flag, flag switch { "" => "63", "use_missing" => "false", _ => "true" }),
        };
        using var data = await BinnedSlices.LoadAsync(all, new TimeSlices(long.MaxValue), settings, null, null, cancellation);
        var model = new ForestTrainer(data, settings).Train(null, null, cancellation).Model;
        Assert.Contains("context.a", ForestFile.Read(Encoding.UTF8.GetBytes(model)).FeaturesRead());
        var folded = ForestFold.Fold(model, [0, 0.6f]);

        float[] rows = [.. await RowsAsync(examples)];
        float[] held = [.. rows.Chunk(MadeExamples.Columns).SelectMany(row => (float[])[.. row, 0, 0.6f])];
        var forest = ForestFile.Read(Encoding.UTF8.GetBytes(folded));
        Assert.Equal(MadeExamples.Names, forest.Features);
        var (whole, own, theirs) = (new double[Rows], new double[Rows], new double[Rows]);
        new ForestScorer([ForestFile.Read(Encoding.UTF8.GetBytes(model))], all.Features).Raw(held, Rows, whole, new ForestScratch());
        new ForestScorer([forest], MadeExamples.Names).Raw(rows, Rows, own, new ForestScratch());
        using var loaded = LightGbmBooster.Load(folded);
        loaded.Predict(rows, MadeExamples.Columns, LightGbmOutput.Raw, theirs);
        Assert.Equal(whole, own);
        Assert.Equal(whole, theirs);
        Assert.DoesNotContain("context.", folded[..folded.IndexOf("\nparameters", StringComparison.Ordinal)], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tree_of_nothing_but_held_columns_becomes_a_leaf()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var rows = Enumerable.Range(0, 400).ToArray();
        var examples = ArrayExamples.Of(["constant"], new float[400], [.. rows.Select(row => row % 2 == 0 ? 1f : 0f)], Enumerable.Repeat(1, 400));
        var settings = new TrainingSettings { Objective = "binary", Rounds = 5, CheckpointEvery = 0 };
        using var data = await BinnedSlices.LoadAsync(new ContextExamples(examples, [new FixedColumn("context.a", 0, (_, row) => row % 2)]), new TimeSlices(long.MaxValue), settings, null, null, cancellation);
        var folded = ForestFold.Fold(new ForestTrainer(data, settings).Train(null, null, cancellation).Model, [0]);
        var forest = ForestFile.Read(Encoding.UTF8.GetBytes(folded));
        Assert.Empty(forest.FeaturesRead());
        var (own, theirs) = (new double[1], new double[1]);
        new ForestScorer([forest], ["constant"]).Raw([0], 1, own, new ForestScratch());
        using var loaded = LightGbmBooster.Load(folded);
        loaded.Predict([0], 1, LightGbmOutput.Raw, theirs);
        Assert.Equal(own, theirs);
        Assert.True(own[0] > 0.5, $"{own[0]}");
    }

    [Fact]
    public void A_column_may_not_have_the_name_of_a_feature() =>
        Assert.Contains("'up'", Assert.Throws<TrainingException>(() => new ContextExamples(MadeExamples.Make(1, 1), [new FixedColumn("up", 0, (_, _) => 0)])).Message, StringComparison.Ordinal);

    // Tells of the label, and is not known of every tenth row.
    private static FixedColumn Column(string name, float serving, ulong stream) => new(name, serving, (batch, row) =>
        Philox.Draw(stream, 7, batch.Decisions.Span[row] + (ulong)row).First % 10 == 0 ? float.NaN : (float)Math.Round((2 * Philox.ToUnit(Philox.Draw(stream, 8, (ulong)row).First)) - batch.Labels.Span[row], 1));

    private static async Task<List<float>> RowsAsync(ArrayExamples examples)
    {
        var rows = new List<float>();
        await foreach (var batch in examples.ReadAsync(TestContext.Current.CancellationToken))
        {
            rows.AddRange(batch.Matrix.Span);
        }

        return rows;
    }
}
