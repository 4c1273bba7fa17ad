using System.Diagnostics;

namespace Millrace.Soak;

/// <summary>Milliseconds since the run began: one clock for the origin's versions, the clients and the oracle.</summary>
internal sealed class RunClock
{
    private readonly long _began = Stopwatch.GetTimestamp();

    public DateTimeOffset Began { get; } = DateTimeOffset.UtcNow;

    public double Now => Stopwatch.GetElapsedTime(_began).TotalMilliseconds;

    public DateTimeOffset AtUtc(double milliseconds) => Began.AddMilliseconds(milliseconds);
}
