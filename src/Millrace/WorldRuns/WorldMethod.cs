using Millrace.Models.Policies;

namespace Millrace.WorldRuns;

/// <summary>What is compared with others in a scenario.</summary>
/// <param name="Name">Its name on the command line and in reports.</param>
/// <param name="Policy">What decides; null draws evenly.</param>
/// <param name="IsBaseline">Whether the others must beat it.</param>
internal sealed record WorldMethod(string Name, Policy? Policy, bool IsBaseline = false)
{
    /// <summary>How often priors are fitted again, in the world's time.</summary>
    public TimeSpan Refit { get; init; } = TimeSpan.FromMinutes(1);
}
