using Millrace.Features.Definitions;

namespace Millrace.Tests.Features.Kinds;

/// <summary>A feature of every kind, in windows that random histories outlast.</summary>
internal static class KindSet
{
    internal static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    internal static readonly TimeSpan Day = TimeSpan.FromDays(1);
    internal static readonly ExaminationCurve Curve = new([1, 0.6, 0.5, 0.3]);

    internal static FeatureSet All { get; } = FeatureSet.Create(
    [
        new SumFeature("sum", "click", "s", 3 * Hour),
        new MeanFeature("mean", "click", "EUR", 3 * Hour),
        new DecayedSumFeature("decayed_sum", "click", "s", Hour),
        new RateFeature("rate", "click", "impression", 6 * Hour) { Strength = 5 },
        new RateFeature("rate_fitted", "click", "impression", 6 * Hour) { Prior = RatePrior.Fitted },
        new RateFeature("rate_by_rank", "click", "impression", 6 * Hour) { Strength = 5, Examination = Curve },
        new ExaminedCountFeature("examined", "impression", null, 6 * Hour, Curve),
        new ExaminedCountFeature("examined_here", "impression", "surface", 3 * Hour, Curve),
        new DistinctFeature("distinct", "click", 3 * Hour) { Precision = 12 },
        new CrossFeature("by_surface", "click", "surface", 3 * Hour),
        new CrossFeature("by_segment", "click", "segment", 3 * Hour, CountRead.Share),
        new CrossFeature("by_country", "click", "context:country", 3 * Hour),
        new CrossFeature("by_slot", "click", "slot", 3 * Hour),
        new AgeFeature("first", AgeSince.FirstEvent, Hour),
        new AgeFeature("last", AgeSince.LastEvent) { Info = new FeatureInfo { Ttl = 2 * Hour, Default = -1 } },
        new PersonCountFeature("user_count", FeatureEntity.User, "click", 5 * Hour),
        new PersonSumFeature("user_sum", FeatureEntity.User, "click", "EUR", 5 * Hour),
        new PersonDecayedFeature("user_decayed", FeatureEntity.User, "click", Hour),
        new PersonAgeFeature("user_age", FeatureEntity.User, "impression"),
        new PersonDistinctFeature("user_distinct", FeatureEntity.User, "click", 5 * Hour),
        new PastFeature("past", FeatureEntity.User, "click", 9 * Hour) { Most = 100 },
        new PastFeature("past_age", FeatureEntity.User, "click", 9 * Hour, PastRead.Age),
        new AffinityFeature("provider", FeatureEntity.User, "click", "provider", 5 * Hour),
        new AffinityFeature("topic", FeatureEntity.User, "click", "attribute:topic", 5 * Hour),
        new TopShareFeature("top_topic", FeatureEntity.User, "click", "attribute:topic", 5 * Hour),
        new TextSimilarityFeature("title", FeatureEntity.User, "click", "title"),
        new EmbeddingSimilarityFeature("embedding", FeatureEntity.User, "click", 8),
        new ItemValueFeature("price", "price"),
        new ItemIsFeature("is_t1", "attribute:topic", "t1"),
        new ContextMatchFeature("match", "kind", "kind"),
        new ContextIsFeature("in_c1", "country", "c1"),
        new ContextValueFeature("degrees", "degrees"),
        new TimeOfDayFeature("hour", TimeRead.Hour),
        new CooccurrenceFeature("lift", "click", 3 * Hour) { Span = 3, Symmetric = true, As = PairRead.Lift },
        new CooccurrenceFeature("jaccard", "click", 3 * Hour) { Span = 3, Symmetric = true, As = PairRead.Jaccard },
        new CooccurrenceFeature("cosine", "click", 3 * Hour) { Span = 3, Symmetric = true, As = PairRead.Cosine },
        new RunFeature("run"),
        new ExpressionFeature("formula", FeatureEntity.Item, "log(max(sum, 0)) / (user_count + 1)"),
    ]);
}
