using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Millrace.Backtest;

/// <summary>What a backtest found. All but <see cref="ClicksPerSecond"/> and <see cref="PeakMemoryBytes"/> depend on the log, the policy and the seed alone.</summary>
internal sealed record BacktestReport
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        NewLine = "\n",
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>The share of scored clicks whose item was among the ten items of the slate.</summary>
    public required double HitRateAt10 { get; init; }

    /// <summary>The mean of 1/rank of the clicked item, 0 when it was not among the ten.</summary>
    public required double MrrAt10 { get; init; }

    /// <summary>Clicks that a slate was scored against.</summary>
    public required long Scored { get; init; }

    /// <summary>The share of the items learnt that at least one scored slate showed.</summary>
    public required double Coverage { get; init; }

    public required ColdStartSlice ColdStart { get; init; }

    /// <summary>The clicks that the weights have not seen, alone; null when none were set apart.</summary>
    public HeldOutPart? HeldOut { get; init; }

    /// <summary>What decided.</summary>
    public required string Policy { get; init; }

    /// <summary>Clicks replayed per second of wall-clock time, start to end.</summary>
    public required double ClicksPerSecond { get; init; }

    /// <summary>The largest resident set of the process.</summary>
    public required long PeakMemoryBytes { get; init; }

    public required ulong Seed { get; init; }

    /// <summary>Clicks replayed; not part of the JSON.</summary>
    [JsonIgnore]
    public long Clicks { get; init; }

    /// <summary>Items learnt; not part of the JSON.</summary>
    [JsonIgnore]
    public int Items { get; init; }

    /// <summary>How much of the log's beginning was not scored; not part of the JSON.</summary>
    [JsonIgnore]
    public TimeSpan WarmUp { get; init; }

    /// <summary>As JSON, with a line end.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json) + "\n";

    /// <summary>As lines for people.</summary>
    public string ToText() => Scored == 0 ? Unscored() : HeldOut is null ? Whole() : Whole() + string.Create(CultureInfo.InvariantCulture, $"""
        held out     from day {HeldOut.FromDay:0.##} on, {HeldOut.Scored:N0} clicks: HR@10 {HeldOut.HitRateAt10:F4}   MRR@10 {HeldOut.MrrAt10:F4}
                     cold start {HeldOut.ColdStart.HitRateAt10:F4} of {HeldOut.ColdStart.Scored:N0}; {HeldOut.ColdStart.NeverSeen:N0} never seen

        """);

    private string Unscored() => string.Create(CultureInfo.InvariantCulture, $"""
        Nothing was scored: all {Clicks:N0} clicks fall into the first {WarmUp.TotalDays:0.##} days, which only teach (--warm-up), or begin their session. Try --warm-up 0.

        """);

    private string Whole() => string.Create(CultureInfo.InvariantCulture, $"""
        HR@10        {HitRateAt10:F4}   (the clicked item was among the ten)
        MRR@10       {MrrAt10:F4}   (mean of 1/rank, 0 when absent)
        scored       {Scored:N0} of {Clicks:N0} clicks
        coverage     {Coverage:F4}   (of {Items:N0} items learnt, share shown at least once)
        cold start   {ColdStart.HitRateAt10:F4}   HR@10 of the {ColdStart.Scored:N0} whose item was first seen less than 1 h before
        never seen   {ColdStart.NeverSeen:N0} whose item no earlier click had named: misses by nature; with them cold start is {ColdStart.HitRateWithNeverSeenAt10:F4}
        speed        {ClicksPerSecond:N0} clicks/s
        peak memory  {PeakMemoryBytes / 1048576.0:N0} MiB
        seed         {Seed}

        """);
}

/// <summary>The scored clicks whose item was first seen less than an hour before, and beside them those whose item had never been seen.</summary>
/// <param name="Scored">Clicks on items that had been seen before, and less than an hour before.</param>
/// <param name="HitRateAt10">The share of those that the slate held.</param>
/// <param name="NeverSeen">Clicks on items that had never been seen: nothing can foretell them where items are learnt from clicks.</param>
/// <param name="HitRateWithNeverSeenAt10">The share of both together that the slate held.</param>
internal sealed record ColdStartSlice(long Scored, double HitRateAt10, long NeverSeen, double HitRateWithNeverSeenAt10)
{
    public static ColdStartSlice Of(SlateScore score) => new(score.ColdScored, score.ColdHitRate, score.NeverSeen, score.ColdOrNeverSeenHitRate);
}

/// <summary>The later part of a log, scored alone.</summary>
/// <param name="FromDay">Its first day, counted from 1.</param>
/// <param name="Scored">Clicks that a slate was scored against.</param>
/// <param name="HitRateAt10">As in the report.</param>
/// <param name="MrrAt10">As in the report.</param>
/// <param name="ColdStart">As in the report.</param>
internal sealed record HeldOutPart(double FromDay, long Scored, double HitRateAt10, double MrrAt10, ColdStartSlice ColdStart);
