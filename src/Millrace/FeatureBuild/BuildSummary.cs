using System.Globalization;
using System.Text;
using Millrace.Features.PointInTime;

namespace Millrace.FeatureBuild;

/// <summary>What a build came to, in words.</summary>
internal static class BuildSummary
{
    public static string Of(BuildOutcome outcome, TimeSpan elapsed, string definitions)
    {
        var text = new StringBuilder();
        void Line(FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));

        var seconds = Math.Max(elapsed.TotalSeconds, 0.001);
        Line($"rows         {outcome.Rows:N0} of {outcome.Decisions:N0} decisions, in {outcome.Slices - outcome.Kept:N0} slices; {outcome.Kept:N0} were done before");
        Line($"facts        {outcome.Folded:N0} folded in {seconds:N1} s: {outcome.Folded / seconds:N0} facts/s, {outcome.Rows / seconds:N0} rows/s");
        Line($"definitions  {definitions}");
        if (outcome.Slim > 0)
        {
            Line($"slim         {outcome.Slim:N0} decisions have no full record, and so no candidates");
        }

        foreach (var reason in Enum.GetValues<NotVisited>().Where(reason => outcome.Counts.Not(reason) > 0))
        {
            Line($"not built    {outcome.Counts.Not(reason):N0}: {reason.Say()}{(reason == NotVisited.OtherDefinitions ? "; --any-definitions builds them with these" : "")}");
        }

        if (outcome.Late > 0)
        {
            Line($"not built    {outcome.Late:N0}: a clock was set back, and their slice was complete");
        }

        foreach (var other in outcome.Counts.Others)
        {
            Line($"other        epochs {other.FirstEpoch:N0} to {other.LastEpoch:N0} had definitions {(other.Fingerprint.Length == 0 ? "that nobody recorded" : other.Fingerprint)}: {other.Decisions:N0} decisions");
        }

        if (outcome.Counts.Skipped > 0)
        {
            Line($"skipped      {outcome.Counts.Skipped:N0} records that are no facts");
        }

        if (!outcome.Whole)
        {
            Line($"bounds       a bound was hit (see folding in the configuration, and --max-persons): values may differ from those that were served");
        }

        return text.ToString();
    }
}
