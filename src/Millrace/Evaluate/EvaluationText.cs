using System.Globalization;
using System.Text;
using Millrace.Learning.Evaluation.Intervals;
using Millrace.Learning.Evaluation.Logs;
using Millrace.Learning.Evaluation.OffPolicy;

namespace Millrace.Evaluate;

/// <summary>An evaluation in words and a table.</summary>
internal static class EvaluationText
{
    public static string Of(string name, Evaluation evaluation, OverlapBounds bounds)
    {
        var text = new StringBuilder();
        var overlap = evaluation.Overlap;
        Line(text, $"{name}: {evaluation.Verdict.Word()}{(evaluation.Reasons.IsEmpty ? "" : $" ({string.Join(", ", evaluation.Reasons.Select(static reason => reason.Word()))})")}");
        Line(text, $"  {overlap.Decisions:N0} decisions, {overlap.Effective:N0} effective; weights: mean {overlap.MeanWeight:F3}, largest {overlap.MaxWeight:F1}; covered {overlap.Covered:P1}");
        if (!overlap.Lacking(bounds).IsEmpty)
        {
            Line(text, $"  The log does not know this policy: no estimate of it is one.");
            return text.Append('\n').ToString();
        }

        Line(text, $"  {"",-14} {"value",12} {"95 % interval",27} {"above what was logged",38} {"anytime",27}");
        Line(text, $"  {"logged",-14} {evaluation.Logged[0],12:G6} {Ends(new Estimate("logged", evaluation.Logged).Interval),27}");
        foreach (var estimate in evaluation.Estimates)
        {
            if (evaluation.Refuses(estimate, bounds))
            {
                Line(text, $"  {estimate.Name,-14} {"–",12}  {string.Join(", ", estimate.Overlap!.Lacking(bounds).Select(static reason => reason.Word()))}: {estimate.Overlap.Effective:N0} effective, mean weight {estimate.Overlap.MeanWeight:F3}");
                continue;
            }

            var above = estimate.Above(evaluation.Logged);
            Line(text, $"  {estimate.Name,-14} {estimate.Value,12:G6} {Ends(estimate.Interval),27} {$"{above.Value:G3} {Ends(above.Interval)}",38} {(estimate.Anytime is { } anytime ? Ends(anytime) : ""),27}");
        }

        foreach (var (gate, verdict) in evaluation.Gates)
        {
            Line(text, $"  gate {gate}: {verdict.Word()}");
        }

        return text.Append('\n').ToString();
    }

    /// <summary>What lines of a log were left out; empty when none was.</summary>
    public static string Of(BadLines bad) =>
        string.Concat(bad.ByReason.Select(static pair => string.Create(CultureInfo.InvariantCulture, $"left out: {pair.Value.Count:N0} lines, {pair.Key}; the first is line {pair.Value.First}\n")));

    private static string Ends(Interval interval) => string.Create(CultureInfo.InvariantCulture, $"{interval.Low:G6} to {interval.High:G6}");

    private static void Line(StringBuilder text, FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture).TrimEnd()).Append('\n');
}
