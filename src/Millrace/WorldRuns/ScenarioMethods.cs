using System.Collections.Immutable;
using Millrace.Features.Definitions;
using Millrace.Models.Policies;

namespace Millrace.WorldRuns;

/// <summary>The features and policies that are compared in worlds.</summary>
internal static class ScenarioMethods
{
    private const string Segment = "segment";
    private const string Belief = "belief_here";

    /// <summary>A place draws one of the eight, which is one draw of the posterior, however many there are.</summary>
    private static readonly Exploration Thompson = new(0, 20) { Method = ExplorationMethod.Thompson, Draws = 8 };

    /// <summary>Beside the best: the best of those that were looked at less than fifty times.</summary>
    private static readonly NewItems New = new("looks", 50, 1);

    /// <summary>What the site believes of its page; the worlds' is steeper: by the power of 0.7 of the rank.</summary>
    private static readonly ExaminationCurve Page = ExaminationCurve.Default;

    /// <summary>Longer than any run: nothing leaves.</summary>
    public static readonly TimeSpan WholeRun = TimeSpan.FromHours(6);

    /// <summary>What the policies of <see cref="All"/> read.</summary>
    /// <param name="window">How far back they look: the whole run where nothing moves, less where it does.</param>
    public static ImmutableArray<FeatureDefinition> Features(TimeSpan window) =>
    [
        new CountFeature("clicks", "click", window),
        new RateFeature("rate", "click", "impression", window) { Prior = RatePrior.Fitted, Examination = Page },
        new CrossFeature("clicks_here", "click", Segment, window),
        new ExaminedCountFeature("views_here", "impression", Segment, window, Page),

        // The segment's own rate, drawn to the item's rate everywhere as long as the segment has seen it seldom.
        new ExpressionFeature("rate_here", FeatureEntity.ItemContext, "(clicks_here + 20 * rate) / (views_here + 20)"),

        // What the baselines do not know: items are liked more at home. By how much was chosen, as all numbers here, on other seeds than it is judged by: docs/results/world.md.
        new ContextMatchFeature("home", WorldFacts.Country, "attribute:" + WorldFacts.Country),
        new ExpressionFeature("prior_here", FeatureEntity.ItemContext, "min(0.9, rate * (0.85 + 0.6 * home))"),
        new ExpressionFeature("belief_here", FeatureEntity.ItemContext, "(clicks_here + 20 * prior_here) / (views_here + 20)"),

        // The Beta posterior of a cell, sharpened (Chapelle and Li, NIPS 2011): eight places are eight draws a view, and drawn as it is it explores beyond the run's end.
        new ExpressionFeature("won_here", FeatureEntity.ItemContext, "40 * (clicks_here + 20 * prior_here)"),
        new ExpressionFeature("tried_here", FeatureEntity.ItemContext, "40 * (views_here + 20)"),
        new ExaminedCountFeature("looks", "impression", null, window, Page),
    ];

    /// <summary>The baselines, then what must beat them.</summary>
    /// <param name="window">The window of the popular source.</param>
    public static ImmutableArray<WorldMethod> All(TimeSpan window) =>
    [
        new WorldMethod("uniform", null, IsBaseline: true),
        new WorldMethod("popularity", Blending("popularity", window, "clicks"), IsBaseline: true),
        new WorldMethod("greedy", Blending("greedy", window, "rate_here"), IsBaseline: true),
        new WorldMethod("epsilon-greedy", Blending("epsilon-greedy", window, "rate_here") with { Explore = new Exploration(0.1, 20) }),
        new WorldMethod("belief", Blending("belief", window, Belief)),
        new WorldMethod("belief-new", Blending("belief-new", window, Belief) with { Explore = new Exploration(0.02, 1) { New = New } }),
        new WorldMethod("thompson", Believing("thompson", window, Thompson)),
        new WorldMethod("thompson-new", Believing("thompson-new", window, Thompson with { Epsilon = 0.02, New = New })),
        new WorldMethod("squarecb", Blending("squarecb", window, Belief) with { Explore = new Exploration(0, 20) { Method = ExplorationMethod.SquareCb, Gamma = 5_000 } }),
        new WorldMethod("plackett-luce", Blending("plackett-luce", window, Belief) with { Explore = new Exploration(0, 20) { Method = ExplorationMethod.PlackettLuce, Temperature = 0.005 } }),
    ];

    private static Policy Believing(string name, TimeSpan window, Exploration explore) => Blending(name, window, Belief) with
    {
        Blend = ImmutableSortedDictionary.Create<string, double>(StringComparer.Ordinal),
        Heads = ImmutableSortedDictionary.CreateRange<string, Head>(StringComparer.Ordinal, [KeyValuePair.Create<string, Head>("click", new BetaHead("won_here", "tried_here", 0.001, 0.02))]),
        Objectives = ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, [KeyValuePair.Create("click", 1.0)]),
        Explore = explore,
    };

    private static Policy Blending(string name, TimeSpan window, string feature) => new()
    {
        Name = name,
        Version = 1,
        Candidates = [new CandidateSource(CandidateSourceKind.Popular, 500, window), new CandidateSource(CandidateSourceKind.Recent, 1000)],
        Blend = ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, [KeyValuePair.Create(feature, 1.0)]),
        Segment = WorldFacts.Country,
    };
}
