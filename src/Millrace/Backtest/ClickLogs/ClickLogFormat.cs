using System.Collections.Immutable;

namespace Millrace.Backtest.ClickLogs;

/// <summary>How the rows of a click log are written.</summary>
internal enum RowSyntax
{
    /// <summary>Comma-separated; the first line names the columns; a field may stand in double quotes, on one line.</summary>
    Csv,

    /// <summary>Tab-separated without a header; columns are named by their number from 1.</summary>
    Tab,

    /// <summary>One JSON object per line; fields are named by their property.</summary>
    Ndjson,
}

/// <summary>How a log writes its times.</summary>
internal enum TimeFormat
{
    UnixSeconds,
    UnixMillis,
    UnixMicros,
    Rfc3339,
}

/// <summary>Which field of a row is what.</summary>
/// <param name="Syntax">How rows are written.</param>
/// <param name="User">The field that holds the user; null for none.</param>
/// <param name="Session">The field that holds the session; null takes the user as one session.</param>
/// <param name="Item">The field that holds the item.</param>
/// <param name="Time">The field that holds the time.</param>
/// <param name="TimeFormat">How the time is written.</param>
/// <param name="Sort">Whether the file is not in order of time: it is then read whole (at most <see cref="MaxSorted"/> rows) and sorted.</param>
internal sealed record ClickLogFormat(RowSyntax Syntax, string? User, string? Session, string Item, string Time, TimeFormat TimeFormat, bool Sort = false)
{
    /// <summary>Rows that are sorted in memory, about 150 bytes each; a longer log must be sorted beforehand.</summary>
    public const int MaxSorted = 5_000_000;

    /// <summary>The field that holds the segment, such as a region; null for none.</summary>
    public string? Segment { get; init; }

    /// <summary>Fields that say more of the circumstances, such as the device: a learnt ranking reads them.</summary>
    public ImmutableArray<string> Context { get; init; } = [];

    /// <summary>A session that was idle for so long begins anew; then what it saw is forgotten.</summary>
    public TimeSpan SessionIdle { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Globo.com, "News Portal User Interactions": ten days of clicks in order of time. The log itself says where sessions end.</summary>
    public static ClickLogFormat Globo { get; } =
        new(RowSyntax.Csv, "user_id", "session_id", "click_article_id", "click_timestamp", TimeFormat.UnixMillis)
        {
            SessionIdle = TimeSpan.FromDays(11),
            Segment = "click_region",
            Context = ["click_referrer_type", "click_deviceGroup"],
        };

    /// <summary>MovieLens 100K's <c>u.data</c>: user, item, rating, time; in no order. A user's ratings are one session.</summary>
    public static ClickLogFormat MovieLens { get; } = new(RowSyntax.Tab, "1", null, "2", "4", TimeFormat.UnixSeconds, Sort: true)
    {
        SessionIdle = TimeSpan.FromDays(366),
    };
}
