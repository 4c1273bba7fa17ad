using System.Collections.Immutable;
using System.Text;
using Millrace.Journal;
using Millrace.Learning.Training;
using Millrace.Learning.Training.Slices;
using Millrace.Models.Trees;

namespace Millrace.Backtest.Learnt;

/// <summary>One way of learning.</summary>
/// <param name="Name">In the report.</param>
/// <param name="Every">How often it is trained again; null trains once, when scoring begins.</param>
/// <param name="Objective">LightGBM's.</param>
/// <param name="Without">The group of columns that it does not read; null reads all.</param>
internal sealed record LearntVariant(string Name, TimeSpan? Every, string Objective = "lambdarank", string? Without = null);

/// <summary>Trees that are trained on the last clicks as the replay goes on; they score clicks that come after all that they have learnt.</summary>
internal sealed class LearntRanker(LearntVariant variant, LearntColumns columns, int seed)
{
    // A training an hour must not take longer than what it learns from: fewer bins, and half of the columns for each tree, cost a third of the time.
    private const int Rounds = 60;

    private readonly ImmutableArray<int> _read = columns.Without(variant.Without);
    private readonly ForestScratch _scratch = new();
    private ForestScorer? _forest;
    private UnixMicros _due = new(long.MinValue);

    public LearntVariant Variant => variant;

    /// <summary>How often it was trained.</summary>
    public int Trainings { get; private set; }

    /// <summary>Whether it is to be trained before a click at <paramref name="time"/>.</summary>
    public bool IsDue(UnixMicros time) => _forest is null || (variant.Every is not null && time >= _due);

    /// <summary>Trains it.</summary>
    /// <param name="examples">Of clicks before <paramref name="time"/>.</param>
    /// <param name="time">When.</param>
    /// <param name="cancellation">Ends it between two trees.</param>
    public async ValueTask TrainAsync(LearntExamples examples, UnixMicros time, CancellationToken cancellation)
    {
        var settings = new TrainingSettings
        {
            Objective = variant.Objective,
            Rounds = Rounds,
            Rate = new LearningRate(0.1),
            Seed = seed,
            CheckpointEvery = 0,
            Other = ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, Parameters()),
        };
        var rows = examples.Of(columns.Names, _read);
        using var data = await BinnedSlices.LoadAsync(rows, new TimeSlices(long.MaxValue), settings, null, null, cancellation);
        var trained = new ForestTrainer(data, settings).Train(null, null, cancellation);
        _forest = new ForestScorer([ForestFile.Read(Encoding.UTF8.GetBytes(trained.Model))], columns.Names);
        _due = variant.Every is { } every ? time + every : new UnixMicros(long.MaxValue);
        Trainings++;
    }

    /// <summary>Scores candidates.</summary>
    /// <returns>Whether there was a model to do so.</returns>
    public bool Score(ReadOnlySpan<float> matrix, Span<double> scores)
    {
        _forest?.Raw(matrix, scores.Length, scores, _scratch);
        return _forest is not null;
    }

    private Dictionary<string, string> Parameters()
    {
        var parameters = new Dictionary<string, string>(StringComparer.Ordinal) { ["num_leaves"] = "31", ["min_data_in_leaf"] = "50", ["max_bin"] = "63", ["feature_fraction"] = "0.5" };
        if (variant.Objective == "lambdarank") parameters["lambdarank_truncation_level"] = "15";
        return parameters;
    }
}
