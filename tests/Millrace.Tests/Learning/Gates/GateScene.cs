using System.Collections.Immutable;
using System.Text;
using Millrace.Features.Numerics;
using Millrace.Learning.Gates;
using Millrace.Learning.Training;
using Millrace.Learning.Training.LightGbm;
using Millrace.Learning.Training.Slices;
using Millrace.Models.Shelf;

namespace Millrace.Tests.Learning.Gates;

/// <summary>
/// A small sound training, seeded, and a place for a fault at each step: in the rows before it learns, in the model after, in the rows that judge. Persons decide five items each time; the label is likelier
/// with "up", less likely with "down"; two providers are equal.
/// </summary>
internal sealed class GateScene
{
    internal const int PerDecision = 5;
    internal const int Up = 0, Down = 1, Provider = 2, Segment = 3, Age = 4, Noise = 5, Columns = 6;
    private const int Decisions = 1_600;
    private const int Persons = 400;

    internal static readonly ImmutableArray<string> Names = ["up", "down", "provider", "segment", "age", "noise"];

    private readonly ulong _seed;

    internal GateScene(ulong seed)
    {
        _seed = seed;
        for (var row = 0; row < Decisions * PerDecision; row++)
        {
            Matrix.AddRange([(float)Unit(row, 0), (float)Unit(row, 1), Unit(row, 2) < 0.5 ? 0 : 1, (float)Math.Floor(Unit(row, 3) * 3), 10 + (float)(Unit(row, 4) * 40), (float)Unit(row, 5)]);
            Labels.Add(Unit(row, 9) < 1 / (1 + Math.Exp(-((4 * Matrix[(row * Columns) + Up]) - (3 * Matrix[(row * Columns) + Down]) - 1.5))) ? 1 : 0);
            Weights.Add(1);
            Group.Add((ulong)(row / PerDecision));
            Times.Add(row / PerDecision);
            Ranks.Add((row % PerDecision) + 1);
        }
    }

    internal List<float> Matrix { get; } = [];

    internal List<float> Labels { get; } = [];

    internal List<float> Weights { get; } = [];

    internal List<ulong> Group { get; } = [];

    internal List<long> Times { get; } = [];

    internal List<int> Ranks { get; } = [];

    internal ImmutableArray<string> Features { get; set; } = Names;

    internal TimeSlices Slices { get; set; } = new(1_000, 1_200);

    internal GateSettings Settings { get; set; } = new()
    {
        Metrics = [new MetricGate("auc", AtLeast: 0.6), new MetricGate("auc", "segment", AtLeast: 0.6)],
        Exposure = [new ExposureGate("provider")],
    };

    internal int Count => Labels.Count;

    internal double Unit(int row, int draw) => Philox.ToUnit(Philox.Draw(_seed, (ulong)row, (ulong)draw).First);

    internal bool IsJudged(int row) => Slices.Of(Times[row]) == Slice.Test;

    /// <summary>Changes a value of every row that is asked for.</summary>
    internal void Set(int column, Func<int, float> value, Func<int, bool>? where = null)
    {
        for (var row = 0; row < Count; row++)
        {
            if (where?.Invoke(row) != false) Matrix[(row * Columns) + column] = value(row);
        }
    }

    internal float Get(int row, int column) => Matrix[(row * Columns) + column];

    /// <summary>Puts whole decisions there twice, the second beside the first: examples come in the order of time.</summary>
    internal void Repeat(int from, int count)
    {
        for (var at = from + count - PerDecision; at >= from; at -= PerDecision)
        {
            Matrix.InsertRange(at * Columns, Matrix.GetRange(at * Columns, PerDecision * Columns));
            Labels.InsertRange(at, Labels.GetRange(at, PerDecision));
            Weights.InsertRange(at, Weights.GetRange(at, PerDecision));
            Group.InsertRange(at, Group.GetRange(at, PerDecision));
            Times.InsertRange(at, Times.GetRange(at, PerDecision));
            Ranks.InsertRange(at, Ranks.GetRange(at, PerDecision));
        }
    }

    internal ArrayExamples Examples() => new(Features, new ExampleBatch
    {
        Count = Count,
        Matrix = Matrix.ToArray(),
        Labels = Labels.ToArray(),
        Weights = Weights.ToArray(),
        Decisions = Group.ToArray(),
        Persons = Group.Select(decision => decision % Persons).ToArray(),
        Times = Times.ToArray(),
        Ranks = Ranks.ToArray(),
        Propensities = new double[Count],
    });

    /// <summary>Trains as 'millrace train' does.</summary>
    internal async Task<byte[]> TrainAsync(int rounds = 25)
    {
        using var data = await BinnedSlices.LoadAsync(Examples(), Slices, Training(rounds), null, null, default);
        return Encoding.UTF8.GetBytes(new ForestTrainer(data, Training(rounds)).Train(null, null, default).Model);
    }

    /// <summary>Judges a model by the rows as they are now.</summary>
    internal async Task<ImmutableArray<GateResult>> JudgeAsync(byte[] model, Func<GateCase, GateCase>? fault = null)
    {
        var given = new GateCase
        {
            Model = model,
            Digest = ModelDigest.Of(model),
            Features = Features,
            LearntUntil = Slices.TestFrom - 1,
            Sample = await GateSample.ReadAsync(Examples(), Slices, 1_000_000, default),
            Now = Decisions,
            Trainer = rows => ScoresOf(model, rows),
        };
        return GateRun.Judge(fault?.Invoke(given) ?? given, Settings, TimeProvider.System);
    }

    internal static double[] ScoresOf(byte[] model, float[] rows)
    {
        using var booster = LightGbmBooster.Load(Encoding.UTF8.GetString(model));
        var scores = new double[rows.Length / Columns];
        booster.Predict(rows, Columns, LightGbmOutput.Raw, scores);
        return scores;
    }

    private static TrainingSettings Training(int rounds) => new()
    {
        Objective = "binary",
        Rounds = rounds,
        EarlyStopping = 10,
        CheckpointEvery = 0,
        Other = ImmutableSortedDictionary<string, string>.Empty.Add("num_leaves", "7"),
    };
}
