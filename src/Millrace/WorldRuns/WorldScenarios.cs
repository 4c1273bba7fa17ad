using System.Collections.Immutable;
using Millrace.World;
using Millrace.World.Audience;
using Millrace.World.Items;

namespace Millrace.WorldRuns;

/// <summary>
/// The scenarios that methods are judged in. Four countries share their tastes (of eight topics), which only clicks tell; no visit has an intent of its own, so that the oracle
/// can be reached by who knows what a country likes. The worlds stood before any method was tuned in them.
/// </summary>
internal static class WorldScenarios
{
    /// <summary>Nothing is born, fades or dies within a run.</summary>
    private static readonly TimeSpan Ages = TimeSpan.FromDays(36_500);

    /// <summary>How long a drifting world stands before it has moved on by one draw.</summary>
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(500);

    /// <summary>Of visitors and of items.</summary>
    internal const int Countries = 4;

    private static readonly WorldOptions Still = new()
    {
        Topics = 8,
        Countries = Countries,
        Items = new ItemOptions { Live = 200, Lifetime = Ages, HalfLife = Ages },
        Audience = new AudienceOptions { ViewsPerSecond = 20, CountryShare = 1, IntentShare = 0 },
    };

    private static readonly WorldOptions Flood = Still with
    {
        Items = new ItemOptions { Live = 300, Lifetime = TimeSpan.FromSeconds(300), HalfLife = TimeSpan.FromSeconds(600) },
    };

    private static readonly WorldOptions Newborn = Still with
    {
        Items = new ItemOptions { Live = 200, Lifetime = TimeSpan.FromSeconds(1_000), HalfLife = Ages, PlantedEvery = 10 },
    };

    public static ImmutableArray<WorldScenario> All { get; } =
    [
        Scenario("stationary", "four segments with tastes of their own, 200 items, nothing moves", Still, views: 20_000, ScenarioMethods.WholeRun),
        Scenario("drifting", "tastes of segments and qualities of items move on within 10,000 views", Still with { Drift = Turn }, views: 30_000, Turn / 2),
        Scenario("flood", "an item is born every second, 20 views, and lives for 6,000 views", Flood, views: 24_000, ScenarioMethods.WholeRun),
        Scenario("large", "3,000 items: more than candidates can hold", Still with { Items = Still.Items with { Live = 3_000 } }, views: 20_000, ScenarioMethods.WholeRun) with { AppraiseEvery = 10 },
        Scenario("newcomers", "one in ten of the items born, one in 1,000 views, is of the best quality: are they found?", Newborn, views: 40_000, ScenarioMethods.WholeRun),
    ];

    /// <summary>The scenario of that name; null when there is none.</summary>
    public static WorldScenario? Named(string name) => All.FirstOrDefault(scenario => scenario.Name == name);

    private static WorldScenario Scenario(string name, string description, WorldOptions world, int views, TimeSpan window) => new(name, description, world, views)
    {
        Features = ScenarioMethods.Features(window),
        Methods = ScenarioMethods.All(window),
    };
}
