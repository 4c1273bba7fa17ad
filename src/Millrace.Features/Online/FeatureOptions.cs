namespace Millrace.Features.Online;

/// <summary>The bounds and habits of a <see cref="FeatureFolder"/>.</summary>
public sealed record FeatureOptions
{
    /// <summary>The most items of a session that pairs and reads may look at.</summary>
    public const int MostRecent = 20;

    /// <summary>The tenant whose facts are folded; others are ignored and counted.</summary>
    public string Tenant { get; init; } = "default";

    /// <summary>Whether an item that only events name may be shown, as in a backtest of a click log without a catalogue.</summary>
    public bool LearnItemsFromEvents { get; init; }

    /// <summary>The most items that get a row; facts of others are refused and counted.</summary>
    public int MaxItems { get; init; } = 2_000_000;

    /// <summary>A session that was idle for so long begins anew.</summary>
    public TimeSpan SessionIdle { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>The most segments that get a list of their own; events of further ones count only globally, and are counted.</summary>
    public int MaxSegments { get; init; } = 64;

    /// <summary>The window of the ladder's per-segment lists.</summary>
    public TimeSpan SegmentWindow { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How many of the newest items the source <c>recent</c> can choose from.</summary>
    public int MaxRecentItems { get; init; } = 1000;
}
