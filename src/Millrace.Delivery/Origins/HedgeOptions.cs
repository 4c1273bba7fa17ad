namespace Millrace.Delivery.Origins;

/// <summary>
/// Hedged requests (Dean and Barroso, "The Tail at Scale", 2013): when a safe request has no answer after the group's own high quantile, a second member is
/// asked; the first head wins and the other request is cancelled.
/// </summary>
public sealed record HedgeOptions
{
    /// <summary>The quantile of the group's time to the head after which to ask.</summary>
    public double Quantile { get; init; } = 0.95;

    /// <summary>Never earlier than this, and this while too little is known.</summary>
    public TimeSpan MinDelay { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>Hedges per request over time: the price in load.</summary>
    public double Share { get; init; } = 0.05;

    /// <summary>Hedges in a burst.</summary>
    public int Burst { get; init; } = 10;

    internal void Check(OptionFaults faults)
    {
        faults.Unless(Quantile is >= 0.5 and < 1, "hedge.quantile", "0.5 to below 1");
        faults.UnlessTime(MinDelay, "hedge.minDelay");
        faults.UnlessShare(Share, "hedge.share");
        faults.Unless(Burst is >= 1 and <= 10_000, "hedge.burst", "1 to 10000");
    }
}
