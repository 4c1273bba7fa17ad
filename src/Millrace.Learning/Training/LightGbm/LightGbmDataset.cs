using static Millrace.Learning.Training.LightGbm.LightGbmLibrary;

namespace Millrace.Learning.Training.LightGbm;

/// <summary>Rows inside LightGBM's own library: a byte or two per value, by the bins of a sample.</summary>
internal sealed unsafe class LightGbmDataset : IDisposable
{
    internal const int Float32 = 0;
    private const int Float64 = 1;
    private const int Int32 = 2;

    private LightGbmDataset(nint handle, int rows) => (Handle, Rows) = (handle, rows);

    internal nint Handle { get; private set; }

    internal int Rows { get; }

    /// <summary>Rows that are in memory whole.</summary>
    internal static LightGbmDataset FromMatrix(ReadOnlySpan<float> rows, int columns, string parameters)
    {
        fixed (float* data = rows)
        {
            Check(LGBM_DatasetCreateFromMat(data, Float32, rows.Length / columns, columns, 1, parameters, 0, out var handle));
            return new(handle, rows.Length / columns);
        }
    }

    /// <summary>Rows of a text file, by LightGBM's own loader: what ours is compared with.</summary>
    internal static LightGbmDataset FromFile(string path, string parameters, int rows)
    {
        Check(LGBM_DatasetCreateFromFile(path, parameters, 0, out var handle));
        return new(handle, rows);
    }

    /// <summary>Room for rows, whose bins a sample of them says.</summary>
    /// <param name="sample">The sample.</param>
    /// <param name="rows">How many rows will be pushed.</param>
    /// <param name="parameters">LightGBM's own, separated by spaces.</param>
    internal static LightGbmDataset FromSample(BinSample sample, int rows, string parameters)
    {
        using var columns = new SampledColumns(sample);
        Check(LGBM_DatasetCreateFromSampledColumn(columns.Values, columns.Indices, columns.Count, columns.Counts, sample.Rows, rows, rows, parameters, out var handle));
        return new(handle, rows);
    }

    /// <summary>Room for rows in the same bins.</summary>
    internal LightGbmDataset Like(int rows)
    {
        Check(LGBM_DatasetCreateByReference(Handle, rows, out var handle));
        return new(handle, rows);
    }

    /// <summary>Puts rows at their places; with the last of them the dataset is complete.</summary>
    internal void Push(ReadOnlySpan<float> rows, int columns, int start)
    {
        fixed (float* data = rows)
        {
            Check(LGBM_DatasetPushRows(Handle, data, Float32, rows.Length / columns, columns, start));
        }
    }

    internal void Name(string[] features) => Check(LGBM_DatasetSetFeatureNames(Handle, features, features.Length));

    internal void Label(ReadOnlySpan<float> labels) => Set("label", labels);

    internal void Weigh(ReadOnlySpan<float> weights) => Set("weight", weights);

    /// <summary>What a forest starts from at each row.</summary>
    internal void StartFrom(ReadOnlySpan<double> scores)
    {
        fixed (double* data = scores)
        {
            Check(LGBM_DatasetSetField(Handle, "init_score", data, scores.Length, Float64));
        }
    }

    /// <summary>Rows per query, for ranking.</summary>
    internal void Group(ReadOnlySpan<int> counts)
    {
        fixed (int* data = counts)
        {
            Check(LGBM_DatasetSetField(Handle, "group", data, counts.Length, Int32));
        }
    }

    public void Dispose()
    {
        if (Handle != 0) _ = LGBM_DatasetFree(Handle);
        Handle = 0;
    }

    private void Set(string field, ReadOnlySpan<float> values)
    {
        fixed (float* data = values)
        {
            Check(LGBM_DatasetSetField(Handle, field, data, values.Length, Float32));
        }
    }
}
