using System.Collections.Immutable;
using Millrace.Features.Definitions;
using Millrace.Models.Policies;

namespace Millrace.WorldRuns;

/// <summary>The features and policies that are compared in worlds.</summary>
internal static class ScenarioMethods
{
    private const string Segment = "segment";
    private const string Belief = "belief";
    private const string Hope = "hope";
    private const string Won = "won_sharp";
    private const string Tried = "tried_sharp";

    private static readonly Exploration Thompson = new(0, 20) { Method = ExplorationMethod.Thompson, Draws = 8 };

    /// <summary>Beside the best: the best of those that were looked at less than fifty times.</summary>
    private static readonly NewItems New = new("looks", 50, 1);

    /// <summary>What the site believes of its page; the worlds' is steeper: by the power of 0.7 of the rank.</summary>
    private static readonly ExaminationCurve Page = ExaminationCurve.Default;

    /// <summary>Longer than any run: nothing leaves.</summary>
    public static readonly TimeSpan WholeRun = TimeSpan.FromHours(6);

    /// <summary>How often what was learnt is fitted again: some 200 views.</summary>
    private static readonly TimeSpan Often = TimeSpan.FromSeconds(10);

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

        // What the baselines do not know: what an item is elsewhere, and what others of its topics and country are here. By how much is fitted to the run's own events, in the run.
        Learnt(Belief, window, RateRead.Rate),
        Learnt("won", window, RateRead.Successes),
        Learnt("tried", window, RateRead.Trials),

        // Sharpened: the prior twice, what was seen here eight times. Drawn as it is, the posterior explores beyond the run's end; by its mean alone, good items that began badly are
        // never seen again: docs/results/world.md.
        new ExpressionFeature(Won, FeatureEntity.ItemContext, "2 * won + 6 * clicks_here"),
        new ExpressionFeature(Tried, FeatureEntity.ItemContext, "2 * tried + 6 * views_here"),

        // Three standard deviations above the mean, of a gamma posterior: for rules that draw by one score, and know no posterior.
        new ExpressionFeature(Hope, FeatureEntity.ItemContext, "belief + 3 * sqrt(belief / tried)"),
        new ExaminedCountFeature("looks", "impression", null, window, Page),
    ];

    /// <summary>The baselines, then what must beat them.</summary>
    /// <param name="window">The window of the popular source.</param>
    public static ImmutableArray<WorldMethod> All(TimeSpan window) =>
    [
        new WorldMethod("uniform", null, IsBaseline: true),
        new WorldMethod("popularity", Blending("popularity", window, "clicks"), IsBaseline: true),
        new WorldMethod("greedy", Blending("greedy", window, "rate_here"), IsBaseline: true),
        new WorldMethod("belief", Blending("belief", window, Belief)) { Refit = Often },
        new WorldMethod("hope", Blending("hope", window, Hope)) { Refit = Often },
        new WorldMethod("epsilon-greedy", Blending("epsilon-greedy", window, Hope) with { Explore = new Exploration(0.02, 20) }) { Refit = Often },
        new WorldMethod("squarecb", Blending("squarecb", window, Hope) with { Explore = new Exploration(0, 20) { Method = ExplorationMethod.SquareCb, Gamma = 20_000 } }) { Refit = Often },
        new WorldMethod("plackett-luce", Blending("plackett-luce", window, Hope) with { Explore = new Exploration(0, 20) { Method = ExplorationMethod.PlackettLuce, Temperature = 0.005 } }) { Refit = Often },
        new WorldMethod("thompson", Believing("thompson", window, Thompson)) { Refit = Often },
        new WorldMethod("thompson-new", Believing("thompson-new", window, Thompson with { Epsilon = 0.08, Top = 4, New = New })) { Refit = Often },
    ];

    private static ContextRateFeature Learnt(string name, TimeSpan window, RateRead read) => new(name, "click", "impression", Segment, window, read)
    {
        Prior = RatePrior.Fitted,
        Examination = Page,
        Contexts = ContextRateFeature.Written(WorldFacts.Countries),
        Groups = "attribute:topic attribute:" + WorldFacts.Country,
    };

    private static Policy Believing(string name, TimeSpan window, Exploration explore) => Blending(name, window, Belief) with
    {
        Blend = ImmutableSortedDictionary.Create<string, double>(StringComparer.Ordinal),
        Heads = ImmutableSortedDictionary.CreateRange<string, Head>(StringComparer.Ordinal, [KeyValuePair.Create<string, Head>("click", new BetaHead(Won, Tried, 0.001, 0.02))]),
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
