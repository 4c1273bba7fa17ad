using System.Runtime.InteropServices;
using System.Text;
using static Millrace.Learning.Training.LightGbm.LightGbmLibrary;

namespace Millrace.Learning.Training.LightGbm;

/// <summary>A model inside LightGBM's own library.</summary>
internal sealed unsafe class LightGbmBooster : IDisposable
{
    private const int NameBytes = 256;
    private nint _handle;

    private LightGbmBooster(nint handle) => _handle = handle;

    /// <summary>Trees over all classes, by iterations.</summary>
    internal int Iterations
    {
        get
        {
            Check(LGBM_BoosterGetCurrentIteration(_handle, out var iterations));
            return iterations;
        }
    }

    /// <summary>Loads a text model.</summary>
    /// <exception cref="LightGbmException">It is none.</exception>
    internal static LightGbmBooster Load(string model)
    {
        Check(LGBM_BoosterLoadModelFromString(model, out _, out nint handle));
        return new(handle);
    }

    /// <summary>An empty model that learns from <paramref name="data"/>, which must outlive it.</summary>
    internal static LightGbmBooster Create(LightGbmDataset data, string parameters)
    {
        Check(LGBM_BoosterCreate(data.Handle, parameters, out var handle));
        return new(handle);
    }

    /// <summary>Judges each round by these as well; they must outlive it.</summary>
    internal void Validate(LightGbmDataset data) => Check(LGBM_BoosterAddValidData(_handle, data.Handle));

    /// <summary>Puts the trees of <paramref name="first"/> before its own; the scores of the datasets are to hold them already.</summary>
    internal void Prepend(LightGbmBooster first) => Check(LGBM_BoosterMerge(_handle, first._handle));

    internal void Reset(string parameters) => Check(LGBM_BoosterResetParameter(_handle, parameters));

    /// <summary>One round of boosting.</summary>
    /// <returns>Whether another could add something.</returns>
    internal bool Update()
    {
        Check(LGBM_BoosterUpdateOneIter(_handle, out int finished));
        return finished == 0;
    }

    /// <summary>The names of what <see cref="Evaluate"/> says, in its order.</summary>
    internal string[] Metrics()
    {
        Check(LGBM_BoosterGetEvalCounts(_handle, out var count));
        var text = new byte[Math.Max(1, count) * NameBytes];
        fixed (byte* start = text)
        {
            var names = stackalloc byte*[Math.Max(1, count)];
            for (var i = 0; i < count; i++) names[i] = start + (i * NameBytes);
            Check(LGBM_BoosterGetEvalNames(_handle, count, out _, NameBytes, out _, names));
            var result = new string[count];
            for (var i = 0; i < count; i++) result[i] = Marshal.PtrToStringUTF8((nint)names[i])!;
            return result;
        }
    }

    /// <summary>The metrics after the rounds so far.</summary>
    /// <param name="dataset">0 is what it learns from, 1 the first that it is judged by.</param>
    /// <param name="count">How many metrics there are.</param>
    internal double[] Evaluate(int dataset, int count)
    {
        var values = new double[count];
        fixed (double* start = values)
        {
            Check(LGBM_BoosterGetEval(_handle, dataset, out _, start));
        }

        return values;
    }

    /// <summary>By feature, how often trees split on it, or what the splits gained.</summary>
    internal double[] Importance(bool gain, int iterations, int features)
    {
        var values = new double[features];
        fixed (double* start = values)
        {
            Check(LGBM_BoosterFeatureImportance(_handle, iterations, gain ? 1 : 0, start));
        }

        return values;
    }

    /// <summary>Scores rows on one thread; row by row, class by class, as the library lays them out.</summary>
    internal void Predict(ReadOnlySpan<float> rows, int columns, LightGbmOutput kind, Span<double> result)
    {
        fixed (float* data = rows)
        fixed (double* scores = result)
        {
            Check(LGBM_BoosterPredictForMat(
                _handle, data, LightGbmDataset.Float32, rows.Length / columns, columns, 1, (int)kind, 0, -1, "num_threads=1", out long length, scores));
            if (length != result.Length) throw new InvalidOperationException($"LightGBM wrote {length} numbers, not {result.Length}.");
        }
    }

    /// <summary>The text model.</summary>
    /// <param name="iterations">Of how many rounds; -1 for all.</param>
    internal string Save(int iterations = -1)
    {
        var text = new byte[1 << 16];
        while (true)
        {
            fixed (byte* start = text)
            {
                Check(LGBM_BoosterSaveModelToString(_handle, 0, iterations, 0, text.Length, out long needed, start));
                if (needed <= text.Length) return Encoding.UTF8.GetString(text, 0, (int)needed - 1);
                text = new byte[needed];
            }
        }
    }

    public void Dispose()
    {
        if (_handle != 0) _ = LGBM_BoosterFree(_handle);
        _handle = 0;
    }
}
