using System.Collections.Immutable;
using Millrace.Features.Definitions;

namespace Millrace.Node.Configuration;

/// <summary>The kinds of features, as they are written and as definitions.</summary>
internal static class FeatureKinds
{
    private const string Cross = "-";

    private static readonly ImmutableArray<string> Persons = ["user", "session"];
    private static readonly ImmutableArray<string> Counts = ["count", "log", "share"];
    private static readonly ImmutableArray<string> Totals = ["count", "log"];

    /// <summary>What features are values of.</summary>
    public static ImmutableArray<string> Entities { get; } =
        ["item", "user", "session", "context", "user-item", "session-item", "user-attribute", "session-attribute", "item-context"];

    /// <summary>Every word of <c>as</c>.</summary>
    public static ImmutableArray<string> AsWords { get; } = ["count", "log", "share", "cosine", "jaccard", "lift", "age", "recency", "rate", "successes", "trials"];

    /// <summary>Kinds with one key stand together; of one key no entity stands twice.</summary>
    public static ImmutableArray<FeatureKind> All { get; } =
    [
        new("count", ["item"], f => f.HalfLife is { } halfLife
            ? new DecayedCountFeature(f.Name, f.Key, halfLife, f.As(CountRead.Count))
            : new CountFeature(f.Name, f.Key, f.Window, f.As(CountRead.Count))) { Either = ["window", "halfLife"], As = Counts },
        new("count", Persons, f => f.HalfLife is { } halfLife
            ? new PersonDecayedFeature(f.Name, f.Person, f.Key, halfLife, As: f.As(CountRead.Count))
            : new PersonCountFeature(f.Name, f.Person, f.Key, f.Window, f.As(CountRead.Count))) { Either = ["window", "halfLife"], As = Totals },
        new("count", ["item-context"], f => new CrossFeature(f.Name, f.Key, f.By, f.Window, f.As(CountRead.Count))) { Needs = ["by", "window"], As = Counts, Parts = [("by", FeatureParts.Request)] },
        new("examined", ["item"], f => new ExaminedCountFeature(f.Name, f.Key, null, f.Window, Curve(f.Written["examination"])!)) { Needs = ["window"], Takes = ["examination"] },
        new("examined", ["item-context"], f => new ExaminedCountFeature(f.Name, f.Key, f.By, f.Window, Curve(f.Written["examination"])!))
        {
            Needs = ["by", "window"], Takes = ["examination"], Parts = [("by", FeatureParts.Request)],
        },
        new("sum", ["item"], f => f.HalfLife is { } halfLife
            ? new DecayedSumFeature(f.Name, f.Key, f.Unit, halfLife, f.As(CountRead.Count))
            : new SumFeature(f.Name, f.Key, f.Unit, f.Window, f.As(CountRead.Count))) { Needs = ["unit"], Either = ["window", "halfLife"], As = Counts },
        new("sum", Persons, f => f.HalfLife is { } halfLife
            ? new PersonDecayedFeature(f.Name, f.Person, f.Key, halfLife, f.Unit, f.As(CountRead.Count))
            : new PersonSumFeature(f.Name, f.Person, f.Key, f.Unit, f.Window, f.As(CountRead.Count))) { Needs = ["unit"], Either = ["window", "halfLife"], As = Totals },
        new("mean", ["item"], f => new MeanFeature(f.Name, f.Key, f.Unit, f.Window)) { Needs = ["unit", "window"] },
        new("rate", ["item"], Rate) { Needs = ["window"] },
        new("rate", ["item-context"], ContextRate)
        {
            Needs = ["by", "window"], Takes = ["contexts", "groups"], As = ["rate", "successes", "trials"], Parts = [("by", FeatureParts.Request)],
        },
        new("distinct", ["item"], f => new DistinctFeature(f.Name, f.Key, f.Window, f.As(CountRead.Count)) { Precision = f.Int("precision") })
        {
            Needs = ["window"], Takes = ["precision"], As = Totals,
        },
        new("distinct", Persons, f => new PersonDistinctFeature(f.Name, f.Person, f.Key, f.Window, f.As(CountRead.Count)) { Most = f.Int("most") })
        {
            Needs = ["window"], Takes = ["most"], As = Totals,
        },
        new("age", ["item"], f => new AgeFeature(f.Name, Enum.Parse<AgeSince>(f.Key, ignoreCase: true), f.HalfLife, f.Written.Get<string>("event"))) { Takes = ["halfLife", "event"] },
        new("age", Persons, f => new PersonAgeFeature(f.Name, f.Person, f.Written.Get<string>("event"), f.HalfLife)) { Takes = ["halfLife", "event"] },
        new("cooccur", ["session-item"], Cooccurrence)
        {
            Needs = ["window"], Takes = ["span", "symmetric", "depth", "fade", "shrink"], As = ["share", "count", "log", "cosine", "jaccard", "lift"],
        },
        new("similar", ["session-item", "user-item"], f => f.Written["text"].Text is { } text
            ? new TextSimilarityFeature(f.Name, f.Person, f.Key, text) { Dimensions = f.Int("dimensions"), Depth = f.Written.Find<int>("depth") ?? 20 }
            : new EmbeddingSimilarityFeature(f.Name, f.Person, f.Key, f.Int("embedding")) { Depth = f.Written.Find<int>("depth") ?? 20 })
        {
            Either = ["text", "embedding"], Takes = ["dimensions", "depth"],
        },
        new("past", ["user-item", "session-item"], f => Past(f)) { Needs = ["window"], Takes = ["halfLife", "most"], As = ["count", "log", "age", "recency"] },
        new("affinity", ["user-attribute", "session-attribute"], f => new AffinityFeature(f.Name, f.Person, f.Key, f.By, f.HalfLife!.Value) { Most = f.Int("most") })
        {
            Needs = ["by", "halfLife"], Takes = ["most"], Parts = [("by", FeatureParts.Item)],
        },
        new("topShare", Persons, f => new TopShareFeature(f.Name, f.Person, f.Key, f.By, f.HalfLife!.Value) { Most = f.Int("most") })
        {
            Needs = ["by", "halfLife"], Takes = ["most"], Parts = [("by", FeatureParts.Item)],
        },
        new("run", ["session"], f => new RunFeature(f.Name, Enum.Parse<RunRead>(f.Key, ignoreCase: true))),
        new("time", ["context"], f => new TimeOfDayFeature(f.Name, Enum.Parse<TimeRead>(f.Key, ignoreCase: true))),
        new("is", ["item"], f => new ItemIsFeature(f.Name, f.By, f.Key)) { Needs = ["by"], Parts = [("by", FeatureParts.Item)] },
        new("is", ["context"], f => new ContextIsFeature(f.Name, WrittenFeature.NameOf(f.By), f.Key)) { Needs = ["by"], Parts = [("by", FeatureParts.Context)] },
        new("match", ["item-context"], f => new ContextMatchFeature(f.Name, WrittenFeature.NameOf(f.Key), f.By))
        {
            Needs = ["by"], Parts = [("match", FeatureParts.Context), ("by", FeatureParts.Item)],
        },
        new("value", ["item"], f => new ItemValueFeature(f.Name, WrittenFeature.NameOf(f.Key))) { Parts = [("value", FeatureParts.Attribute)] },
        new("component", ["item"], f => f.Written["text"].Text is { } text
            ? new ItemComponentFeature(f.Name, f.Int("component"), text, f.Int("dimensions"))
            : new ItemComponentFeature(f.Name, f.Int("component"), null, f.Int("embedding"))) { Either = ["text", "embedding"], Takes = ["dimensions"] },
        new("value", ["context"], f => new ContextValueFeature(f.Name, WrittenFeature.NameOf(f.Key))) { Parts = [("value", FeatureParts.Context)] },
        new("expr", Entities, f => new ExpressionFeature(f.Name, EntityOf(f.Entity), f.Key)),
    ];

    /// <summary>The entity of a word; a cross may be written <c>user×item</c> or <c>user*item</c> too. Null when there is none.</summary>
    public static string? Entity(string text)
    {
        var word = text.Replace("×", Cross, StringComparison.Ordinal).Replace("*", Cross, StringComparison.Ordinal);
        return Entities.Contains(word) ? word : null;
    }

    /// <summary>Whether values are of a person: erased with the user.</summary>
    public static bool IsPersonal(string entity) => entity.StartsWith("user", StringComparison.Ordinal) || entity.StartsWith("session", StringComparison.Ordinal);

    private static FeatureEntity EntityOf(string entity) => entity switch
    {
        "item" => FeatureEntity.Item,
        "user" => FeatureEntity.User,
        "session" => FeatureEntity.Session,
        "context" => FeatureEntity.Context,
        "item-context" => FeatureEntity.ItemContext,
        "user-item" or "session-item" => FeatureEntity.UserItem,
        _ => FeatureEntity.UserAttribute,
    };

    private static RateFeature Rate(WrittenFeature f)
    {
        var rate = f.Written["rate"].Object!;
        return new RateFeature(f.Name, rate.Get<string>("of"), rate.Get<string>("per"), f.Window)
        {
            Strength = rate.Get<double>("strength"),
            Prior = Enum.Parse<RatePrior>(rate.Get<string>("prior"), ignoreCase: true),
            Examination = Curve(rate["examination"]),
        };
    }

    private static ContextRateFeature ContextRate(WrittenFeature f)
    {
        var rate = Rate(f);
        return new ContextRateFeature(f.Name, rate.Of, rate.Per, f.By, f.Window, f.As(RateRead.Rate))
        {
            Strength = rate.Strength,
            Prior = rate.Prior,
            Examination = rate.Examination,
            Contexts = ContextRateFeature.Written(f.Written["contexts"].Items.Select(value => value.Text!)),
            Groups = string.Join(' ', f.Written["groups"].Items.Select(part => part.Text)),
        };
    }

    private static ExaminationCurve? Curve(Bound written) => written switch
    {
        { Text: "dcg" } => ExaminationCurve.Default,
        { Object: { } curve } => new ExaminationCurve(curve["ranks"].Items.Select(share => (double)share.Value!)),
        _ => null,
    };

    private static CooccurrenceFeature Cooccurrence(WrittenFeature f) => new(f.Name, f.Key, f.Window)
    {
        Span = f.Int("span"),
        Symmetric = f.Written.Get<bool>("symmetric"),
        Depth = f.Written.Find<int>("depth") ?? 1,
        Fade = f.Written.Get<double>("fade"),
        Shrink = f.Written.Get<double>("shrink"),
        As = f.As(PairRead.Share),
    };

    private static PastFeature Past(WrittenFeature f)
    {
        var past = new PastFeature(f.Name, f.Person, f.Key, f.Window, f.As(PastRead.Count)) { Most = f.Int("most") };
        return f.HalfLife is { } halfLife ? past with { HalfLife = halfLife } : past;
    }
}
