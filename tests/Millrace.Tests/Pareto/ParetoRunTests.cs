using Millrace.Flywheel;
using Millrace.Journal.Facts;
using Millrace.Pareto;

namespace Millrace.Tests.Pareto;

/// <summary>Estimates where the truth is known, and what they refuse.</summary>
public sealed class ParetoRunTests
{
    private static readonly double[][] Others = [[0.2, 0.03], [0, 0.01]];

    [Fact]
    public async Task Estimates_of_other_weights_are_the_truth_within_four_standard_errors_and_intervals_hold_it()
    {
        const int Runs = 50;
        const int Decisions = 400;
        var truths = Others.Select(weights => new ParetoWorld(999).Truth(ParetoWorld.Logging with { Objectives = ParetoWorld.Weights(weights[0], weights[1]) }, 20_000)).ToArray();
        var reports = new List<ParetoReport>();
        for (ulong seed = 1; seed <= Runs; seed++)
        {
            reports.Add(await (await new ParetoWorld(seed).LogAsync(Decisions)).JudgeAsync(ParetoWorld.Request(Others)));
        }

        for (var policy = 0; policy < Others.Length; policy++)
        {
            for (var objective = 0; objective < 2; objective++)
            {
                var (truth, error) = truths[policy][objective];
                ParetoValue[] values = [.. reports.Select(report => report.Rows[policy + 1].Values[objective])];
                Near(truth, error, [.. values.Select(value => value.Ips)]);
                Near(truth, error, [.. values.Select(value => value.Snips)]);
                Assert.InRange(values.Count(value => value.Low <= truth && truth <= value.High), Runs * 0.84, Runs);
            }
        }

        // The present weights are what happened, to the last digit that sums leave.
        Assert.All(reports, report => Assert.Equal(report.Rows[0].Values[0].Ips, report.Rows[0].Values[0].Snips, 1e-9));
        Assert.All(reports, report => Assert.Equal((Decisions, 1.0, 1.0), ((int)Math.Round(report.Rows[0].EffectiveDecisions), report.Rows[0].MaxWeight, report.Rows[0].Covered)));
        Assert.All(reports, report => Assert.All(report.Rows, row => Assert.InRange(row.Covered, 1 - 1e-9, 1 + 1e-9)));
    }

    [Fact]
    public async Task The_same_log_gives_the_same_report_and_the_frontier_leans_from_one_objective_to_the_other()
    {
        var world = await new ParetoWorld(5).LogAsync(3_000);
        var request = ParetoWorld.Request() with { Weightings = null, Steps = 4, LeastEffective = 50 };
        var report = await world.JudgeAsync(request);
        Assert.Equal(report.ToJson(), (await world.JudgeAsync(request)).ToJson());
        Assert.InRange(report.Rows.Count, 5, 6);
        ParetoRow[] frontier = [.. report.Rows.Where(row => row.Frontier).OrderBy(row => row.Values[0].Snips)];
        Assert.InRange(frontier.Length, 2, report.Rows.Count);
        Assert.Equal(frontier.OrderByDescending(row => row.Values[1].Snips), frontier);
        Assert.True(report.Rows.Single(row => row.Weights["dwell"] == 0).Values[0].AboveHigh > 0);
    }

    [Fact]
    public async Task A_propensity_that_the_policy_did_not_give_is_seen()
    {
        var world = await new ParetoWorld(3).LogAsync(200, (i, decided) => i % 10 != 0 ? decided : decided with
        {
            Slots = [decided.Slots[0] with { Items = decided.Slots[0].Items.SetItem(1, decided.Slots[0].Items[1] with { Propensity = decided.Slots[0].Items[1].Propensity * 1.02 }) }],
        });
        var report = await world.JudgeAsync(ParetoWorld.Request(Others));
        Assert.Equal((180, 20), (report.Decisions, report.LeftOut[PolicyToEvaluation.NotReproduced]));
        Assert.Contains("do not trust this log", ParetoText.Of(report), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Erased_and_slim_records_are_counted_and_left_out()
    {
        var world = await new ParetoWorld(3).LogAsync(300, (i, decided) => (i % 3) switch
        {
            0 => decided with { Inputs = null },
            _ when i == 299 => decided with { Policy = "home@7" },
            _ => decided,
        });
        var erased = 0;
        var report = await world.JudgeAsync(ParetoWorld.Request(Others), decided => decided.Inputs is null || erased++ >= 50 ? decided : decided with { Inputs = null, Erased = true });
        Assert.Equal((100, 50, 1, 149), (report.LeftOut["notRecorded"], report.LeftOut["erased"], report.LeftOut[PolicyToEvaluation.PolicyMissing], report.Decisions));
    }

    [Fact]
    public async Task Without_support_in_the_log_nothing_is_claimed()
    {
        // Only the two best were ever drawn: the slates of a policy that turns the order round are not among those.
        var world = new ParetoWorld(3) { Policy = ParetoWorld.Logging with { Explore = new(0.5, 2) } };
        var report = await (await world.LogAsync(500)).JudgeAsync(ParetoWorld.Request(Others) with { Policy = world.Policy });
        Assert.Equal(ParetoRow.Pass, report.Rows[0].Verdict);
        ParetoRow turned = report.Rows[2];
        Assert.Equal(ParetoRow.NotEvaluable, turned.Verdict);
        Assert.InRange(turned.Covered, 0, 0.5);
        Assert.False(turned.Frontier);
        Assert.NotNull(turned.Why);
    }

    [Fact]
    public async Task Too_few_effective_decisions_are_too_few_and_say_so()
    {
        var world = await new ParetoWorld(3).LogAsync(300);
        var report = await world.JudgeAsync(ParetoWorld.Request(Others) with { LeastEffective = 299 });
        Assert.Equal([ParetoRow.Pass, ParetoRow.NotEvaluable, ParetoRow.NotEvaluable], report.Rows.Select(row => row.Verdict));
        Assert.Contains("effective decisions: fewer than 299", report.Rows[1].Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_log_that_says_nothing_is_refused_with_its_reasons()
    {
        var none = await Assert.ThrowsAsync<InvalidDataException>(() => new ParetoWorld(3).JudgeAsync(ParetoWorld.Request(Others)));
        Assert.Contains("no decisions of surface 'home'", none.Message, StringComparison.Ordinal);
        var slim = await new ParetoWorld(3).LogAsync(10, (_, decided) => decided with { Inputs = null });
        var refused = await Assert.ThrowsAsync<InvalidDataException>(() => slim.JudgeAsync(ParetoWorld.Request() with { Weightings = null }));
        Assert.Contains("10: slim records", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>Four standard errors of the mean over runs, and of the truth, which is drawn as well.</summary>
    private static void Near(double truth, double error, double[] estimates)
    {
        var mean = estimates.Average();
        var variance = estimates.Sum(estimate => (estimate - mean) * (estimate - mean)) / (estimates.Length - 1);
        var bound = 4 * Math.Sqrt((variance / estimates.Length) + (error * error));
        Assert.InRange(mean - truth, -bound, bound);
    }
}
