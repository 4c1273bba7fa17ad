using System.Runtime.InteropServices;

namespace Millrace.Bench.Features;

/// <summary>The time that this thread has had of a processor, exact to the microsecond: on a busy machine, the only one that means anything.</summary>
internal static partial class ThreadClock
{
    private const int ThreadProcessorTime = 3;

    /// <summary>Nanoseconds.</summary>
    internal static long Now
    {
        get
        {
            _ = GetTime(ThreadProcessorTime, out var time);
            return (time.Seconds * 1_000_000_000) + time.Nanoseconds;
        }
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out Time time);

    [StructLayout(LayoutKind.Sequential)]
    private struct Time
    {
        internal long Seconds;
        internal long Nanoseconds;
    }
}
