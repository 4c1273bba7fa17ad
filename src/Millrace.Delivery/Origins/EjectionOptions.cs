namespace Millrace.Delivery.Origins;

/// <summary>
/// Outlier ejection: a member is compared with the others over the last interval, and left out for a time that grows with each repetition. What they all
/// do alike ejects nobody. After Envoy's outlier detection, with latency beside errors.
/// </summary>
public sealed record EjectionOptions
{
    /// <summary>Failures in a row (no usable response, or 500, 502, 503, 504) that eject at once; 0 for never. Envoy: 5.</summary>
    public int ConsecutiveFailures { get; init; } = 5;

    /// <summary>The share of failures from which a member is an outlier, if it also stands out from the others by four standard errors. 0 for never.</summary>
    public double FailureShare { get; init; } = 0.2;

    /// <summary>How many times the median of the members' 95th percentiles (time to the head) a member's own must be. 0 for never.</summary>
    public double LatencyFactor { get; init; } = 3;

    /// <summary>No member is ejected for a 95th percentile below this: three times next to nothing is nothing.</summary>
    public TimeSpan LatencyFloor { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>How often shares and latencies are judged. Envoy: 10 s.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Requests that a member must have had within the interval to be judged. Envoy: 100; half of it still gives a 95th percentile.</summary>
    public int MinRequests { get; init; } = 50;

    /// <summary>The first ejection's time; the nth lasts n times as long, up to <see cref="MaxTime"/>. Envoy: 30 s and 300 s.</summary>
    public TimeSpan Time { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest ejection.</summary>
    public TimeSpan MaxTime { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>The share of members that may be out at once. The last is never ejected.</summary>
    public double MaxShare { get; init; } = 0.5;

    /// <summary>Over how long a member that returns comes back to its full weight, beginning at a tenth.</summary>
    public TimeSpan Readmission { get; init; } = TimeSpan.FromSeconds(30);

    internal void Check(OptionFaults faults)
    {
        faults.Unless(ConsecutiveFailures is >= 0 and <= 10_000, "ejection.consecutiveFailures", "0 to 10000");
        faults.UnlessShare(FailureShare, "ejection.failureShare");
        faults.Unless(LatencyFactor is 0 or (>= 1.1 and <= 1000), "ejection.latencyFactor", "0, or 1.1 to 1000");
        faults.UnlessTime(LatencyFloor, "ejection.latencyFloor");
        faults.UnlessTime(Interval, "ejection.interval");
        faults.Unless(MinRequests is >= 5 and <= 1_000_000, "ejection.minRequests", "5 to 1000000");
        faults.UnlessTime(Time, "ejection.time");
        faults.UnlessTime(MaxTime, "ejection.maxTime");
        faults.UnlessShare(MaxShare, "ejection.maxShare");
        faults.UnlessTime(Readmission, "ejection.readmission");
    }
}
