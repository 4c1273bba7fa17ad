using Millrace.World;
using Millrace.WorldRuns;

namespace Millrace.Tests.WorldRuns;

public sealed class ScenarioRunTests
{
    private const int Views = 2_000;

    public static TheoryData<string> Scenarios => [.. WorldScenarios.All.Select(scenario => scenario.Name)];

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void A_scenario_is_the_same_however_many_runs_go_at_a_time_and_another_under_other_seeds(string name)
    {
        var scenario = WorldScenarios.Named(name)!;

        // What learns fits its prior every 200 views.
        foreach (var (method, views) in ((WorldMethod, int)[])[(scenario.Methods[0], 100), (scenario.Methods[^1], 500)])
        {
            var alone = ScenarioRun.Run(scenario, [method], [1, 2], views, 1, null, TestContext.Current.CancellationToken);
            var together = ScenarioRun.Run(scenario, [method], [1, 2], views, 4, null, TestContext.Current.CancellationToken);
            Assert.Equal(alone.ToText(), together.ToText());
            Assert.Equal(Compared(alone), Compared(together));
            Assert.NotEqual(Compared(alone)[0], Compared(alone)[1]);
        }
    }

    [Fact]
    public void In_the_stationary_world_what_learns_beats_what_does_not_and_nothing_the_oracle()
    {
        var scenario = WorldScenarios.Named("stationary")!;
        WorldMethod[] methods = [.. scenario.Methods.Where(method => method.Name is "uniform" or "greedy" or "thompson")];
        var report = ScenarioRun.Run(scenario, methods, [1001, 1002, 1003, 1004], Views, 2, null, TestContext.Current.CancellationToken);
        var (uniform, greedy, thompson) = (report.Methods[0], report.Methods[1], report.Methods[2]);
        Assert.True(greedy.Above(uniform).Low > 0.2, report.ToText());
        Assert.True(thompson.Above(uniform).Low > 0.4, report.ToText());
        Assert.True(thompson.Above(greedy).Mean > 0, report.ToText());
        Assert.All(report.Methods.SelectMany(method => method.Outcomes), outcome => Assert.InRange(outcome.All.Share, 0.01, 1 + 1e-9));
    }

    [Fact]
    public void A_method_that_says_nothing_new_is_not_above_itself()
    {
        var scenario = WorldScenarios.Named("flood")!;
        var report = ScenarioRun.Run(scenario, [scenario.Methods[0], scenario.Methods[0] with { Name = "again" }], [1, 2, 3], 200, 2, null, TestContext.Current.CancellationToken);
        Assert.Equal(new MeanInterval(0, 0), report.Methods[1].Above(report.Methods[0]));
    }

    [Theory]
    [InlineData(Newcomers.LongLife - 200, 1)]
    [InlineData(Newcomers.LongLife - 199, 0)]
    public void The_last_slate_of_a_long_life_counts_within_it(int unseen, int known)
    {
        var scenario = WorldScenarios.Named("newcomers")!;
        var world = new SyntheticWorld(scenario.World);
        var item = world.Items[scenario.World.Items.Live + scenario.World.Items.PlantedEvery];
        var newcomers = new Newcomers(world, scenario.Views);
        newcomers.Born(item, 0);
        var view = WorldViews.InOrder(world).First();
        for (var slate = 0; slate < unseen + 200; slate++)
        {
            newcomers.Decided(view, slate < unseen ? [] : [item]);
        }

        Assert.Equal(new Reached(1, known), newcomers.Outcome.Lived);
    }

    [Theory]
    [InlineData(1, 12.7062)]
    [InlineData(2, 4.3027)]
    [InlineData(3, 3.1824)]
    [InlineData(4, 2.7764)]
    [InlineData(5, 2.5706)]
    [InlineData(10, 2.2281)]
    [InlineData(29, 2.0452)]
    [InlineData(1000, 1.9623)]
    public void Intervals_are_as_wide_as_the_tables_of_Student_say(int degrees, double quantile) =>
        Assert.Equal(quantile, MeanInterval.Quantile975(degrees), degrees < 10 ? 0.003 : 2e-4);

    /// <summary>The outcomes by seed, without what the processor spent on them.</summary>
    private static MethodOutcome[] Compared(ScenarioReport report) => [.. report.Methods.Single().Outcomes.Select(outcome => outcome with { Processor = default })];
}
