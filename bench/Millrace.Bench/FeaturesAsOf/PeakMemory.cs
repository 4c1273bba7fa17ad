using System.Globalization;

namespace Millrace.Bench.FeaturesAsOf;

/// <summary>The most memory that this process had resident, as Linux counts it: of one side where that side runs alone, since what an earlier one keeps counts too.</summary>
internal static class PeakMemory
{
    /// <summary>The peak since <see cref="Restart"/>; 0 where nobody counts it.</summary>
    public static long Mebibytes => File.Exists("/proc/self/status")
        ? File.ReadLines("/proc/self/status").Where(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).Select(line => long.Parse(line[6..^2], NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture) / 1024).FirstOrDefault()
        : 0;

    /// <summary>Counts from what is resident now on (proc(5): clear_refs).</summary>
    public static void Restart()
    {
        if (File.Exists("/proc/self/clear_refs"))
        {
            File.WriteAllText("/proc/self/clear_refs", "5");
        }
    }
}
