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

    /// <summary>Which share of the oracle's showings planted items had after their first impressions, over the seeds in which they had those.</summary>
    public MeanInterval? NewcomersShare => Mean(outcome => outcome.Oracle > 0, outcome => outcome.Share);

    /// <summary>Likewise of all planted items, over the seeds in which any were, those without first impressions as never shown: a method that drops most is not judged by the few it kept.</summary>
    public MeanInterval? NewcomersShareOfPlanted => Mean(outcome => outcome.Planted > 0 && (outcome.Known == 0 || outcome.Oracle > 0), outcome => outcome.ShareOfPlanted);

    /// <summary>In how many seeds planted items had those first impressions, and the oracle would have shown some after them.</summary>
    public int NewcomersSeeds => Outcomes.Count(outcome => outcome.Newcomers.Oracle > 0);

    /// <summary>Which share of planted items had those first impressions.</summary>
    public double NewcomersKnown => (double)Outcomes.Sum(outcome => outcome.Newcomers.Known) / Outcomes.Sum(outcome => outcome.Newcomers.Planted);

    /// <summary>Likewise of those that lived long.</summary>
    public Reached Lived => Outcomes.Aggregate(default(Reached), (sum, outcome) => sum + outcome.Newcomers.Lived);

    /// <summary>Likewise of those among them that the oracle would have shown often.</summary>
    public Reached Wanted => Outcomes.Aggregate(default(Reached), (sum, outcome) => sum + outcome.Newcomers.Wanted);

    /// <summary>Views for each second of processor time; null where that is not known.</summary>
    public double? Speed(int views) => Outcomes.Sum(outcome => outcome.Processor.TotalSeconds) is > 0 and var seconds ? views * Outcomes.Count / seconds : null;

    /// <summary>By which part the expected clicks of all views are above another method's, paired by seed.</summary>
    public MeanInterval ClicksAbove(MethodReport other) =>
        MeanInterval.Of([.. Outcomes.Zip(other.Outcomes, (mine, others) => (mine.All.Expected / others.All.Expected) - 1)]);

    /// <summary>By how much the share in the second half is above another method's, paired by seed.</summary>
    public MeanInterval Above(MethodReport other) =>
        MeanInterval.Of([.. Outcomes.Zip(other.Outcomes, (mine, others) => mine.Second.Share - others.Second.Share)]);

    private MeanInterval? Mean(Func<NewcomerOutcome, bool> counts, Func<NewcomerOutcome, double> share)
    {
        double[] shares = [.. Outcomes.Select(outcome => outcome.Newcomers).Where(counts).Select(share)];
        return shares.Length == 0 ? null : MeanInterval.Of(shares);
    }
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

        return text.Append(Newcomers()).ToString();
    }

    /// <summary>How planted items fared, and what each method costs or brings beside the last baseline, which does not explore; empty where none were planted.</summary>
    private string Newcomers()
    {
        if (Methods.All(method => method.Outcomes.All(outcome => outcome.Newcomers.Planted == 0)))
        {
            return "";
        }

        var still = Methods.LastOrDefault(method => method.IsBaseline) ?? Methods[0];
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"\n| method | planted items with 200 impressions | within 2,000 eligible slates | of those that the oracle shows | then shown, of the oracle's showings | seeds | of all planted | clicks above {still.Name} |\n|---|---|---|---|---|---|---|---|\n");
        foreach (var method in Methods)
        {
            var clicks = method.ClicksAbove(still);
            text.Append(CultureInfo.InvariantCulture, $"| {method.Name} | {method.NewcomersKnown:P0} | {Part(method.Lived)} | {Part(method.Wanted)} | {Plain(method.NewcomersShare)} | {method.NewcomersSeeds} | {Plain(method.NewcomersShareOfPlanted)} | {clicks.Mean:+0.0%;-0.0%} ± {clicks.HalfWidth:0.0%} |\n");
        }

        return text.ToString();
    }

    private static string Part(Reached of) => of.Items == 0 ? "none" : string.Create(CultureInfo.InvariantCulture, $"{of.Share:P0} of {of.Items}");

    private static string Plain(MeanInterval? of) => of is { } known ? string.Create(CultureInfo.InvariantCulture, $"{known.Mean:F3} ± {known.HalfWidth:F3}") : "none";

    private static string Signed(MeanInterval of) => string.Create(CultureInfo.InvariantCulture, $"{of.Mean:+0.000;-0.000} ± {of.HalfWidth:F3}");
}
