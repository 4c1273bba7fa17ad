using System.Globalization;
using Millrace.Evaluate;
using Millrace.Learning.Evaluation.OffPolicy;

namespace Millrace.Pareto;

/// <summary>From estimates to rows: what may be believed, and what is on the frontier.</summary>
internal static class ParetoVerdicts
{
    public static ParetoReport Report(
        ParetoRequest request, IReadOnlyList<string> heads, double[][] weightings, PrefixIps estimator, IReadOnlyList<long> events, LeftOut left)
    {
        var present = estimator.Estimate(0);
        ParetoRow[] rows = [.. weightings.Select((weights, i) => Row(request, heads, weights, i == 0 ? present : estimator.Estimate(i), present) with { Present = i == 0 })];
        int[] judged = [.. Enumerable.Range(0, rows.Length).Where(i => rows[i].Passes)];
        foreach (var at in Frontier.Of([.. judged.Select(i => rows[i].Values.Select(value => value.Snips).ToArray())], [.. request.Objectives.Select(objective => objective.LessIsBetter)]))
        {
            rows[judged[at]] = rows[judged[at]] with { Frontier = true };
        }

        return new ParetoReport
        {
            Surface = request.Surface,
            Policy = request.Policy.Name,
            Objectives = request.Objectives,
            Events = events,
            Decisions = estimator.Decisions,
            LeftOut = left.Counts,
            WindowSeconds = request.Window.TotalSeconds,
            Replicates = request.Replicates,
            Seed = request.Seed,
            LeastEffective = request.LeastEffective,
            LeastCovered = request.LeastCovered,
            Rows = rows,
        };
    }

    private static ParetoRow Row(ParetoRequest request, IReadOnlyList<string> heads, double[] weights, PolicyEstimate estimate, PolicyEstimate present)
    {
        var why = Why(request, estimate);
        return new ParetoRow
        {
            Weights = heads.Zip(weights).ToDictionary(pair => pair.First, pair => pair.Second, StringComparer.Ordinal),
            Values = [.. request.Objectives.Select((_, objective) => Value(estimate, present, objective))],
            EffectiveDecisions = estimate.Effective,
            MaxWeight = estimate.MaxWeight,
            Covered = estimate.Covered,
            Verdict = why is null ? ParetoRow.Pass : ParetoRow.NotEvaluable,
            Why = why,
        };
    }

    private static ParetoValue Value(PolicyEstimate estimate, PolicyEstimate present, int objective)
    {
        var (low, high) = estimate.Interval(objective);
        var (above, aboveLow, aboveHigh) = estimate.Above(present, objective);
        return new ParetoValue(estimate.Value(objective), low, high, estimate.Plain[objective], above, aboveLow, aboveHigh);
    }

    private static string? Why(ParetoRequest request, PolicyEstimate estimate) => estimate switch
    {
        { EmptyPlace: { } place } => string.Create(CultureInfo.InvariantCulture, $"no recorded slate is one of its own down to place {place}"),
        _ when estimate.Covered < request.LeastCovered => string.Create(
            CultureInfo.InvariantCulture, $"{Down(1 - estimate.Covered):P1} of its slates could never have been logged: the log knows nothing of them"),
        _ when estimate.Effective < request.LeastEffective => string.Create(
            CultureInfo.InvariantCulture, $"{estimate.Effective:N0} effective decisions: fewer than {request.LeastEffective:N0}"),
        _ => null,
    };

    private static double Down(double share) => Math.Max(share, 0.001);
}
