using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Millrace.Backtest.Learnt;

/// <summary>What learnt rankings found, and the others on the same clicks.</summary>
internal sealed record LearntReport
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        NewLine = "\n",
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>Every so manyth click was scored and learnt from.</summary>
    public required int Every { get; init; }

    /// <summary>The most clicks that a training read.</summary>
    public required int Window { get; init; }

    public required int Seed { get; init; }

    /// <summary>Columns of a candidate.</summary>
    public required int Columns { get; init; }

    /// <summary>The share of the scored clicks whose item was among the candidates: no ranking of them can hit more.</summary>
    public required double Recall { get; init; }

    /// <summary>From which day on, counted from 1, clicks are held out; null when none are.</summary>
    public required double? HeldOutFromDay { get; init; }

    public required ImmutableArray<RankingFigures> Rankings { get; init; }

    public static RankingFigures Of(RankedClicks clicks, int trainings) => new(
        clicks.Name, clicks.All.Scored, clicks.All.HitRate, clicks.All.MeanReciprocalRank, ColdStartSlice.Of(clicks.All),
        clicks.HeldOut.Scored, clicks.HeldOut.HitRate, clicks.HeldOut.MeanReciprocalRank, trainings, [.. clicks.Hours.ToArray().Select(static hour => new HourFigures(hour.Scored, hour.HitRate, hour.MeanReciprocalRank))]);

    /// <summary>As JSON, with a line end.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json) + "\n";

    /// <summary>As lines for people.</summary>
    public string ToText()
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"""
            every {Every}th scored click, the last {Window:N0} to train on, {Columns} columns, seed {Seed}; candidates hold {Recall:F4}

            {"ranking",-40}   HR@10  MRR@10    cold  trained  held out: HR@10  MRR@10

            """);
        foreach (var ranking in Rankings)
        {
            text.Append(CultureInfo.InvariantCulture, $"{ranking.Name,-40}  {ranking.HitRateAt10:F4}  {ranking.MrrAt10:F4}  {ranking.ColdStart.HitRateAt10:F4}  {ranking.Trainings,7}  {ranking.HeldOutHitRateAt10,15:F4}  {ranking.HeldOutMrrAt10:F4}\n");
        }

        return Rankings is [var first, ..]
            ? text.Append(CultureInfo.InvariantCulture, $"\n{first.Scored:N0} clicks, HR@10 ± {CandidateReport.Error(first.HitRateAt10, first.Scored):F4}; {first.HeldOutScored:N0} held out; {first.ColdStart.Scored:N0} cold, {first.ColdStart.NeverSeen:N0} never seen\n").ToString()
            : text.ToString();
    }
}

/// <summary>What one ranking came to.</summary>
/// <param name="Name">Which.</param>
/// <param name="Scored">Clicks that its slates were scored against.</param>
/// <param name="HitRateAt10">As in <see cref="BacktestReport"/>.</param>
/// <param name="MrrAt10">As in <see cref="BacktestReport"/>.</param>
/// <param name="ColdStart">As in <see cref="BacktestReport"/>.</param>
/// <param name="HeldOutScored">Clicks of the held-out days.</param>
/// <param name="HeldOutHitRateAt10">Of those.</param>
/// <param name="HeldOutMrrAt10">Of those.</param>
/// <param name="Trainings">How often it was trained.</param>
/// <param name="ByHour">By the hour of the day, UTC, from 0.</param>
internal sealed record RankingFigures(
    string Name, long Scored, double HitRateAt10, double MrrAt10, ColdStartSlice ColdStart, long HeldOutScored, double HeldOutHitRateAt10, double HeldOutMrrAt10, int Trainings, ImmutableArray<HourFigures> ByHour);

/// <summary>An hour of the day.</summary>
/// <param name="Scored">Clicks in it.</param>
/// <param name="HitRateAt10">Of those.</param>
/// <param name="MrrAt10">Of those.</param>
internal sealed record HourFigures(long Scored, double HitRateAt10, double MrrAt10);
