using System.Globalization;
using System.Text;
using Millrace.Learning.Training.LightGbm;
using Millrace.Models.Trees;

namespace Millrace.Bench.Forests;

/// <summary>Small models with rows and LightGBM's own scores as bits, so that equality can be tested where its library is missing: what tests hold in Golden/.</summary>
internal static class GoldenModels
{
    private const int Columns = 6;
    private const int Rows = 40;

    private static readonly (string Name, string Parameters, int Classes)[] All =
    [
        ("regression", "objective=regression categorical_feature=5", 0),
        ("binary-zero-as-missing", "objective=binary zero_as_missing=true", 2),
        ("multiclass", "objective=multiclass num_class=3", 3),
        ("random-forest", "objective=regression boosting=rf bagging_freq=1 bagging_fraction=0.7", 0),
        ("poisson-no-missing", "objective=poisson use_missing=false", 0),
        ("lambdarank", "objective=lambdarank", 3),
    ];

    /// <summary>Writes NAME.txt, the model, and NAME.scores: per line a row, its raw scores and its predictions, each the hexadecimal bits of floats and doubles.</summary>
    internal static int Write(string directory)
    {
        if (LightGbmLibrary.Absence is { } absence)
        {
            Console.WriteLine($"skipped: {absence}");
            return 77;
        }

        foreach (var (name, parameters, classes) in All)
        {
            ForestData data = ForestData.Make(77, 400, Columns, missing: 0.1, categorical: 1, classes);
            string model = ForestTraining.Train(data, 6, $"{parameters} num_leaves=9");
            File.WriteAllText(Path.Combine(directory, name + ".txt"), model);
            File.WriteAllLines(Path.Combine(directory, name + ".scores"), Lines(model, data.Rows.AsSpan(0, Rows * Columns)));
        }

        return 0;
    }

    private static List<string> Lines(string model, ReadOnlySpan<float> rows)
    {
        int classes = LightGbmText.Read(Encoding.UTF8.GetBytes(model)).Classes;
        using LightGbmBooster booster = LightGbmBooster.Load(model);
        var raw = new double[Rows * classes];
        var predicted = new double[Rows * classes];
        booster.Predict(rows, Columns, LightGbmOutput.Raw, raw);
        booster.Predict(rows, Columns, LightGbmOutput.Transformed, predicted);
        var lines = new List<string>();
        for (int row = 0; row < Rows; row++)
        {
            IEnumerable<string> values = rows.Slice(row * Columns, Columns).ToArray().Select(static value => BitConverter.SingleToUInt32Bits(value).ToString("x8", CultureInfo.InvariantCulture));
            IEnumerable<string> scores = raw.Skip(row * classes).Take(classes).Concat(predicted.Skip(row * classes).Take(classes))
                .Select(static score => BitConverter.DoubleToUInt64Bits(score).ToString("x16", CultureInfo.InvariantCulture));
            lines.Add(string.Join(' ', values.Concat(scores)));
        }

        return lines;
    }
}
