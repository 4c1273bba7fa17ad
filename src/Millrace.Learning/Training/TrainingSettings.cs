using System.Collections.Immutable;
using System.Globalization;

namespace Millrace.Learning.Training;

/// <summary>What a training is told. Names and defaults are LightGBM's where it has one.</summary>
internal sealed record TrainingSettings
{
    /// <summary>LightGBM's: binary, lambdarank, regression, …</summary>
    public required string Objective { get; init; }

    /// <summary>The most trees.</summary>
    public int Rounds { get; init; } = 100;

    /// <summary>Stops when the metric has not become better for so many trees; 0 for never.</summary>
    public int EarlyStopping { get; init; }

    /// <summary>The metric that stops, as LightGBM writes it (ndcg@3); null for the first.</summary>
    public string? StopMetric { get; init; }

    public LearningRate Rate { get; init; } = new(0.1);

    public int Seed { get; init; } = 1;

    /// <summary>More threads than cores that are free are slower, not faster: OpenMP spins (docs/results/training.md).</summary>
    public int Threads { get; init; } = 1;

    /// <summary>A killed training goes on at the last whole number of so many trees; 0 for none.</summary>
    public int CheckpointEvery { get; init; } = 50;

    /// <summary>Features whose values name categories.</summary>
    public ImmutableArray<string> Categorical { get; init; } = [];

    /// <summary>By feature, 1 where the score may only rise with it, −1 where only fall.</summary>
    public ImmutableSortedDictionary<string, int> Monotone { get; init; } = ImmutableSortedDictionary<string, int>.Empty;

    /// <summary>Other parameters of LightGBM by their own names.</summary>
    public ImmutableSortedDictionary<string, string> Other { get; init; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    internal bool Ranks => Objective is "lambdarank" or "rank_xendcg";

    // Bins of one column would lie beside those that LightGBM bundles only where it saw that they never meet; a search changes leaves, and rows that were dropped for few would stay so.
    private static readonly string[] Fixed = ["deterministic=true", "force_row_wise=true", "feature_pre_filter=false", "verbosity=-1"];

    private static readonly string[] BagShares = ["bagging_fraction", "pos_bagging_fraction", "neg_bagging_fraction"];

    // What is fixed, what has a setting of its own, and what would read or write files behind our back.
    private static readonly string[] Taken =
    [
        "objective", "num_iterations", "learning_rate", "seed", "num_threads", "deterministic", "force_row_wise", "force_col_wise", "feature_pre_filter", "verbosity", "categorical_feature",
        "monotone_constraints", "data", "valid", "input_model", "output_model", "output_result", "snapshot_freq", "task", "machines", "machine_list_filename", "device_type", "early_stopping_round",
        "forcedsplits_filename", "forcedbins_filename", "save_binary", "linear_tree",
    ];

    /// <summary>LightGBM's parameters of a training on these features, in an order that does not vary.</summary>
    /// <exception cref="TrainingException">A setting is not possible.</exception>
    internal string Text(ImmutableArray<string> features)
    {
        var parts = new List<string>(Fixed)
        {
            $"objective={Value("objective", Objective)}",
            Number($"num_threads={Threads}"),
            Number($"seed={Seed}"),
            Number($"learning_rate={Rate.At(0)}"),
        };
        if (!Categorical.IsEmpty)
        {
            parts.Add($"categorical_feature={string.Join(',', Categorical.Select(name => Place(features, name)).Order())}");
        }

        if (!Monotone.IsEmpty)
        {
            foreach (var name in Monotone.Keys) Place(features, name);
            parts.Add($"monotone_constraints={string.Join(',', features.Select(name => Monotone.GetValueOrDefault(name)))}");
        }

        parts.AddRange(Other.Select(pair => Taken.Contains(pair.Key, StringComparer.Ordinal)
            ? throw new TrainingException($"the parameter '{pair.Key}' is not taken: it is fixed here, or has an option of its own")
            : $"{Value("parameter", pair.Key)}={Value(pair.Key, pair.Value)}"));
        return string.Join(' ', parts);
    }

    /// <summary>The draws of the trees from <paramref name="segment"/> on, where LightGBM draws at all; null where it does not.</summary>
    internal string? Reseed(int segment)
    {
        var seed = Seed + (segment * 7919);
        return Draws ? Number($"bagging_seed={seed + 1} feature_fraction_seed={seed + 2} extra_seed={seed + 3} objective_seed={seed + 4}") : null;
    }

    /// <summary>
    /// The share of bags as given, and a hair less: LightGBM begins the draws of bags anew only when something of bagging changes. Null where there are no bags. To switch bagging off and on
    /// instead reads what was never written: one training in ten came out otherwise (docs/results/training.md).
    /// </summary>
    internal (string Given, string Nudged)? BagShare()
    {
        foreach (var name in Other.ContainsKey("bagging_freq") ? BagShares : [])
        {
            if (Other.TryGetValue(name, out var text) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var share) && share is > 0 and < 1)
            {
                return ($"{name}={text}", Number($"{name}={share * 0.9999}"));
            }
        }

        return null;
    }

    private bool Draws => Other.Keys.Any(key => key is "bagging_freq" or "feature_fraction" or "feature_fraction_bynode" or "extra_trees") || Objective == "rank_xendcg";

    private static int Place(ImmutableArray<string> features, string name) =>
        features.IndexOf(name) is >= 0 and var place ? place : throw new TrainingException($"there is no feature '{name}'");

    // LightGBM separates parameters by white space: a value with some would be two.
    private static string Value(string what, string value) =>
        value.Length > 0 && !value.Any(c => char.IsWhiteSpace(c) || c is '=' or '#') ? value : throw new TrainingException($"{what}: '{value}' has white space, '=' or '#', or is empty");

    private static string Number(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
