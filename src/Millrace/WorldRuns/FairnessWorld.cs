using System.Collections.Immutable;
using Millrace.Models.Policies;

namespace Millrace.WorldRuns;

/// <summary>
/// A world in which two providers publish items of equal quality, and the second comes later: a policy that ranks by clicks hardly shows what has none yet. Beside it one that learns
/// what is new from its likes, without and with a pace that holds half of the places for the second provider.
/// </summary>
internal static class FairnessWorld
{
    /// <summary>The one that comes later.</summary>
    public const string Starved = "provider-1";

    /// <summary>The one that was there first.</summary>
    public const string Favoured = "provider-0";

    /// <summary>How many views the first provider has for itself.</summary>
    public const int HeadStart = 1_000;

    private static readonly WorldScenario Stationary = WorldScenarios.Named("stationary")!;

    public static WorldScenario Scenario { get; } = Stationary with
    {
        Name = "fairness",
        Description = "two providers of equal quality, of which one comes later",
        World = Stationary.World with { Items = Stationary.World.Items with { Providers = 2 } },
        AppraiseEvery = 5,
    };

    /// <summary>What starves, what learns what is new from its topics, and the same with its share of places held.</summary>
    public static ImmutableArray<WorldMethod> Methods { get; } = [Named("popularity"), Named("belief"), Named("belief") with { Name = "belief-paced", Policy = Paced(Named("belief").Policy!) }];

    private static WorldMethod Named(string name) => Stationary.Methods.Single(method => method.Name == name);

    private static Policy Paced(Policy policy) => policy with
    {
        Name = "belief-paced",
        Pacing = [new Pace("provider", Starved, 0.5, 0.5, TimeSpan.FromMinutes(1))],
    };
}
