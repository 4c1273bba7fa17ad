namespace Millrace.Delivery.Origins;

/// <summary>
/// How much may be asked again: a bucket fills with a share of a token per request and gives one per retry, so that an outage is not answered by a
/// multiple of the load. Only safe requests without a body are repeated, on another member.
/// </summary>
public sealed record RetryOptions
{
    /// <summary>Retries of one request at most.</summary>
    public int Max { get; init; } = 1;

    /// <summary>Retries per request over time. Envoy's and Finagle's budgets: 20 %.</summary>
    public double Share { get; init; } = 0.2;

    /// <summary>Tokens that the bucket holds: retries in a burst after quiet times. It begins full.</summary>
    public int Burst { get; init; } = 10;

    internal void Check(OptionFaults faults)
    {
        faults.Unless(Max is >= 0 and <= 5, "retry.max", "0 to 5");
        faults.UnlessShare(Share, "retry.share");
        faults.Unless(Burst is >= 1 and <= 10_000, "retry.burst", "1 to 10000");
    }
}
