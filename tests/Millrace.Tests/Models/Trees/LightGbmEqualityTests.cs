using System.Text;
using Millrace.Bench.Forests;
using Millrace.Learning.Training.LightGbm;
using Millrace.Models.Trees;

namespace Millrace.Tests.Models.Trees;

/// <summary>Our scores beside those of LightGBM's own library, over its objectives and every SIMD level (those that this machine lacks run in software).</summary>
public sealed class LightGbmEqualityTests
{
    private const int MostUlps = 2;

    public static TheoryData<string> Models => [.. NativeModels.Names];

    [Theory]
    [MemberData(nameof(Models))]
    public void Raw_scores_are_LightGBMs_bit_for_bit_on_every_level(string name)
    {
        var model = NativeModels.Get(name);
        Forest forest = Read(model);
        double[] native = Native(model, forest, LightGbmOutput.Raw);
        foreach (var level in Enum.GetValues<SimdLevel>())
        {
            var scorer = new ForestScorer([forest], forest.Features, level);
            Equal(native, Score(scorer.Raw, model, forest.Classes), 0, $"{name}, {level}");
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Predictions_are_LightGBMs_within_two_units_in_the_last_place(string name)
    {
        var model = NativeModels.Get(name);
        Forest forest = Read(model);
        var scorer = new ForestScorer([forest], forest.Features);
        Equal(Native(model, forest, LightGbmOutput.Transformed), Score(scorer.Predict, model, forest.Classes), MostUlps, name);
    }

    [Theory]
    [InlineData("regression")]
    [InlineData("multiclass")]
    [InlineData("400 leaves")]
    public void A_batch_of_any_size_gives_each_row_the_same_bits(string name)
    {
        var model = NativeModels.Get(name);
        Forest forest = Read(model);
        double[] whole = Score(new ForestScorer([forest], forest.Features, SimdLevel.Scalar).Raw, model, forest.Classes);
        int columns = model.Data.Columns;
        foreach (var level in Enum.GetValues<SimdLevel>())
        {
            var scorer = new ForestScorer([forest], forest.Features, level);
            var scratch = new ForestScratch();
            foreach (int count in (int[])[0, 1, 2, 3, 4, 5, 31, 32, 33, 63, 64, 65, 255, 256, 257, 300, 511, 513])
            {
                var scores = new double[count * forest.Classes];
                scorer.Raw(model.Data.Rows.AsSpan(0, count * columns), count, scores, scratch);
                for (int row = 0; row < count; row++)
                {
                    for (int at = 0; at < forest.Classes; at++) Assert.Equal(whole[(at * model.Rows) + row], scores[(at * count) + row]);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Contributions_are_LightGBMs_and_add_up_to_the_score(string name)
    {
        var model = NativeModels.Get(name);
        Forest forest = Read(model);
        int rows = Math.Min(30, model.Rows);
        int columns = model.Data.Columns;
        ReadOnlySpan<float> matrix = model.Data.Rows.AsSpan(0, rows * columns);
        var contributions = new ForestContributions(forest, forest.Features);
        var native = new double[rows * contributions.Length];
        using (var booster = LightGbmBooster.Load(model.Text)) booster.Predict(matrix, columns, LightGbmOutput.Contributions, native);
        var raw = new double[rows * forest.Classes];
        new ForestScorer([forest], forest.Features).Raw(matrix, rows, raw, new ForestScratch());
        var own = new double[contributions.Length];
        for (int row = 0; row < rows; row++)
        {
            contributions.Explain(matrix.Slice(row * columns, columns), own);
            for (int i = 0; i < own.Length; i++) Assert.Equal(native[(row * own.Length) + i], own[i], 1e-9);
            for (int at = 0; at < forest.Classes; at++) Assert.Equal(raw[(at * rows) + row], own.AsSpan(at * (columns + 1), columns + 1).ToArray().Sum(), 1e-9);
        }
    }

    [Fact]
    public void A_threshold_written_by_hand_compares_as_in_LightGBM()
    {
        Assert.SkipWhen(LightGbmLibrary.Absence is not null, LightGbmLibrary.Absence ?? "");
        string[] thresholds = ["0", "-0", "1e-40", "-1e-40", "1e-36", "-1e-36", "1.0000000180025095e-35", "-1.0000000180025095e-35", "1.1e-35", "0.1", "0.10000000149011612", "0.10000000149011613", "3.4028235e38", "1e300", "-1e300", "inf"];
        float[] values = [0, -0f, float.Epsilon, -float.Epsilon, 1e-36f, -1e-36f, 1e-35f, -1e-35f, MathF.BitIncrement(1e-35f), MathF.BitDecrement(-1e-35f), 1.1e-35f, 0.1f, MathF.BitIncrement(0.1f), MathF.BitDecrement(0.1f), float.MaxValue, float.MinValue, float.PositiveInfinity, float.NegativeInfinity, float.NaN];
        foreach (string threshold in thresholds)
        {
            for (int decision = 0; decision < 12; decision += 2)
            {
                string text = $"tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx=0\nobjective=regression\nfeature_names=x\nfeature_infos=[0:1]\ntree_sizes=300\n\n"
                    + $"Tree=0\nnum_leaves=2\nnum_cat=0\nsplit_feature=0\nsplit_gain=1\nthreshold={threshold}\ndecision_type={decision}\nleft_child=-1\nright_child=-2\nleaf_value=1 2\nleaf_weight=1 1\nleaf_count=1 1\ninternal_value=0\ninternal_weight=2\ninternal_count=2\nis_linear=0\nshrinkage=1\n\n\nend of trees\n";
                var model = new NativeModels.Model(text, new ForestData(1, values, new float[values.Length], []));
                Forest forest = Read(model);
                double[] native = Native(model, forest, LightGbmOutput.Raw);
                foreach (var level in Enum.GetValues<SimdLevel>())
                {
                    Equal(native, Score(new ForestScorer([forest], forest.Features, level).Raw, model, 1), 0, $"<= {threshold}, decision {decision}, {level}");
                }
            }
        }
    }

    private static Forest Read(NativeModels.Model model) => LightGbmText.Read(Encoding.UTF8.GetBytes(model.Text));

    /// <summary>LightGBM's numbers, laid out as ours.</summary>
    private static double[] Native(NativeModels.Model model, Forest forest, LightGbmOutput kind)
    {
        var native = new double[model.Rows * forest.Classes];
        using (var booster = LightGbmBooster.Load(model.Text)) booster.Predict(model.Data.Rows, model.Data.Columns, kind, native);
        return [.. Enumerable.Range(0, native.Length).Select(at => native[(at % model.Rows * forest.Classes) + (at / model.Rows)])];
    }

    private delegate void Scoring(ReadOnlySpan<float> rows, int count, Span<double> scores, ForestScratch scratch);

    private static double[] Score(Scoring scoring, NativeModels.Model model, int classes)
    {
        var scores = new double[model.Rows * classes];
        scoring(model.Data.Rows, model.Rows, scores, new ForestScratch());
        return scores;
    }

    private static void Equal(double[] expected, double[] actual, long ulps, string what)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            long apart = Math.Abs(BitConverter.DoubleToInt64Bits(expected[i]) - BitConverter.DoubleToInt64Bits(actual[i]));
            Assert.True(apart <= ulps, $"{what}, score {i}: expected {expected[i]:R}; got {actual[i]:R}, {apart} units away");
        }
    }
}
