using System.Runtime.InteropServices;

namespace Millrace.Learning.Training.LightGbm;

/// <summary>The C API of LightGBM's own library, as far as we train with it and compare our scorer with it.</summary>
internal static unsafe partial class LightGbmLibrary
{
    /// <summary>The version that Directory.Packages.props pins; the library does not say its own. A test holds the two together.</summary>
    internal const string Version = "4.7.0";

    private const string Name = "lib_lightgbm";

    /// <summary>Why it cannot be loaded here, or null: it needs the OpenMP runtime (Debian: libgomp1) and exists for x64 only.</summary>
    internal static string? Absence { get; } = Load();

    /// <exception cref="LightGbmException">The call failed.</exception>
    internal static void Check(int result)
    {
        if (result != 0) throw new LightGbmException(Marshal.PtrToStringUTF8(LGBM_GetLastError()) ?? "no reason given");
    }

    [LibraryImport(Name)]
    internal static partial nint LGBM_GetLastError();

    [LibraryImport(Name)]
    internal static partial int LGBM_RegisterLogCallback(delegate* unmanaged<nint, void> callback);

    [LibraryImport(Name)]
    internal static partial int LGBM_SetMaxThreads(int threads);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int LGBM_DatasetCreateFromMat(void* data, int dataType, int rows, int columns, int rowMajor, string parameters, nint reference, out nint dataset);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int LGBM_DatasetCreateFromFile(string file, string parameters, nint reference, out nint dataset);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int LGBM_DatasetCreateFromSampledColumn(
        double** values, int** indices, int columns, int* counts, int sampled, int localRows, long allRows, string parameters, out nint dataset);

    [LibraryImport(Name)]
    internal static partial int LGBM_DatasetCreateByReference(nint reference, long rows, out nint dataset);

    [LibraryImport(Name)]
    internal static partial int LGBM_DatasetPushRows(nint dataset, void* data, int dataType, int rows, int columns, int start);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int LGBM_DatasetSetField(nint dataset, string field, void* data, int count, int dataType);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int LGBM_DatasetSetFeatureNames(nint dataset, string[] names, int count);

    [LibraryImport(Name)]
    internal static partial int LGBM_DatasetFree(nint dataset);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int LGBM_BoosterCreate(nint dataset, string parameters, out nint booster);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int LGBM_BoosterLoadModelFromString(string model, out int iterations, out nint booster);

    [LibraryImport(Name)]
    internal static partial int LGBM_BoosterAddValidData(nint booster, nint dataset);

    [LibraryImport(Name)]
    internal static partial int LGBM_BoosterMerge(nint booster, nint other);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int LGBM_BoosterResetParameter(nint booster, string parameters);

    [LibraryImport(Name)]
    internal static partial int LGBM_BoosterUpdateOneIter(nint booster, out int finished);

    [LibraryImport(Name)]
    internal static partial int LGBM_BoosterGetCurrentIteration(nint booster, out int iterations);

    [LibraryImport(Name)]
    internal static partial int LGBM_BoosterGetEvalCounts(nint booster, out int count);

    [LibraryImport(Name)]
    internal static partial int LGBM_BoosterGetEvalNames(nint booster, int count, out int written, nuint size, out nuint needed, byte** names);

    [LibraryImport(Name)]
    internal static partial int LGBM_BoosterGetEval(nint booster, int dataset, out int count, double* values);

    [LibraryImport(Name)]
    internal static partial int LGBM_BoosterFeatureImportance(nint booster, int iterations, int kind, double* values);

    [LibraryImport(Name)]
    internal static partial int LGBM_BoosterSaveModelToString(nint booster, int start, int iterations, int importance, long length, out long needed, byte* text);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int LGBM_BoosterPredictForMat(
        nint booster, void* data, int dataType, int rows, int columns, int rowMajor, int kind, int start, int iterations, string parameters, out long length, double* result);

    [LibraryImport(Name)]
    internal static partial int LGBM_BoosterFree(nint booster);

    private static string? Load()
    {
        try
        {
            Check(LGBM_RegisterLogCallback(&Ignore));
            return null;
        }
        catch (DllNotFoundException fault)
        {
            return $"LightGBM's library does not load here (on Debian it needs libgomp1): {fault.Message.Split('\n')[0]}";
        }
    }

    [UnmanagedCallersOnly]
    private static void Ignore(nint message)
    {
    }
}
