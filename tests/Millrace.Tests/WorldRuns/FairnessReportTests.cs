using Millrace.Learning.Fairness;
using Millrace.WorldRuns;

namespace Millrace.Tests.WorldRuns;

public sealed class FairnessReportTests
{
    [Fact]
    public void A_starved_provider_is_caught_and_a_pace_restores_parity()
    {
        var report = FairnessReport.Run([1], 8_000, 1, TestContext.Current.CancellationToken);

        Assert.All(report.Verdicts(0), verdict => Assert.Equal(FairnessOutcome.Fail, verdict.Outcome));
        Assert.True(report.Share(0).Mean < 0.4, report.ToText());
        Assert.All(report.Verdicts(2), verdict => Assert.Equal(FairnessOutcome.Pass, verdict.Outcome));
        Assert.InRange(report.Share(2).Mean, 0.5 - FairnessReport.Tolerance, 0.5 + FairnessReport.Tolerance);
        Assert.True(report.Price.Mean < 0.15, report.ToText());
    }
}
