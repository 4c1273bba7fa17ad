using Millrace.Learning.Training.LightGbm;
using Millrace.WorldRuns;

namespace Millrace.Tests.WorldRuns;

public sealed class BiasReportTests
{
    [Fact]
    public async Task Remedies_leave_little_of_what_bias_costs()
    {
        Assert.SkipWhen(LightGbmLibrary.Absence is not null, LightGbmLibrary.Absence ?? "");
        var report = await BiasReport.RunAsync([1], decisions: 12_000, trees: 25, judged: 2_000, _ => { }, TestContext.Current.CancellationToken);
        var naive = report.Loss(PositionRun.Naive).Mean;
        Assert.True(naive > 0.01, report.ToText());
        // So few decisions tell the remedies from nothing, and not from each other: docs/results/bias.md has them at full size.
        Assert.All((string[])[PositionRun.Weights, PositionRun.Feature, PositionRun.Em], method => Assert.True(report.Loss(method).Mean < 0.75 * naive, report.ToText()));
        Assert.All(report.Latencies, found => Assert.True(found.Naive < 0.8 * found.Ideal, report.ToText()));
        Assert.True(report.Recovered.Mean > 0.6, report.ToText());
        Assert.Contains("\"recovered\"", report.ToJson(), StringComparison.Ordinal);
    }
}
