using System.Collections.Immutable;
using Millrace.Features.Definitions;

namespace Millrace.Bench.FeaturesAsOf;

/// <summary>What the engine's side builds.</summary>
internal static class AsOfFeatures
{
    private static readonly (string Name, TimeSpan Length)[] Windows =
        [("10m", TimeSpan.FromMinutes(10)), ("1h", TimeSpan.FromHours(1)), ("6h", TimeSpan.FromHours(6)), ("1d", TimeSpan.FromDays(1)), ("7d", TimeSpan.FromDays(7))];

    /// <summary>
    /// The columns of <see cref="AsOfColumns"/>: windows move in steps of a sixtieth, or of a 24th where they are a person's; the last click is its age in hours; what a user did at all is
    /// in two columns, by event.
    /// </summary>
    public static ImmutableArray<FeatureDefinition> Same { get; } =
    [
        .. AsOfColumns.Windows.SelectMany(window => (FeatureDefinition[])
        [
            new CountFeature($"clicks_{window.Name}", "click", window.Length),
            new CountFeature($"impressions_{window.Name}", "impression", window.Length),
        ]),
        new AgeFeature(AsOfColumns.LastClick, AgeSince.LastEvent),
        new PersonCountFeature(AsOfColumns.UserClicks, FeatureEntity.User, "click", AsOfColumns.UserWindow),
        new PersonCountFeature("user_clicks", FeatureEntity.User, "click", SyntheticLog.Length),
        new PersonCountFeature("user_impressions", FeatureEntity.User, "impression", SyntheticLog.Length),
    ];

    /// <summary>Thirty features of the usual kinds, of 25 states and sections.</summary>
    public static ImmutableArray<FeatureDefinition> Thirty { get; } =
    [
        .. Windows.SelectMany(window => Both(@event => new CountFeature($"{@event}s_{window.Name}", @event, window.Length, CountRead.Log))),
        .. Windows[..2].SelectMany(window => Both(@event => new CountFeature($"{@event}s_share_{window.Name}", @event, window.Length, CountRead.Share))),
        .. Windows[1..4].SelectMany(window => Both(@event => new DecayedCountFeature($"{@event}s_decayed_{window.Name}", @event, window.Length, CountRead.Log))),
        .. Both(@event => new AgeFeature($"since_{@event}", AgeSince.LastEvent, Event: @event)),
        new CooccurrenceFeature("next_1d", "click", TimeSpan.FromDays(1)) { Span = 3, Symmetric = true, Depth = 3 },
        new CooccurrenceFeature("next_pairs_1d", "click", TimeSpan.FromDays(1)) { Span = 3, Symmetric = true, Depth = 1 },
        .. Windows[1..4].SelectMany(window => Both(@event => new PersonCountFeature($"user_{@event}s_{window.Name}", FeatureEntity.User, @event, window.Length))),
    ];

    private static IEnumerable<FeatureDefinition> Both(Func<string, FeatureDefinition> feature) => [feature("click"), feature("impression")];
}
