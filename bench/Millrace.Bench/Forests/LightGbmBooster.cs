using System.Text;
using static Millrace.Bench.Forests.LightGbmLibrary;

namespace Millrace.Bench.Forests;

/// <summary>What <see cref="LightGbmBooster"/> computes per row; the numbers are the C API's.</summary>
internal enum LightGbmOutput
{
    Transformed = 0,
    Raw = 1,
    Contributions = 3,
}

/// <summary>A model inside LightGBM's own library.</summary>
internal sealed unsafe class LightGbmBooster : IDisposable
{
    private const int Float32 = 0;
    private const int Float64 = 1;
    private const int Int32 = 2;
    private nint _handle;

    private LightGbmBooster(nint handle) => _handle = handle;

    /// <summary>Loads a text model.</summary>
    internal static LightGbmBooster Load(string model)
    {
        Check(LGBM_BoosterLoadModelFromString(model, out _, out nint handle));
        return new(handle);
    }

    /// <summary>Trains on one thread, deterministically, and returns the text model.</summary>
    /// <param name="data">What to learn from.</param>
    /// <param name="iterations">Rounds of boosting.</param>
    /// <param name="parameters">LightGBM's own, separated by spaces.</param>
    internal static string Train(ForestData data, int iterations, string parameters)
    {
        string all = $"num_threads=1 deterministic=true force_row_wise=true verbosity=-1 min_data_per_group=5 cat_smooth=1 {parameters}";
        nint dataset = 0;
        nint booster = 0;
        try
        {
            fixed (float* rows = data.Rows, labels = data.Labels, weights = data.Weights)
            fixed (double* starts = data.Starts)
            fixed (int* groups = data.Groups)
            {
                Check(LGBM_DatasetCreateFromMat(rows, Float32, data.Labels.Length, data.Columns, 1, all, 0, out dataset));
                Check(LGBM_DatasetSetField(dataset, "label", labels, data.Labels.Length, Float32));
                if (data.Weights.Length > 0) Check(LGBM_DatasetSetField(dataset, "weight", weights, data.Weights.Length, Float32));
                if (data.Starts.Length > 0) Check(LGBM_DatasetSetField(dataset, "init_score", starts, data.Starts.Length, Float64));
                if (data.Names.Length > 0) Check(LGBM_DatasetSetFeatureNames(dataset, data.Names, data.Names.Length));
                if (data.Groups.Length > 0) Check(LGBM_DatasetSetField(dataset, "group", groups, data.Groups.Length, Int32));
            }

            Check(LGBM_BoosterCreate(dataset, all, out booster));
            for (int i = 0; i < iterations; i++)
            {
                Check(LGBM_BoosterUpdateOneIter(booster, out int finished));
                if (finished != 0) break;
            }

            return Save(booster);
        }
        finally
        {
            if (booster != 0) _ = LGBM_BoosterFree(booster);
            if (dataset != 0) _ = LGBM_DatasetFree(dataset);
        }
    }

    /// <summary>Scores rows on one thread; row by row, class by class, as the library lays them out.</summary>
    internal void Predict(ReadOnlySpan<float> rows, int columns, LightGbmOutput kind, Span<double> result)
    {
        fixed (float* data = rows)
        fixed (double* scores = result)
        {
            Check(LGBM_BoosterPredictForMat(_handle, data, Float32, rows.Length / columns, columns, 1, (int)kind, 0, -1, "num_threads=1", out long length, scores));
            if (length != result.Length) throw new InvalidOperationException($"LightGBM wrote {length} numbers, not {result.Length}.");
        }
    }

    public void Dispose()
    {
        if (_handle != 0) _ = LGBM_BoosterFree(_handle);
        _handle = 0;
    }

    private static string Save(nint booster)
    {
        var text = new byte[1 << 16];
        while (true)
        {
            fixed (byte* start = text)
            {
                Check(LGBM_BoosterSaveModelToString(booster, 0, -1, 0, text.Length, out long needed, start));
                if (needed <= text.Length) return Encoding.UTF8.GetString(text, 0, (int)needed - 1);
                text = new byte[needed];
            }
        }
    }
}
