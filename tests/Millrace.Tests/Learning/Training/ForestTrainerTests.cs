using System.Collections.Immutable;
using System.Text;
using Millrace.Learning.Training;
using Millrace.Learning.Training.LightGbm;
using Millrace.Learning.Training.Slices;
using Millrace.Models.Trees;
using Millrace.Tests.House;

namespace Millrace.Tests.Learning.Training;

public sealed class ForestTrainerTests
{
    private static readonly TrainingSettings Binary = new() { Objective = "binary", Rounds = 40, CheckpointEvery = 10 };

    private static readonly TrainingSettings Drawing = Binary with
    {
        Other = Parameters(("bagging_fraction", "0.7"), ("bagging_freq", "5"), ("feature_fraction", "0.6")),
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ForestTrainerTests() => Assert.SkipWhen(LightGbmLibrary.Absence is not null, LightGbmLibrary.Absence ?? "");

    [Fact]
    public async Task The_settings_of_LightGBMs_own_test_rank_its_data_as_well_as_it_says_and_one_seed_gives_the_same_bytes()
    {
        Assert.SkipWhen(RepositoryRoot.SharedData is null, "the folder of real data is not beside the checkout");
        var ltr = Path.Combine(RepositoryRoot.SharedData!, "ltr");
        var examples = SvmlightFile.Read([Path.Combine(ltr, "rank.train"), Path.Combine(ltr, "rank.test")], out var starts);
        var settings = new TrainingSettings
        {
            Objective = "lambdarank",
            Rounds = 50,
            EarlyStopping = 10,
            StopMetric = "ndcg@3",
            Rate = new LearningRate(0.1, -0.01, 0.01),
            Other = Parameters(("eval_at", "1,3")),
        };
        var forest = await TrainAsync(examples, new TimeSlices(starts[1]), settings);
        Assert.Equal(["ndcg@1", "ndcg@3"], forest.Curve.Metrics);
        var best = forest.Curve.Valid[forest.Curve.Best - 1];
        Assert.True(best[0] > 0.5674 && best[1] > 0.578, $"ndcg@1 {best[0]:F6}, ndcg@3 {best[1]:F6} at {forest.Curve.Best}");
        Assert.Equal(forest.Model, (await TrainAsync(examples, new TimeSlices(starts[1]), settings)).Model);
    }

    [Fact]
    public async Task What_is_streamed_through_a_sample_trains_the_model_that_the_matrix_in_memory_trains()
    {
        var examples = MadeExamples.Make(7, 400);
        var settings = Binary with { Categorical = ["kind"] };
        var streamed = await TrainAsync(examples, new TimeSlices(long.MaxValue), settings);

        var batch = await examples.ReadAsync(Cancellation).SingleAsync(Cancellation);
        var text = settings.Text(examples.Features);
        using var dataset = LightGbmDataset.FromMatrix(batch.Matrix.Span, MadeExamples.Columns, text);
        dataset.Name(MadeExamples.Names);
        dataset.Label(batch.Labels.Span);
        using var booster = LightGbmBooster.Create(dataset, text);
        for (var i = 0; i < settings.Rounds; i++) booster.Update();
        Assert.Equal(booster.Save(), streamed.Model);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_training_that_goes_on_from_a_state_gives_the_bytes_of_one_that_was_not_interrupted(bool drawing)
    {
        var settings = drawing ? Drawing : Binary;
        var examples = MadeExamples.Make(11, 600);
        var slices = new TimeSlices(450);
        var states = new List<TrainingState>();
        var whole = await TrainAsync(examples, slices, settings, checkpoint: states.Add);
        Assert.Equal([10, 20, 30], states.Select(state => state.Rounds));
        foreach (var state in states)
        {
            var resumed = await TrainAsync(examples, slices, settings, state);
            Assert.Equal(whole.Model, resumed.Model);
            Assert.Equal(whole.Curve.Valid, resumed.Curve.Valid);
        }

        var other = await TrainAsync(examples, slices, settings with { Seed = 2 });
        Assert.Equal(drawing, Trees(whole) != Trees(other));
    }

    [Fact]
    public async Task Thirty_trainings_with_bags_are_one_model()
    {
        var (examples, models) = (MadeExamples.Make(9, 640), new HashSet<string>());
        var settings = Drawing with { Other = Parameters(("bagging_fraction", "0.6"), ("bagging_freq", "5")) };
        for (var i = 0; i < 30; i++) models.Add((await TrainAsync(examples, new TimeSlices(long.MaxValue), settings)).Model);
        Assert.Single(models);
    }

    [Fact]
    public async Task It_stops_where_the_later_slice_was_best_and_keeps_the_trees_until_there()
    {
        // What comes later says the opposite: more trees only do harm.
        var examples = MadeExamples.Make(5, 600, flipped: row => row >= 450 * 5);
        var forest = await TrainAsync(examples, new TimeSlices(450), Binary with { EarlyStopping = 5 });
        Assert.Equal(1, forest.Rounds);
        Assert.Equal(6, forest.Tried);
        Assert.Single(Read(forest).Trees);
    }

    [Fact]
    public async Task A_model_that_goes_on_learning_keeps_its_trees_first()
    {
        var examples = MadeExamples.Make(3, 400);
        var first = await TrainAsync(examples, new TimeSlices(long.MaxValue), Binary with { Rounds = 10 });
        var state = new TrainingState(first.Model, 0, [], []);
        var second = await TrainAsync(examples, new TimeSlices(long.MaxValue), Binary with { Rounds = 10 }, state);
        var (before, after) = (Read(first), Read(second));
        Assert.Equal(20, after.Trees.Length);
        Assert.Equal(before.Trees[3].Leaves.AsEnumerable(), after.Trees[3].Leaves);
        Assert.Equal(first.Model.Split("Tree=5")[1].Split("Tree=6")[0], second.Model.Split("Tree=5")[1].Split("Tree=6")[0]);
    }

    [Fact]
    public async Task A_score_never_falls_where_it_may_only_rise()
    {
        var settings = Binary with { Monotone = ImmutableSortedDictionary<string, int>.Empty.Add("up", 1).Add("noise_1", -1) };
        var forest = Read(await TrainAsync(MadeExamples.Make(2, 300), new TimeSlices(long.MaxValue), settings));
        var scorer = new ForestScorer([forest], MadeExamples.Names);
        var rows = new float[64 * MadeExamples.Columns];
        for (var row = 0; row < 64; row++)
        {
            Array.Fill(rows, 0.5f, row * MadeExamples.Columns, MadeExamples.Columns);
            rows[row * MadeExamples.Columns] = row / 63f;
        }

        var scores = new double[64];
        scorer.Raw(rows, 64, scores, new ForestScratch());
        Assert.Equal(scores.Order(), scores);
        Assert.True(scores[^1] > scores[0]);
    }

    [Fact]
    public async Task Settings_that_are_not_possible_are_refused_in_words()
    {
        async Task Refused(string part, TrainingSettings settings, TimeSlices slices) =>
            Assert.Contains(part, (await Assert.ThrowsAsync<TrainingException>(() => TrainAsync(MadeExamples.Make(1, 50), slices, settings))).Message, StringComparison.Ordinal);

        await Refused("there is no feature 'ip'", Binary with { Categorical = ["ip"] }, new(long.MaxValue));
        await Refused("there is no metric 'auc'", Binary with { EarlyStopping = 3, StopMetric = "auc" }, new(25));
        await Refused("no examples in it", Binary with { EarlyStopping = 3 }, new(long.MaxValue));
        await Refused("nothing is left to train on", Binary, new(0));
        await Refused("'output_model' is not taken", Binary with { Other = Parameters(("output_model", "/etc/passwd")) }, new(long.MaxValue));
        await Refused("white space", Binary with { Other = Parameters(("lambda_l1", "0 data=x")) }, new(long.MaxValue));
    }

    [Fact]
    public async Task The_pinned_version_is_the_one_that_reports_say() => Assert.Contains(
        $"<PackageVersion Include=\"LightGBM\" Version=\"{LightGbmLibrary.Version}\"",
        await File.ReadAllTextAsync(Path.Combine(RepositoryRoot.Path, "Directory.Packages.props"), Cancellation), StringComparison.Ordinal);

    internal static ImmutableSortedDictionary<string, string> Parameters(params (string Name, string Value)[] all) =>
        all.ToImmutableSortedDictionary(one => one.Name, one => one.Value, StringComparer.Ordinal);

    private static string Trees(TrainedForest forest) => forest.Model.Split("\nparameters:")[0];

    private static Forest Read(TrainedForest forest) => LightGbmText.Read(Encoding.UTF8.GetBytes(forest.Model));

    private static async Task<TrainedForest> TrainAsync(
        IExamples examples, TimeSlices slices, TrainingSettings settings, TrainingState? state = null, Action<TrainingState>? checkpoint = null)
    {
        using var first = state is null ? null : LightGbmBooster.Load(state.Model);
        using var data = await BinnedSlices.LoadAsync(examples, slices, settings, first, null, Cancellation);
        return new ForestTrainer(data, settings) { Checkpoint = checkpoint }.Train(first, state, Cancellation);
    }
}
