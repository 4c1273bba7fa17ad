using System.Text;
using Microsoft.ML.OnnxRuntime;
using Millrace.Bench.Features;
using Millrace.Learning.Training.LightGbm;
using Millrace.Models.Trees;

namespace Millrace.Bench.Forests;

/// <summary>
/// Scoring a batch on one thread: ours beside LightGBM's own library and ONNX Runtime, the same forest and rows, by turns in one run. The processor's time of the thread.
/// </summary>
internal static class ForestBench
{
    private const int Columns = 30;
    private const int Rounds = 25;

    // Sums of floats over thousands of trees, of labels within tens.
    private const double OnnxApart = 1e-2;

    /// <param name="trees">Trees of the forest.</param>
    /// <param name="leaves">Leaves of each.</param>
    /// <param name="rows">Rows of a batch.</param>
    /// <param name="warming">How long each runs first, so that the JIT has finished with what is managed; a round takes a fiftieth of it.</param>
    internal static int Run(int trees, int leaves, int rows, TimeSpan warming)
    {
        if (LightGbmLibrary.Absence is { } absence)
        {
            Console.WriteLine($"skipped: {absence}");
            return 77;
        }

        string text = Train(1, trees, leaves);
        Forest forest = LightGbmText.Read(Encoding.UTF8.GetBytes(text));
        Forest second = LightGbmText.Read(Encoding.UTF8.GetBytes(Train(3, trees, leaves)));
        ForestData data = ForestData.Make(2, rows, Columns, missing: 0.02);
        using LightGbmBooster booster = LightGbmBooster.Load(text);
        var native = new double[rows];
        var own = new double[rows];
        var scratch = new ForestScratch();
        var scorer = new ForestScorer([forest], forest.Features);
        var scalar = new ForestScorer([forest], forest.Features, SimdLevel.Scalar);
        var heads = new ForestScorer([forest, second], forest.Features);
        var both = new double[2 * rows];
        using var onnx = new OnnxContender(forest, data);
        BitVectorForm? bits = rows < BitVectorForm.Lanes ? null : BitVectorForm.Of(forest);
        var struck = new double[rows];
        Contender[] contenders =
        [
            new($"Millrace, {scorer.Level}", () => scorer.Raw(data.Rows, rows, own, scratch)),
            new("LightGBM's C API", () => booster.Predict(data.Rows, Columns, LightGbmOutput.Raw, native)),
            new("ONNX Runtime", onnx.Run),
            new("Millrace, row by row", () => scalar.Raw(data.Rows, rows, own, scratch)),
            new("Millrace, a second forest in the same pass", () => heads.Raw(data.Rows, rows, both, scratch)),
            .. bits is null ? (Contender[])[] : [new("V-QuickScorer, 8 rows", () => bits.Raw(data.Rows, struck))],
        ];
        Measure(contenders, warming);
        Report(contenders, $"{forest.Trees.Length} trees of {leaves} leaves, {rows} rows of {Columns}", rows);
        scorer.Raw(data.Rows, rows, own, scratch);
        return Same(own, native, onnx.Scores, bits is null ? own : struck) ? 0 : 1;
    }

    private static string Train(int seed, int trees, int leaves) => ForestTraining.Train(
        ForestData.Make(seed, Math.Max(2_000, 100 * leaves), Columns, missing: 0.02), trees, $"objective=regression num_leaves={leaves} min_data_in_leaf=10 learning_rate=0.05");

    private static void Measure(Contender[] contenders, TimeSpan warming)
    {
        foreach (var contender in contenders) contender.Warm(warming);
        for (int round = 0; round < Rounds; round++)
        {
            foreach (var contender in contenders) contender.Time();
        }
    }

    private static void Report(Contender[] contenders, string what, int rows)
    {
        Console.WriteLine($"{what}\n| | µs a row (median of {Rounds} rounds) | least | times Millrace, by medians | by least |\n|---|---|---|---|---|");
        foreach (var contender in contenders)
        {
            Console.WriteLine(FormattableString.Invariant(
                $"| {contender.Name} | {contender.Median / rows:F3} | {contender.Least / rows:F3} | {contender.Median / contenders[0].Median:F1} | {contender.Least / contenders[0].Least:F1} |"));
        }
    }

    /// <summary>Whether the scores of the last round are ours in every bit; ONNX Runtime's are floats, and only near.</summary>
    private static bool Same(double[] own, double[] native, float[] onnx, double[] struck)
    {
        int different = Different(native, own);
        int differentBits = Different(struck, own);
        double apart = onnx.Zip(own).Max(static pair => Math.Abs(pair.First - pair.Second));
        Console.WriteLine(FormattableString.Invariant($"{different} of {own.Length} scores differ from LightGBM's in any bit, {differentBits} from V-QuickScorer's; ONNX Runtime's, sums of floats, are up to {apart:G2} away"));
        return different == 0 && differentBits == 0 && apart < OnnxApart;
    }

    private static int Different(double[] scores, double[] own) => scores.Zip(own).Count(static pair => BitConverter.DoubleToInt64Bits(pair.First) != BitConverter.DoubleToInt64Bits(pair.Second));

    private sealed class Contender(string name, Action run)
    {
        private const int RoundsOfWarming = 50;

        private readonly List<double> _micros = [];
        private int _runs = 1;

        internal string Name => name;

        internal double Median => _micros.Order().ElementAt(_micros.Count / 2);

        internal double Least => _micros.Min();

        internal void Warm(TimeSpan warming)
        {
            long began = ThreadClock.Now;
            int runs = 0;
            for (; ThreadClock.Now - began < warming.TotalNanoseconds; runs++) run();
            _runs = Math.Max(1, runs / RoundsOfWarming);
        }

        internal void Time()
        {
            long began = ThreadClock.Now;
            for (int i = 0; i < _runs; i++) run();
            _micros.Add((ThreadClock.Now - began) / 1e3 / _runs);
        }
    }

    private sealed class OnnxContender : IDisposable
    {
        private static readonly string[] Inputs = ["rows"];
        private static readonly string[] Outputs = ["scores"];
        private readonly InferenceSession _session;
        private readonly OrtValue[] _input;
        private readonly OrtValue[] _output;
        private readonly RunOptions _options = new();

        internal OnnxContender(Forest forest, ForestData data)
        {
            using var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1, ExecutionMode = ExecutionMode.ORT_SEQUENTIAL };
            _session = new InferenceSession(OnnxModel.Of(forest), options);
            int rows = data.Labels.Length;
            Scores = new float[rows];
            _input = [OrtValue.CreateTensorValueFromMemory(data.Rows, [rows, data.Columns])];
            _output = [OrtValue.CreateTensorValueFromMemory(Scores, [rows, 1])];
        }

        internal float[] Scores { get; }

        internal void Run() => _session.Run(_options, Inputs, _input, Outputs, _output);

        public void Dispose()
        {
            _input[0].Dispose();
            _output[0].Dispose();
            _options.Dispose();
            _session.Dispose();
        }
    }
}
