using Millrace.Evaluate;
using Millrace.Learning.Evaluation.OffPolicy;
using Millrace.Models.Policies;
using Millrace.Models.Shelf;
using Millrace.Pareto;
using Millrace.Tests.Pareto;

namespace Millrace.Tests.Learning.Evaluation;

/// <summary>A policy by recorded decisions, where the truth is known: the real decider decides with it.</summary>
public sealed class JournalEvaluationTests
{
    private static readonly Policy Other = ParetoWorld.Logging with { Objectives = ParetoWorld.Weights(0.2, 0.03) };

    [Fact]
    public async Task Estimates_of_another_policy_are_the_truth_within_four_standard_errors_and_intervals_hold_it()
    {
        const int Runs = 40;
        var (truth, error) = new ParetoWorld(999).Truth(Other, 20_000)[0];
        var found = new List<Estimate>();
        for (ulong seed = 1; seed <= Runs; seed++)
        {
            found.AddRange((await JudgeAsync(await new ParetoWorld(seed).LogAsync(400), Other)).Estimates);
        }

        Assert.Equal(["cascadeDr", "rips", "sips", "snrips", "snsips"], found.Select(static estimate => estimate.Name).Distinct().Order());
        foreach (var estimates in found.GroupBy(static estimate => estimate.Name))
        {
            double[] values = [.. estimates.Select(static estimate => estimate.Value)];
            var mean = values.Average();
            var spread = Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (Runs - 1) / Runs);
            Assert.InRange(mean, truth - (4 * (spread + error)), truth + (4 * (spread + error)));
            Assert.InRange(estimates.Count(estimate => estimate.Interval.Holds(truth)), Runs * 0.82, Runs);
        }
    }

    [Fact]
    public async Task The_policy_that_decided_is_worth_what_was_logged()
    {
        var found = await JudgeAsync(await new ParetoWorld(4).LogAsync(300), ParetoWorld.Logging);
        Assert.Equal((300, 1.0, 1.0), (found.Overlap.Decisions, found.Overlap.MaxWeight, Math.Round(found.Overlap.Covered, 9)));
        Assert.All(found.Estimates.Where(static estimate => estimate.Name != "cascadeDr"), estimate => Assert.Equal(found.Logged[0], estimate.Value, 1e-9));
        Assert.Equal(Verdict.Pass, found.Verdict);
    }

    [Fact]
    public async Task A_policy_that_the_log_never_made_is_not_evaluable()
    {
        // The log always showed its best by clicks; the judged policy draws from the worst by clicks alone.
        var world = await new ParetoWorld(6) { Policy = ParetoWorld.Logging with { Explore = new Exploration(0, 7) } }.LogAsync(300);
        var found = await JudgeAsync(world, ParetoWorld.Logging with { Objectives = ParetoWorld.Weights(-1, 0), Explore = new Exploration(0, 7) });
        Assert.Equal(Verdict.NotEvaluable, found.Verdict);
        Assert.Contains(NotEvaluableReason.NotCovered, found.Reasons);
        Assert.Contains(NotEvaluableReason.WeightsOff, found.Reasons);
    }

    private static async Task<Millrace.Learning.Evaluation.OffPolicy.Evaluation> JudgeAsync(ParetoWorld world, Policy policy)
    {
        var request = new JournalRequest
        {
            Surface = "home",
            Policy = policy,
            Outcome = new Objective("reward", "click", false, false),
            Options = new EstimationOptions { Replicates = 100 },
            Gates = [],
        };
        return await new JournalEvaluation(world.Journal, MemoryModelShelf.Empty, request, static (_, fault) => Assert.Fail(fault.Message)).RunAsync(TestContext.Current.CancellationToken);
    }
}
