using System.Runtime.InteropServices;

namespace Millrace.Bench.Forests;

/// <summary>The C API of LightGBM's own library, as far as it trains and scores: the truth that our scorer is compared with.</summary>
internal static unsafe partial class LightGbmLibrary
{
    private const string Name = "lib_lightgbm";

    /// <summary>Why it cannot be loaded here, or null: it needs the OpenMP runtime (Debian: libgomp1) and exists for x64 only.</summary>
    internal static string? Absence { get; } = Load();

    internal static void Check(int result)
    {
        if (result != 0) throw new InvalidOperationException($"LightGBM: {Marshal.PtrToStringUTF8(LGBM_GetLastError())}");
    }

    [LibraryImport(Name)]
    internal static partial nint LGBM_GetLastError();

    [LibraryImport(Name)]
    internal static partial int LGBM_RegisterLogCallback(delegate* unmanaged<nint, void> callback);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int LGBM_DatasetCreateFromMat(void* data, int dataType, int rows, int columns, int rowMajor, string parameters, nint reference, out nint dataset);

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
    internal static partial int LGBM_BoosterUpdateOneIter(nint booster, out int finished);

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
