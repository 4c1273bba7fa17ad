using System.Globalization;

namespace Millrace.Bench.Features;

/// <summary>The time that this thread has had of a processor: on a busy machine, the only one that means anything.</summary>
internal static class ThreadClock
{
    /// <summary>Nanoseconds.</summary>
    internal static long Now => long.Parse(File.ReadAllText("/proc/thread-self/schedstat").Split(' ')[0], CultureInfo.InvariantCulture);
}
