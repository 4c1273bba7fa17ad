using Millrace.Learning.Training.LightGbm;

namespace Millrace.Bench.Forests;

/// <summary>Forests of rows that are in memory, for tests and benchmarks.</summary>
internal static class ForestTraining
{
    /// <summary>Trains on one thread, deterministically, and returns the text model.</summary>
    /// <param name="data">What to learn from.</param>
    /// <param name="iterations">Rounds of boosting.</param>
    /// <param name="parameters">LightGBM's own, separated by spaces.</param>
    internal static string Train(ForestData data, int iterations, string parameters)
    {
        string all = $"num_threads=1 deterministic=true force_row_wise=true verbosity=-1 min_data_per_group=5 cat_smooth=1 {parameters}";
        using var dataset = LightGbmDataset.FromMatrix(data.Rows, data.Columns, all);
        dataset.Label(data.Labels);
        if (data.Weights.Length > 0) dataset.Weigh(data.Weights);
        if (data.Starts.Length > 0) dataset.StartFrom(data.Starts);
        if (data.Names.Length > 0) dataset.Name(data.Names);
        if (data.Groups.Length > 0) dataset.Group(data.Groups);
        using var booster = LightGbmBooster.Create(dataset, all);
        for (int i = 0; i < iterations && booster.Update(); i++)
        {
        }

        return booster.Save();
    }
}
