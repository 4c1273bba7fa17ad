using System.Collections.Immutable;
using Millrace.Features.Definitions;
using Millrace.Models.Policies;

namespace Millrace.WorldRuns;

/// <summary>The features and policies that are compared in worlds.</summary>
internal static class ScenarioMethods
{
    private const string Segment = "segment";

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
    ];

    /// <summary>The baselines, then what must beat them.</summary>
    /// <param name="window">The window of the popular source.</param>
    public static ImmutableArray<WorldMethod> All(TimeSpan window) =>
    [
        new WorldMethod("uniform", null, IsBaseline: true),
        new WorldMethod("popularity", Blending("popularity", window, "clicks"), IsBaseline: true),
        new WorldMethod("greedy", Blending("greedy", window, "rate_here"), IsBaseline: true),
        new WorldMethod("epsilon-greedy", Blending("epsilon-greedy", window, "rate_here") with { Explore = new Exploration(0.1, 20) }),
    ];

    private static Policy Blending(string name, TimeSpan window, string feature) => new()
    {
        Name = name,
        Version = 1,
        Candidates = [new CandidateSource(CandidateSourceKind.Popular, 500, window), new CandidateSource(CandidateSourceKind.Recent, 1000)],
        Blend = ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, [KeyValuePair.Create(feature, 1.0)]),
        Segment = WorldFacts.Country,
    };
}
