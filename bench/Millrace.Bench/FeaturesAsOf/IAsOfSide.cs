namespace Millrace.Bench.FeaturesAsOf;

/// <summary>One way to build the rows of a synthetic log as of each decision's time: what the comparison sets beside another.</summary>
internal interface IAsOfSide
{
    string Name { get; }

    /// <summary>Brings the log into the side's own form, which is not timed.</summary>
    Task LoadAsync(SyntheticLog log, string directory);

    /// <summary>Builds all rows into Parquet files: in each the columns <c>decision, rank, item</c> and those of <see cref="AsOfColumns"/>.</summary>
    /// <returns>A pattern that names the files.</returns>
    Task<string> BuildAsync();
}

/// <summary>The columns that every side builds. A window of length w holds events in [t − w, t).</summary>
internal static class AsOfColumns
{
    /// <summary>Windows of the item's clicks and impressions.</summary>
    public static (string Name, TimeSpan Length)[] Windows { get; } = [("1h", TimeSpan.FromHours(1)), ("1d", TimeSpan.FromDays(1)), ("7d", TimeSpan.FromDays(7))];

    /// <summary>The window of the user's clicks, <c>user_clicks_1d</c>.</summary>
    public static TimeSpan UserWindow { get; } = TimeSpan.FromDays(1);

    /// <summary>Of the item; µs, null before the first.</summary>
    public const string LastClick = "last_click";

    /// <summary>All of the user's events.</summary>
    public const string UserEvents = "user_events";

    public const string UserClicks = "user_clicks_1d";
}
