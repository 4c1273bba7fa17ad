using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Millrace.Learning.Attribution;

/// <summary>What labels there are, and what there is of events that became none; one object of JSON. Of the slices that this build made.</summary>
internal sealed record LabelReport
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true };

    public required string From { get; init; }

    public required string To { get; init; }

    /// <summary>When the journal's last record was received.</summary>
    public required string Through { get; init; }

    /// <summary>Names the outcomes' definitions.</summary>
    public required string Outcomes { get; init; }

    public required int Slices { get; init; }

    /// <summary>Slices that an earlier build completed.</summary>
    public required int Kept { get; init; }

    /// <summary>Slices that an earlier build completed, and that were made anew since outcomes came late.</summary>
    public required int Reopened { get; init; }

    /// <summary>Slices that a later build will make anew, since not all their windows had closed.</summary>
    public required int Open { get; init; }

    /// <summary>Slices that cannot be made, or made anew, since what they are made of has begun to leave the journal; what an earlier build left of them stays.</summary>
    public required int Retired { get; init; }

    public required long Decisions { get; init; }

    /// <summary>Items that they placed.</summary>
    public required long Rows { get; init; }

    /// <summary>Rows of which it is known how the body was delivered.</summary>
    public required long Delivered { get; init; }

    /// <summary>Decisions of erased persons, which have no rows.</summary>
    public required long Erased { get; init; }

    /// <summary>Records that are no facts.</summary>
    public required long Skipped { get; init; }

    public required IReadOnlyDictionary<string, OutcomeReport> ByOutcome { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, Json) + "\n";

    public string ToText()
    {
        var text = new StringBuilder();
        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
        Line($"labels       {Rows:N0} of {Decisions:N0} decisions, in {Slices - Kept - Retired:N0} slices; {Kept:N0} were done before, {Reopened:N0} were made anew for late outcomes, {Open:N0} have open windows");
        if (Retired > 0)
        {
            Line($"retired      {Retired:N0} slices are older than what the journal still holds whole: what stands of them stays, and is not made anew (journal.retention)");
        }

        Line($"journal      read through {Through}; outcomes {Outcomes}");
        Line($"deliveries   of {Delivered:N0} rows it is known how the body was delivered");
        foreach (var (name, outcome) in ByOutcome)
        {
            Line($"{name,-12} {outcome.Closed:N0} closed, {outcome.Labelled:N0} with an outcome, {outcome.Late:N0} late; of {outcome.Events:N0} events {outcome.Unknown:N0} name no decision that is known, {outcome.NotPlaced:N0} an item that theirs did not place, {outcome.After:N0} came after the window, {outcome.Untouched:N0} name none and met none");
            if (outcome.Unvouched + outcome.Withheld + outcome.OtherUnit > 0)
            {
                Line($"{"",-12} not used: {outcome.Unvouched:N0} that nobody vouches for, {outcome.Withheld:N0} without consent, {outcome.OtherUnit:N0} of another unit");
            }

            if (outcome.DelaySeconds is { } delay)
            {
                Line($"{"",-12} delay p50 {delay.P50:N0} s, p90 {delay.P90:N0} s, p99 {delay.P99:N0} s, at most {delay.Max:N0} s");
            }
        }

        if (Erased > 0)
        {
            Line($"not built    {Erased:N0}: their persons were erased");
        }

        if (Skipped > 0)
        {
            Line($"skipped      {Skipped:N0} records that are no facts");
        }

        return text.ToString();
    }
}

/// <summary>What there is of one outcome.</summary>
internal sealed record OutcomeReport
{
    /// <summary>Rows whose window had closed: those that have a label to train on.</summary>
    public required long Closed { get; init; }

    /// <summary>Rows with an outcome.</summary>
    public required long Labelled { get; init; }

    /// <summary>Rows with an outcome that became known after its window had closed.</summary>
    public required long Late { get; init; }

    /// <summary>Events that counted.</summary>
    public required long Events { get; init; }

    /// <summary>Events that name a decision which the journal does not hold, or which was longer ago than any window.</summary>
    public required long Unknown { get; init; }

    /// <summary>Events of an item that their decision did not place.</summary>
    public required long NotPlaced { get; init; }

    /// <summary>Events that name a decision and came after its window.</summary>
    public required long After { get; init; }

    /// <summary>Events that name no decision, and are of none.</summary>
    public required long Untouched { get; init; }

    public required long Unvouched { get; init; }

    public required long Withheld { get; init; }

    public required long OtherUnit { get; init; }

    /// <summary>From decision to outcome, to the second below; null where there is none.</summary>
    public DelayQuantiles? DelaySeconds { get; init; }
}

/// <summary>Whole seconds, rounded down.</summary>
internal sealed record DelayQuantiles(long P50, long P90, long P99, long Max);
