using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Millrace.Features.Definitions;

namespace Millrace.Features.Online;

/// <summary>The bounds and habits of a <see cref="FeatureFolder"/>.</summary>
public sealed record FeatureOptions
{
    /// <summary>The most items of a session that pairs and reads may look at.</summary>
    public const int MostRecent = 20;

    /// <summary>The tenant whose facts are folded; others are ignored and counted.</summary>
    public string Tenant { get; init; } = "default";

    /// <summary>Whether an item that only events name is learnt and may be shown, as in a backtest of a click log without a catalogue.</summary>
    public bool LearnItemsFromEvents { get; init; }

    /// <summary>
    /// The most items of the catalogue, deleted ones included until their place is needed and nothing counts them any more; changes of further ones are refused
    /// and counted. Two million rows of a few features fit a laptop.
    /// </summary>
    public int MaxItems { get; init; } = 2_000_000;

    /// <summary>
    /// The most learnt items, which never take the catalogue's places; the oldest that nothing counts any more leaves for a new one, and where there is none the event
    /// is refused. A tenth of <see cref="MaxItems"/> by default: event ids come from browsers.
    /// </summary>
    public int MaxLearntItems { get; init; } = 200_000;

    /// <summary>A session that was idle for so long begins anew; 30 min is what web analytics take for a session's end.</summary>
    public TimeSpan SessionIdle { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>The most sessions of one partition that are followed for pairs; the one that was quiet for longest leaves, counted.</summary>
    public int MaxSessions { get; init; } = 1_000_000;

    /// <summary>The most pairs of items that one co-occurrence counts at a time; further ones are refused and counted. Some 120 bytes each.</summary>
    public int MaxPairs { get; init; } = 10_000_000;

    /// <summary>The most pairs of an item and a value that one context cross counts at a time; events with further ones are passed over and counted. Some 100 bytes each.</summary>
    public int MaxCrosses { get; init; } = 4_000_000;

    /// <summary>The most segments with clicks in their window that get a list of their own; events of further ones count only globally, and are counted.</summary>
    public int MaxSegments { get; init; } = 64;

    /// <summary>The window of the ladder's per-segment lists.</summary>
    public TimeSpan SegmentWindow { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How many of the newest items the source <c>recent</c> can choose from.</summary>
    public int MaxRecentItems { get; init; } = 1000;

    /// <summary>
    /// The data directory's secret, under which a snapshot hides hashes of what was sealed in facts; empty where no snapshot leaves the process. No value depends on it.
    /// </summary>
    public ReadOnlyMemory<byte> SnapshotSecret { get; init; }

    /// <summary>What a folder of these options and these features records its epochs with: equal where equal facts give equal values, as long as no bound is hit.</summary>
    public string Fingerprint(FeatureSet features) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture, $"{features.Fingerprint} {Tenant} {LearnItemsFromEvents} {SessionIdle.Ticks} {SegmentWindow.Ticks}"))).AsSpan(0, 8));
}
