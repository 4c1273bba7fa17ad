namespace Millrace.Delivery.Origins;

/// <summary>The bounds of talking to origins that are the same for all of them; connections and times per request stand in <see cref="DeliveryOptions"/>.</summary>
public sealed record OriginOptions
{
    /// <summary>The share of an origin's connections that passes leave to fills: slow readers of uncacheable bodies must not keep the cache from filling.</summary>
    public double FillShare { get; init; } = 0.25;

    /// <summary>Requests that wait for a connection to one origin; more are refused at once.</summary>
    public int MaxWaiting { get; init; } = 1024;

    /// <summary>How long they wait. Longer than a busy moment, shorter than a person's patience.</summary>
    public TimeSpan MaxWait { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a connection is kept unused. Below the 60 s (nginx 75 s, Apache 5 s) after which many origins close theirs.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a connection is used at all, so that changed addresses are taken up.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long an origin's addresses are used before its name is looked up again; the system's resolver hides the record's own time.</summary>
    public TimeSpan NameLifetime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>After this an origin's next address is tried beside the one that has not answered yet (RFC 8305 §5 recommends 250 ms).</summary>
    public TimeSpan AttemptDelay { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>A response head, or its trailers, in bytes; room for 64 cookies of 1 KiB.</summary>
    public int MaxHeadBytes { get; init; } = 64 * 1024;

    /// <summary>Field lines of a response head.</summary>
    public int MaxFields { get; init; } = 256;

    /// <summary>Interim (1xx) responses before the final one.</summary>
    public int MaxInterim { get; init; } = 8;

    internal IEnumerable<string> Faults()
    {
        OptionFaults faults = new();
        faults.UnlessShare(FillShare, nameof(FillShare));
        faults.Unless(MaxWaiting >= 0, nameof(MaxWaiting), "zero or more");
        faults.UnlessTime(MaxWait, nameof(MaxWait));
        faults.UnlessTime(IdleTimeout, nameof(IdleTimeout));
        faults.UnlessTime(MaxAge, nameof(MaxAge));
        faults.UnlessTime(NameLifetime, nameof(NameLifetime));
        faults.UnlessTime(AttemptDelay, nameof(AttemptDelay));
        faults.Unless(MaxHeadBytes is >= 1024 and <= 1 << 20, nameof(MaxHeadBytes), "1 KiB to 1 MiB");
        faults.Unless(MaxFields is >= 8 and <= 10_000, nameof(MaxFields), "8 to 10000");
        faults.Unless(MaxInterim is >= 0 and <= 1000, nameof(MaxInterim), "0 to 1000");
        return faults.All.Select(static fault => $"{nameof(DeliveryOptions.Origins)}.{fault}");
    }
}
