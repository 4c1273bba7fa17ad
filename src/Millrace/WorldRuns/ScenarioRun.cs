namespace Millrace.WorldRuns;

/// <summary>Runs methods of a scenario under many seeds, several at a time; the outcomes do not depend on how many.</summary>
internal static class ScenarioRun
{
    /// <param name="scenario">The scenario.</param>
    /// <param name="methods">Which of its methods, in the order of the report.</param>
    /// <param name="seeds">The seeds, distinct.</param>
    /// <param name="views">Views of each run.</param>
    /// <param name="parallel">Runs at a time.</param>
    /// <param name="done">Told after each run how many are done and how many there are; one caller at a time.</param>
    /// <param name="cancellation">Ends it.</param>
    public static ScenarioReport Run(
        WorldScenario scenario, IReadOnlyList<WorldMethod> methods, IReadOnlyList<ulong> seeds, int views, int parallel, Action<int, int>? done, CancellationToken cancellation)
    {
        var outcomes = new MethodOutcome[methods.Count * seeds.Count];
        var finished = 0;
        var told = new Lock();
        Parallel.For(0, outcomes.Length, new ParallelOptions { MaxDegreeOfParallelism = parallel, CancellationToken = cancellation }, run =>
        {
            var began = ThreadTime.Now;
            var outcome = new MethodRun(scenario, methods[run % methods.Count], seeds[run / methods.Count]).Run(views, cancellation);
            outcomes[run] = outcome with { Processor = ThreadTime.Now - began };
            lock (told)
            {
                done?.Invoke(++finished, outcomes.Length);
            }
        });
        return new ScenarioReport(scenario.Name, views, seeds, [.. methods.Select((method, m) => new MethodReport(
            method.Name, method.IsBaseline, [.. Enumerable.Range(0, seeds.Count).Select(s => outcomes[(s * methods.Count) + m])]))]);
    }
}
