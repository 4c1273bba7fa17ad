using System.Collections.Immutable;
using Millrace.Features.Definitions;
using Millrace.World;

namespace Millrace.WorldRuns;

/// <summary>A world, how long it is watched, and the methods that are tried in it.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Description">What it asks of a method.</param>
/// <param name="World">The world; its seed is the run's.</param>
/// <param name="Views">How many views a run has, unless asked for otherwise.</param>
internal sealed record WorldScenario(string Name, string Description, WorldOptions World, int Views)
{
    /// <summary>All features that the methods' policies read.</summary>
    public required ImmutableArray<FeatureDefinition> Features { get; init; }

    /// <summary>Baselines first.</summary>
    public required ImmutableArray<WorldMethod> Methods { get; init; }

    /// <summary>One view in so many is held against the oracle, which looks at all that is alive; the same views whatever the method.</summary>
    public int AppraiseEvery { get; init; } = 1;
}
