using Millrace.WorldRuns;

namespace Millrace.Tests.WorldRuns;

public sealed class ScenarioReportTests
{
    [Fact]
    public void Seeds_without_newcomers_are_no_share_of_nothing()
    {
        // Half of what was planted was found out in the first seed, nothing in the second, and none was planted in the third.
        MethodReport report = Of(new NewcomerOutcome(4, 2, 30, 50), new NewcomerOutcome(4, 0, 0, 0), default);
        Assert.Equal(0.6, report.NewcomersShare!.Value.Mean, 1e-12);
        Assert.Equal(1, report.NewcomersSeeds);
        Assert.Equal((0.3 + 0) / 2, report.NewcomersShareOfPlanted!.Value.Mean, 1e-12);
        Assert.Equal(0.25, report.NewcomersKnown, 1e-12);
    }

    [Fact]
    public void A_method_that_found_no_newcomer_out_has_no_share_of_those_that_it_did()
    {
        MethodReport report = Of(new NewcomerOutcome(4, 0, 0, 0));
        Assert.Null(report.NewcomersShare);
        Assert.Contains("| none | 0 | 0.000 ", new ScenarioReport("flood", 10, [1], [report]).ToText(), StringComparison.Ordinal);
    }

    private static MethodReport Of(params NewcomerOutcome[] newcomers) =>
        new("method", true, [.. newcomers.Select(outcome => new MethodOutcome(new Reward(1, 2), new Reward(1, 2), 3, outcome))]);
}
