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
        Assert.All((string[])[PositionRun.Weights, PositionRun.Feature, PositionRun.Em], method => Assert.True(report.Loss(method).Mean < naive / 2, report.ToText()));
        Assert.All(report.Latencies, found => Assert.True(found.Naive < 0.8 * found.Ideal, report.ToText()));
        Assert.True(report.Recovered.Mean > 0.6, report.ToText());
        Assert.Contains("\"recovered\"", report.ToJson(), StringComparison.Ordinal);
    }
}
