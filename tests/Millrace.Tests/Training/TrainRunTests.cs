using System.Collections.Immutable;
using System.Globalization;
using Millrace.Learning.Training;
using Millrace.Learning.Training.Confounding;
using Millrace.Learning.Training.LightGbm;
using Millrace.Learning.Training.Search;
using Millrace.Learning.Training.Slices;
using Millrace.Models.Trees;
using Millrace.Tests.Learning.Training;
using Millrace.Train;
using Millrace.WorldRuns;

namespace Millrace.Tests.Training;

public sealed class TrainRunTests : IDisposable
{
    private readonly string _work = Directory.CreateTempSubdirectory("millrace-train-").FullName;

    public TrainRunTests() => Assert.SkipWhen(LightGbmLibrary.Absence is not null, LightGbmLibrary.Absence ?? "");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_work, recursive: true);

    [Fact]
    public async Task A_training_leaves_a_model_that_serves_a_calibration_and_a_report()
    {
        var report = await RunAsync(Request("a"));
        var forest = ForestFile.Read(At("a", "model.txt"));
        Assert.Equal(report.Rounds, forest.Trees.Length);
        Assert.Equal(["calibration.json", "model.txt", "report.json"], Directory.GetFiles(At("a")).Select(Path.GetFileName).Order());
        Assert.InRange(report.HeldOut["normalised_entropy"], 0.5, 0.95);
        Assert.Equal(["up", "down"], report.Importance!.Take(2).Select(one => one.Feature));
        Assert.Equal((3_200, 400, 400), (report.Slices[Slice.Train].Rows, report.Slices[Slice.Valid].Rows, report.Slices[Slice.Test].Rows));
        Assert.Equal(report.Tried, report.Curve!["binary_logloss"].Count);
        Assert.Equal(report.ToJson(), await File.ReadAllTextAsync(At("a", "report.json"), Cancellation));
        await RunAsync(Request("b"));
        Assert.Equal(await File.ReadAllBytesAsync(At("a", "model.txt"), Cancellation), await File.ReadAllBytesAsync(At("b", "model.txt"), Cancellation));
    }

    [Fact]
    public async Task A_training_that_is_cut_off_leaves_no_model_goes_on_and_gives_the_same_bytes()
    {
        var settings = Request("cut").Settings with { EarlyStopping = 0, Rounds = 40, Other = ForestTrainerTests.Parameters(("bagging_fraction", "0.6"), ("bagging_freq", "5")) };
        await RunAsync(Request("whole") with { Settings = settings });
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        await Assert.ThrowsAsync<OperationCanceledException>(() => new TrainRun(Request("cut") with { Settings = settings }, new LeapingTime(), line =>
        {
            if (line.StartsWith("tree    27", StringComparison.Ordinal)) cut.Cancel();
        }).RunAsync(cut.Token));
        Assert.Equal(["checkpoint.json"], Directory.GetFiles(At("cut")).Select(Path.GetFileName));

        var other = await Assert.ThrowsAsync<TrainingException>(() => RunAsync(Request("cut") with { Settings = settings with { Seed = 5 } }));
        Assert.Contains("--restart", other.Message, StringComparison.Ordinal);
        var report = await RunAsync(Request("cut") with { Settings = settings });
        Assert.Equal(20, report.Resumed);
        Assert.Equal(await File.ReadAllBytesAsync(At("whole", "model.txt"), Cancellation), await File.ReadAllBytesAsync(At("cut", "model.txt"), Cancellation));
        Assert.False(File.Exists(At("cut", "checkpoint.json")));
    }

    [Fact]
    public async Task A_search_records_every_trial_and_takes_the_best_of_those_that_had_all_rounds()
    {
        var report = await RunAsync(Request("s") with { Trials = 9, Ranges = [SearchRange.Parse("num_leaves=2..60:log"), SearchRange.Parse("learning_rate=0.02..0.4:log")] });
        var trials = report.Trials!;
        Assert.Equal(9, trials.Count(trial => trial.Rounds == 6));
        Assert.InRange(trials.Count(trial => trial.Rounds == 20), 3, 4);
        var last = trials.Where(trial => trial.Rounds == 60).ToArray();
        Assert.Contains(last, trial => trial.Number == 0);
        Assert.Equal(last.Min(trial => trial.Value), report.Curve!["binary_logloss"].Min(), 12);
        Assert.Equal(trials.Select(trial => (trial.Number, trial.Value)), (await RunAsync(Request("t") with { Trials = 9, Ranges = [SearchRange.Parse("num_leaves=2..60:log"), SearchRange.Parse("learning_rate=0.02..0.4:log")] })).Trials!.Select(trial => (trial.Number, trial.Value)));
    }

    [Fact]
    public async Task A_model_with_other_features_does_not_go_on_learning()
    {
        await RunAsync(Request("a"));
        var text = await File.ReadAllTextAsync(At("a", "model.txt"), Cancellation);
        var on = await RunAsync(Request("b") with { First = text });
        Assert.True(ForestFile.Read(At("b", "model.txt")).Trees.Length > on.Rounds);
        var renamed = text.Replace("feature_names=up down", "feature_names=down up", StringComparison.Ordinal);
        Assert.Contains("other features", (await Assert.ThrowsAsync<TrainingException>(() => RunAsync(Request("c") with { First = renamed }))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_trainer_gets_Parquet_and_what_it_hands_back_is_read_like_any_model()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the command is a shell's");
        await RunAsync(Request("own"));
        var model = At("own", "model.txt");
        TrainRequest External(string command) => Request("ext") with { External = new ExternalTrainer(command, TimeSpan.FromSeconds(60), Shell: true, "binary") };
        var lines = new List<string>();
        var report = await new TrainRun(External($"head -c 4 \"$1\" && echo \" $3\" >&2 && cp '{model}' \"$2\""), TimeProvider.System, line => { lock (lines) lines.Add(line); }).RunAsync(Cancellation);
        Assert.Contains(" binary", lines);
        Assert.Contains("PAR1", lines);
        Assert.True(report.HeldOut["normalised_entropy"] < 1);
        Assert.Equal(await File.ReadAllBytesAsync(model, Cancellation), await File.ReadAllBytesAsync(At("ext", "model.txt"), Cancellation));

        Assert.Contains("exit code 3", (await Assert.ThrowsAsync<TrainingException>(() => RunAsync(External("exit 3")))).Message, StringComparison.Ordinal);
        Assert.Contains("wrote no model", (await Assert.ThrowsAsync<TrainingException>(() => RunAsync(External("true")))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ForestException>(() => RunAsync(External("echo tree > \"$2\"")));
        var foreign = await Assert.ThrowsAsync<ForestException>(() => RunAsync(External($"sed 's/feature_names=up/feature_names=ip/' '{model}' > \"$2\"")));
        Assert.Contains("'ip'", foreign.Message, StringComparison.Ordinal);
        Assert.Contains("cannot be run", (await Assert.ThrowsAsync<TrainingException>(() => RunAsync(Request("ext") with { External = new("/no/such", TimeSpan.FromSeconds(5), Shell: false, "binary") }))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("weights", false)]
    [InlineData("em", false)]
    [InlineData("feature", true)]
    public async Task A_model_learns_how_items_were_shown_and_is_served_without(string named, bool fixesDelivery)
    {
        var position = Enum.Parse<PositionRemedy>(named, ignoreCase: true);
        var request = Request("bias") with { Remedies = new BiasRemedies(position, fixesDelivery) };
        var (logged, _) = new PositionWorld(3).Log(3_000);
        var hits = Enumerable.Range(0, (int)logged.Count).Select(row => row % 3 == 0 ? 0f : 1f).ToArray();
        request = request with { Examples = logged.With(whole => whole with { Hits = hits, FirstByteMillis = hits.Select(hit => hit == 1 ? 20f : 300f).ToArray() }) };
        var report = await RunAsync(request);
        var forest = ForestFile.Read(At("bias", "model.txt"));
        Assert.Equal(PositionWorld.Features, forest.Features);
        Assert.Equal(fixesDelivery ? [FixedColumn.HitName, FixedColumn.FirstByteName, FixedColumn.PositionName] : [], report.Bias!.Held.Keys);
        Assert.Equal(position == PositionRemedy.Feature, report.Bias.Examination is null);
        Assert.Contains($"\"position\": \"{named}\"", await File.ReadAllTextAsync(At("bias", "report.json"), Cancellation), StringComparison.Ordinal);
        if (fixesDelivery)
        {
            Assert.InRange(report.Bias.Held[FixedColumn.FirstByteName], 18, 22);
            Assert.Contains(report.Importance!, one => one is { Feature: FixedColumn.PositionName, Gain: > 0 });
            var text = await File.ReadAllTextAsync(At("bias", "model.txt"), Cancellation);
            Assert.Contains("--init", (await Assert.ThrowsAsync<TrainingException>(() => RunAsync(request with { First = text, Into = At("on") }))).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Examples_that_do_not_tell_what_a_remedy_needs_are_refused()
    {
        Assert.Contains("rank", (await Assert.ThrowsAsync<TrainingException>(() => RunAsync(Request("r") with { Remedies = new(PositionRemedy.Weights) }))).Message, StringComparison.Ordinal);
        Assert.Contains("hit", (await Assert.ThrowsAsync<TrainingException>(() => RunAsync(Request("d") with { Remedies = new(FixesDelivery: true) }))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_range_is_read_and_drawn_within()
    {
        var whole = SearchRange.Parse("num_leaves=7..127");
        Assert.All(Enumerable.Range(1, 500), trial => Assert.InRange(int.Parse(whole.Draw(1, trial, 0), CultureInfo.InvariantCulture), 7, 127));
        var rate = SearchRange.Parse("learning_rate=0.01..0.3:log");
        Assert.All(Enumerable.Range(1, 500), trial => Assert.InRange(double.Parse(rate.Draw(1, trial, 1), CultureInfo.InvariantCulture), 0.01, 0.3));
        Assert.All((string[])["x", "x=1", "x=3..2", "x=0..1:log", "=1..2", "x=a..b"], text => Assert.Throws<TrainingException>(() => SearchRange.Parse(text)));
    }

    private TrainRequest Request(string into) => new()
    {
        Examples = MadeExamples.Make(9, 800),
        Source = ImmutableSortedDictionary<string, string>.Empty.Add("made", "9"),
        Cuts = new SliceCuts(),
        Settings = new TrainingSettings { Objective = "binary", Rounds = 60, EarlyStopping = 10, CheckpointEvery = 10 },
        Into = At(into),
    };

    private static Task<TrainReport> RunAsync(TrainRequest request) => new TrainRun(request, TimeProvider.System, _ => { }).RunAsync(Cancellation);

    private string At(params string[] parts) => Path.Combine([_work, .. parts]);

    /// <summary>A clock by which every look is two seconds later, so that each tree is told of.</summary>
    private sealed class LeapingTime : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => _now += 2;
    }
}
