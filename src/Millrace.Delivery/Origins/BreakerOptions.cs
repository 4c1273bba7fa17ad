namespace Millrace.Delivery.Origins;

/// <summary>
/// Circuit breaker of one origin: closed, open when nearly everything fails, half-open when it tries again. It spares requests the wait for an origin
/// that is gone; a member that fails only sometimes is the ejection's business.
/// </summary>
public sealed record BreakerOptions
{
    /// <summary>The share of failures in the window that opens it. 0 for never.</summary>
    public double FailureShare { get; init; } = 0.9;

    /// <summary>Requests that the window must hold.</summary>
    public int MinRequests { get; init; } = 20;

    /// <summary>How far back is counted.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long it stays open before one request at a time tries.</summary>
    public TimeSpan Open { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Tries in a row that must succeed to close it.</summary>
    public int Successes { get; init; } = 2;

    internal void Check(OptionFaults faults)
    {
        faults.UnlessShare(FailureShare, "breaker.failureShare");
        faults.Unless(MinRequests is >= 1 and <= 1_000_000, "breaker.minRequests", "1 to 1000000");
        faults.UnlessTime(Window, "breaker.window");
        faults.UnlessTime(Open, "breaker.open");
        faults.Unless(Successes is >= 1 and <= 100, "breaker.successes", "1 to 100");
    }
}
