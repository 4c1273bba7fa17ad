namespace Millrace.World.Run;

/// <summary>How a run went so far.</summary>
public sealed record WorldReport
{
    /// <summary>Since the run began, on the clock.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Everything together; divide by its views for rates per view.</summary>
    public required TrendBin Total { get; init; }

    /// <summary>The series, oldest first; the last bin is still filling.</summary>
    public required IReadOnlyList<TrendBin> Trend { get; init; }

    /// <summary>What one bin of the series covers.</summary>
    public required TimeSpan BinWidth { get; init; }

    /// <summary>Items published.</summary>
    public required long Published { get; init; }

    /// <summary>Events that the system accepted.</summary>
    public required long Events { get; init; }

    /// <summary>Views without a decision.</summary>
    public required long Undecided { get; init; }

    /// <summary>Decisions whose reply said that it was degraded.</summary>
    public required long Degraded { get; init; }

    /// <summary>Items in replies that this world has not published.</summary>
    public required long Strangers { get; init; }

    /// <summary>Visits turned away because too many were under way.</summary>
    public required long TurnedAway { get; init; }

    /// <summary>Bodies asked for.</summary>
    public required long Bodies { get; init; }

    /// <summary>Bodies that a cache answered.</summary>
    public required long Hits { get; init; }

    /// <summary>Bodies that never came.</summary>
    public required long Missing { get; init; }

    /// <summary>Bytes of the bodies that came.</summary>
    public required long BodyBytes { get; init; }

    /// <summary>The median time of the last decisions, as the client saw it.</summary>
    public required TimeSpan DecideMedian { get; init; }

    /// <summary>The 99th percentile of the last decisions.</summary>
    public required TimeSpan Decide99 { get; init; }

    /// <summary>The median time to first byte of the last bodies.</summary>
    public required TimeSpan FirstByteMedian { get; init; }

    /// <summary>When the first decision came; null before.</summary>
    public required TimeSpan? FirstDecision { get; init; }

    /// <summary>When the first decision came that used what its session had done (source <c>similar</c>); null before.</summary>
    public required TimeSpan? FirstPersonalised { get; init; }

    /// <summary>The id of the latest decision; null before the first.</summary>
    public required string? LastDecision { get; init; }

    /// <summary>Hits per body that came, 0..1.</summary>
    public double HitRatio => Bodies > Missing ? (double)Hits / (Bodies - Missing) : 0;
}
