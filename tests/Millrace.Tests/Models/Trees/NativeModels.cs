using System.Collections.Concurrent;
using System.Globalization;
using Millrace.Bench.Forests;
using Millrace.Learning.Training.LightGbm;
using Millrace.Tests.House;

namespace Millrace.Tests.Models.Trees;

/// <summary>Models trained here by LightGBM's own library, each once per run.</summary>
internal static class NativeModels
{
    private static readonly ConcurrentDictionary<string, Lazy<Model>> Trained = new(StringComparer.Ordinal);

    /// <summary>Name, parameters, iterations, what the data is like.</summary>
    private static readonly (string Name, string Parameters, int Trees, Func<ForestData> Data)[] All =
    [
        ("regression", "objective=regression num_leaves=31", 100, () => ForestData.Make(1, 1_500, 12, 0.1)),
        ("one stump", "objective=regression num_leaves=2", 1, () => ForestData.Make(2, 500, 4)),
        ("no split", "objective=regression num_leaves=31 min_data_in_leaf=400", 3, () => ForestData.Make(3, 500, 4)),
        ("1,000 small trees", "objective=regression num_leaves=4 learning_rate=0.02", 1_000, () => ForestData.Make(4, 600, 8, 0.05)),
        ("255 leaves", "objective=regression num_leaves=255 min_data_in_leaf=2", 30, () => ForestData.Make(5, 4_000, 10, 0.05)),
        ("256 leaves", "objective=regression num_leaves=256 min_data_in_leaf=1 min_sum_hessian_in_leaf=0", 3, () => ForestData.Make(6, 3_000, 10)),
        ("400 leaves", "objective=regression num_leaves=400 min_data_in_leaf=1 min_sum_hessian_in_leaf=0", 5, () => ForestData.Make(7, 3_000, 10, 0.05, 2)),
        ("l1", "objective=regression_l1 num_leaves=15", 20, () => ForestData.Make(8, 1_000, 8, 0.1)),
        ("huber", "objective=huber num_leaves=15", 20, () => ForestData.Make(9, 1_000, 8, 0.1)),
        ("fair", "objective=fair num_leaves=15", 20, () => ForestData.Make(10, 1_000, 8)),
        ("poisson", "objective=poisson num_leaves=31", 30, () => ForestData.Make(11, 1_000, 8, 0.1, 1)),
        ("quantile", "objective=quantile alpha=0.8 num_leaves=31", 20, () => ForestData.Make(12, 1_000, 8, 0.1)),
        ("mape", "objective=mape num_leaves=15", 20, () => ForestData.Make(13, 1_000, 8)),
        ("gamma", "objective=gamma num_leaves=15", 20, () => Positive(ForestData.Make(14, 1_000, 8))),
        ("tweedie", "objective=tweedie num_leaves=15", 20, () => ForestData.Make(15, 1_000, 8)),
        ("square roots", "objective=regression reg_sqrt=true num_leaves=31", 30, () => ForestData.Make(16, 1_000, 8)),
        ("binary", "objective=binary sigmoid=0.7 num_leaves=63", 50, () => ForestData.Make(17, 2_000, 12, 0.1, 3, 2)),
        ("binary, no average", "objective=binary boost_from_average=false num_leaves=31", 30, () => ForestData.Make(18, 1_000, 12, 0.3, 0, 2)),
        ("zero as missing", "objective=binary zero_as_missing=true num_leaves=31", 40, () => ForestData.Make(19, 1_500, 12, 0.1, 0, 2)),
        ("missing unused", "objective=regression use_missing=false num_leaves=31", 30, () => ForestData.Make(20, 1_500, 12, 0.1)),
        ("categories", "objective=regression num_leaves=63 max_cat_threshold=32", 40, () => ForestData.Make(21, 2_000, 8, 0.1, 6)),
        ("cross entropy", "objective=cross_entropy num_leaves=15", 20, () => ForestData.Make(22, 1_000, 8, 0.1, 0, 2)),
        ("cross entropy lambda", "objective=cross_entropy_lambda num_leaves=15", 20, () => ForestData.Make(23, 1_000, 8, 0.1, 0, 2)),
        ("multiclass", "objective=multiclass num_class=5 num_leaves=15", 20, () => ForestData.Make(24, 1_500, 10, 0.1, 2, 5)),
        ("multiclass, one against all", "objective=multiclassova num_class=3 num_leaves=15", 20, () => ForestData.Make(25, 1_500, 10, 0.1, 0, 3)),
        ("lambdarank", "objective=lambdarank num_leaves=31", 50, () => ForestData.Make(26, 2_000, 12, 0.1, 0, 5)),
        ("rank xendcg", "objective=rank_xendcg num_leaves=15", 20, () => ForestData.Make(27, 2_000, 12, 0.1, 2, 5)),
        ("random forest", "objective=regression boosting=rf bagging_freq=1 bagging_fraction=0.7 num_leaves=31", 25, () => ForestData.Make(28, 1_000, 8, 0.1)),
        ("random forest, binary", "objective=binary boosting=rf bagging_freq=1 bagging_fraction=0.7 num_leaves=31", 25, () => ForestData.Make(29, 1_000, 8, 0.1, 1, 2)),
        ("dart", "objective=binary boosting=dart num_leaves=31", 40, () => ForestData.Make(30, 1_000, 8, 0.1, 0, 2)),
        ("many thresholds", "objective=regression num_leaves=63 max_bin=4000 min_data_in_bin=1 min_data_in_leaf=2", 60, () => ForestData.Make(31, 4_000, 3, 0.05)),
        ("ltr", "objective=lambdarank num_leaves=31 min_data_in_leaf=50 min_sum_hessian_in_leaf=5", 100, () => Ltr("rank.train")),
    ];

    internal static IEnumerable<string> Names => All.Select(static model => model.Name);

    internal static Model Get(string name)
    {
        Assert.SkipWhen(LightGbmLibrary.Absence is not null, LightGbmLibrary.Absence ?? "");
        Assert.SkipWhen(name == "ltr" && RepositoryRoot.SharedData is null, "the folder of real data is not beside the checkout");
        return Trained.GetOrAdd(name, static name => new(() => Train(name))).Value;
    }

    /// <summary>The ranking example of LightGBM, whose files are svmlight.</summary>
    internal static ForestData Ltr(string file)
    {
        const int Columns = 301;
        string path = Path.Combine(RepositoryRoot.SharedData!, "ltr", file);
        var rows = new List<float>();
        var labels = new List<float>();
        foreach (string line in File.ReadLines(path))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            labels.Add(Number(words[0]));
            var row = new float[Columns];
            foreach (string[] pair in words.Skip(1).Select(static word => word.Split(':'))) row[int.Parse(pair[0], CultureInfo.InvariantCulture)] = Number(pair[1]);
            rows.AddRange(row);
        }

        return new(Columns, [.. rows], [.. labels], [.. File.ReadLines(path + ".query").Select(static line => int.Parse(line, CultureInfo.InvariantCulture))]);

        static float Number(string text) => float.Parse(text, CultureInfo.InvariantCulture);
    }

    private static Model Train(string name)
    {
        var (_, parameters, trees, make) = All.Single(model => model.Name == name);
        ForestData data = make();
        int categorical = name switch { "categories" => 6, "binary" => 3, "400 leaves" or "multiclass" or "rank xendcg" => 2, "poisson" or "random forest, binary" => 1, _ => 0 };
        string columns = string.Join(',', Enumerable.Range(data.Columns - categorical, categorical));
        string text = ForestTraining.Train(data, trees, categorical > 0 ? $"{parameters} categorical_feature={columns}" : parameters);
        return new Model(text, name == "ltr" ? Ltr("rank.test") : Probe(data));
    }

    /// <summary>The training rows, some with values on the edges of what a float and a category can be.</summary>
    private static ForestData Probe(ForestData data)
    {
        float[] edges = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, 0, -0f, 1e-35f, -1e-35f, 1e-36f, -1e-36f, float.Epsilon, float.MaxValue, float.MinValue, -0.5f, 39.9f, 1e10f, -7];
        float[] rows = [.. data.Rows];
        for (int i = 0, at = 0; at < rows.Length; i++, at += 13) rows[at] = i % 2 == 0 ? rows[at] : edges[i / 2 % edges.Length];
        int count = Math.Min(600, data.Labels.Length);
        return data with { Rows = rows[..(count * data.Columns)], Labels = data.Labels[..count] };
    }

    private static ForestData Positive(ForestData data) => data with { Labels = [.. data.Labels.Select(static label => label + 0.1f)] };

    /// <summary>A text model and rows to score by it.</summary>
    internal sealed record Model(string Text, ForestData Data)
    {
        internal int Rows => Data.Labels.Length;
    }
}
