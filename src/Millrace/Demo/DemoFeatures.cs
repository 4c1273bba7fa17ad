using System.Collections.Immutable;
using Millrace.Features.Definitions;

namespace Millrace.Demo;

/// <summary>Thirty features as a site of articles would have them: what the demo can show, and what speed is measured with.</summary>
internal static class DemoFeatures
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    public static ImmutableArray<FeatureDefinition> All { get; } =
    [
        // The item, whoever asks.
        new CountFeature("clicks_10m", "click", 10 * Minute, CountRead.Log),
        new CountFeature("clicks_1h", "click", Hour, CountRead.Log),
        new CountFeature("clicks_1d", "click", Day, CountRead.Log),
        new CountFeature("impressions_1h", "impression", Hour, CountRead.Log),
        new CountFeature("impressions_1d", "impression", Day, CountRead.Log),
        new DecayedCountFeature("trend", "click", 30 * Minute, CountRead.Log),
        new RateFeature("ctr_1h", "click", "impression", Hour),
        new RateFeature("ctr_1d", "click", "impression", Day) { Prior = RatePrior.Fitted },
        new RateFeature("ctr_by_rank", "click", "impression", Day) { Examination = ExaminationCurve.Default },
        new MeanFeature("dwell", "dwell", "s", Day),
        new DecayedSumFeature("dwell_sum", "dwell", "s", Hour, CountRead.Log),
        new DistinctFeature("readers", "click", Day, CountRead.Log),
        new AgeFeature("fresh", AgeSince.Published, 6 * Hour),
        new AgeFeature("last_click", AgeSince.LastEvent, Hour),
        new ItemValueFeature("words", "words"),
        new ItemIsFeature("video", "kind", "video"),

        // The item, here and now.
        new CrossFeature("clicks_surface", "click", "surface", Day, CountRead.Log),
        new CrossFeature("clicks_country", "click", "context:country", Day, CountRead.Log),
        new TimeOfDayFeature("day_sin", TimeRead.DaySine),
        new TimeOfDayFeature("day_cos", TimeRead.DayCosine),

        // The person.
        new PersonCountFeature("user_clicks", FeatureEntity.User, "click", 7 * Day, CountRead.Log),
        new PersonDistinctFeature("user_items", FeatureEntity.User, "click", 7 * Day, CountRead.Log),
        new PersonAgeFeature("user_away", FeatureEntity.User, "click", Day),
        new RunFeature("run"),

        // The person and the item.
        new CooccurrenceFeature("together", "click", Day) { Span = 5, Depth = 5, Symmetric = true },
        new PastFeature("read_before", FeatureEntity.User, "click", 7 * Day),
        new AffinityFeature("likes_provider", FeatureEntity.User, "click", "provider", 7 * Day),
        new AffinityFeature("likes_topic", FeatureEntity.User, "click", "attribute:topic", 7 * Day),
        new TextSimilarityFeature("like_titles", FeatureEntity.User, "click", "title"),
        new ExpressionFeature("momentum", FeatureEntity.Item, "clicks_10m - clicks_1h"),
    ];
}
