using System.Runtime.Intrinsics;

namespace Millrace.Models.Trees;

/// <summary>How many rows one instruction compares. Every level gives the same bits.</summary>
public enum SimdLevel
{
    /// <summary>One row at a time, down each tree.</summary>
    Scalar,

    /// <summary>32 rows: AVX2, or two halves of NEON.</summary>
    Vector256,

    /// <summary>64 rows: AVX-512.</summary>
    Vector512,
}

/// <summary>What this machine has.</summary>
public static class SimdLevels
{
    /// <summary>The highest level that runs in hardware here.</summary>
    public static SimdLevel Best { get; } =
        Vector512.IsHardwareAccelerated ? SimdLevel.Vector512 : Vector128.IsHardwareAccelerated ? SimdLevel.Vector256 : SimdLevel.Scalar;
}
