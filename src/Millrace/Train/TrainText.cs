using System.Globalization;
using System.Text;
using Millrace.Learning.Training.Search;
using Millrace.Learning.Training.Slices;

namespace Millrace.Train;

/// <summary>What a training came to, as a table.</summary>
internal static class TrainText
{
    private const int MostFeatures = 10;

    internal static string Of(TrainReport report)
    {
        var text = new StringBuilder();
        void Line(FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));

        Line($"model        {report.Digest}, {report.Trainer}{(report.Rounds is { } rounds ? $", {rounds} trees of {report.Tried} tried" : "")}{(report.Resumed is { } resumed ? $", {resumed} of them before it was interrupted" : "")}");
        foreach (var (slice, counts) in report.Slices.Where(one => one.Value.Rows > 0))
        {
            var what = slice switch { Slice.Train => "learnt from", Slice.Gap => "left out", Slice.Valid => "stops by", _ => "judged by" };
            Line($"{what,-12} {counts.Rows:N0} examples of {counts.Decisions:N0} decisions, mean label {counts.Label / counts.Weight:G4}");
        }

        foreach (var (name, value) in report.Bias?.Held ?? new Dictionary<string, float>())
        {
            Line($"served       as if {name} were {value:G4}");
        }

        if (report.Bias?.Examination is { } curve)
        {
            Line($"looked at    by rank ({curve.Source}): {string.Join(' ', curve.Ranks.Select(rank => rank.Probability.ToString("F3", CultureInfo.InvariantCulture)))}");
        }

        foreach (var (name, values) in report.Curve ?? new Dictionary<string, IReadOnlyList<double>>())
        {
            if (report.Rounds is { } best && values.Count >= best && best > 0) Line($"at its best  {name} {values[best - 1]:F6} on what it stops by");
        }

        foreach (var (name, value) in report.HeldOut)
        {
            Line($"held out     {name} {value:F6}");
        }

        if (report.Calibration is { } calibration)
        {
            Line($"calibration  {calibration.Chosen}: log loss {calibration.Before:F6} without, {calibration.After:F6} with, on what came last");
        }

        foreach (var feature in report.Importance?.Where(one => one.Splits > 0).Take(MostFeatures) ?? [])
        {
            Line($"{feature.Gain,12:G4} gained by {feature.Splits,5:N0} splits on {feature.Feature}");
        }

        Line($"took         {report.Seconds:N1} s");
        return text.ToString();
    }

    internal static string Of(Trial trial) => string.Create(
        CultureInfo.InvariantCulture,
        $"trial {trial.Number,3}, {trial.Rounds} trees: {trial.Value:F6} at {trial.Best}  {(trial.Parameters.IsEmpty ? "as given" : string.Join(' ', trial.Parameters.Select(one => $"{one.Key}={one.Value}")))}");
}
