using System.Globalization;
using System.Text;

namespace Millrace.WorldRuns;

/// <summary>What one method earned, by seed.</summary>
/// <param name="Name">The method.</param>
/// <param name="IsBaseline">Whether the others must beat it.</param>
/// <param name="Outcomes">In the order of the seeds.</param>
internal sealed record MethodReport(string Name, bool IsBaseline, IReadOnlyList<MethodOutcome> Outcomes)
{
    /// <summary>The share of the oracle's reward in the second half, over seeds.</summary>
    public MeanInterval Share => MeanInterval.Of([.. Outcomes.Select(outcome => outcome.Second.Share)]);

    /// <summary>Likewise over all views.</summary>
    public MeanInterval ShareOfAll => MeanInterval.Of([.. Outcomes.Select(outcome => outcome.All.Share)]);

    /// <summary>By how much the share in the second half is above another method's, paired by seed.</summary>
    public MeanInterval Above(MethodReport other) =>
        MeanInterval.Of([.. Outcomes.Zip(other.Outcomes, (mine, others) => mine.Second.Share - others.Second.Share)]);
}

/// <summary>What the methods of a scenario earned.</summary>
/// <param name="Scenario">Its name.</param>
/// <param name="Views">Of each run.</param>
/// <param name="Seeds">Of the runs.</param>
/// <param name="Methods">In the order asked for.</param>
internal sealed record ScenarioReport(string Scenario, int Views, IReadOnlyList<ulong> Seeds, IReadOnlyList<MethodReport> Methods)
{
    /// <summary>As a Markdown table: shares with the half width of their 95 % intervals, then the paired difference to each baseline.</summary>
    public string ToText()
    {
        MethodReport[] baselines = [.. Methods.Where(method => method.IsBaseline)];
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"""
            {Scenario}: {Views:N0} views, {Seeds.Count} seeds from {Seeds[0]}; share of the oracle's expected clicks, mean ± half of the 95 % interval

            | method | second half | all views |{string.Concat(baselines.Select(baseline => $" above {baseline.Name} |"))}
            |---|---|---|{string.Concat(baselines.Select(_ => "---|"))}

            """);
        foreach (var method in Methods)
        {
            var above = string.Concat(baselines.Select(baseline => ReferenceEquals(baseline, method) ? " |" : $" {Signed(method.Above(baseline))} |"));
            text.Append(CultureInfo.InvariantCulture, $"| {method.Name} | {Plain(method.Share)} | {Plain(method.ShareOfAll)} |{above}\n");
        }

        return text.ToString();
    }

    private static string Plain(MeanInterval of) => string.Create(CultureInfo.InvariantCulture, $"{of.Mean:F3} ± {of.HalfWidth:F3}");

    private static string Signed(MeanInterval of) => string.Create(CultureInfo.InvariantCulture, $"{of.Mean:+0.000;-0.000} ± {of.HalfWidth:F3}");
}
