using System.Runtime.InteropServices;

namespace Millrace.WorldRuns;

/// <summary>What the processor spent on the calling thread: runs go side by side, and a clock on the wall counts what others do.</summary>
internal static partial class ThreadTime
{
    private const int ThreadClock = 3; // CLOCK_THREAD_CPUTIME_ID

    /// <summary>Since the thread began; zero where the system does not say.</summary>
    public static TimeSpan Now => OperatingSystem.IsLinux() && GetTime(ThreadClock, out var time) == 0
        ? TimeSpan.FromSeconds(time.Seconds) + TimeSpan.FromMicroseconds(time.Nanoseconds / 1_000)
        : TimeSpan.Zero;

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out Time time);

    [StructLayout(LayoutKind.Sequential)]
    private struct Time
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
