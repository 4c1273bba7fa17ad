using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Millrace.Node.Configuration;

/// <summary>The declaration of a feature: the settings of all kinds. Which kind takes which stands in <see cref="FeatureKinds"/>.</summary>
internal static partial class FeatureShape
{
    private const string NamePattern = "^[a-z][a-z0-9_]{0,63}$";
    private const string PartPattern = "^(provider|kind|surface|segment|slot|(attribute|context):[A-Za-z0-9][A-Za-z0-9_.-]{0,63})$";

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private static readonly ScalarShape Part = new(
        "a part like 'provider', 'kind' or 'attribute:NAME' of an item, 'surface', 'segment', 'slot' or 'context:NAME' of a request",
        t => PartRegex().IsMatch(t) ? t : null,
        static () => new() { ["type"] = "string", ["pattern"] = PartPattern });

    private static readonly ImmutableArray<Field> Kinds =
    [
        new("count", Scalars.Name, "How often this event happened: within `window`, or decayed by `halfLife`; of an item, a user, a session, or of an item in the request's `by`."),
        new("examined", Scalars.Name, "How often an item was looked at: this event, each weighing what `examination` says of its rank, within `window`; with `by`, in the request's."),
        new("sum", Scalars.Name, "What the values of this event add up to, in `unit`: within `window`, or decayed by `halfLife`."),
        new("mean", Scalars.Name, "The average value of this event, in `unit`, within `window`."),
        new("rate", Rate(), "How many of one event there are per one of another within `window`, drawn towards a prior while there are few; with `by`, of an item in the request's.") { Optional = true },
        new("distinct", Scalars.Name, "How many different persons had this event with an item (estimated), or with how many different items a person had it, within `window`."),
        new("age", Scalars.OneOf("published", "firstSeen", "lastEvent"), "The time since then: halved every `halfLife`, or in hours without one."),
        new("cooccur", Scalars.Name, "How often sessions had this event on the item together with what this session clicked, within `window`."),
        new("similar", Scalars.Name, "How near the item is to what the person had this event with last: by the words of an attribute (`text`), or by vectors (`embedding`)."),
        new("past", Scalars.Name, "What the person had with this very item before, within `window`, of this event."),
        new("affinity", Scalars.Name, "Which share of what the person had this event with has the item's `by`; each weighs half after `halfLife`."),
        new("topShare", Scalars.Name, "Which share of what the person had this event with has the value of `by` that is commonest; each weighs half after `halfLife`."),
        new("run", Scalars.OneOf("items", "minutes"), "How long the session's present run of clicks is: in different items, or in minutes."),
        new("time", Scalars.OneOf("hour", "weekday", "daySine", "dayCosine", "weekSine", "weekCosine"), "When it is asked, on the clock of the person who asks: hours 0 to 23, weekdays 0 (Monday) to 6, or the turn of the day or the week."),
        new("is", Scalars.Line("a value of 1 to 128 characters", 128), "1 when `by` has this value, else 0."),
        new("match", Part, "1 when the request's `context:NAME` has the value of the item's `by`, else 0."),
        new("value", Part, "A number as it is written in an item's `attribute:NAME`, or in the request's `context:NAME`; true and false are 1 and 0."),
        new("component", Scalars.Integer(0, 511), "One number of the item's vector, from 0 on: of the hashed n-grams of `text` in `dimensions`, or of its `embedding`. A feature for each that a model takes."),
        new("expr", Scalars.Line("a formula of 1 to 4096 characters", 4096), "A formula over other features: `clicks_1h / (views_1h + 10)`. + − * / and comparisons, min max abs exp sqrt log(1+x) clamp if coalesce isnan."),
    ];

    private static readonly ImmutableArray<Field> Settings =
    [
        new("event", Scalars.Name, "The event of `age: lastEvent`.", "click", "the commonest sign of life"),
        new("unit", Scalars.Line("a unit of 1 to 64 characters like 's' or 'EUR'", 64), "The unit of the values of `sum` and `mean`; events with another unit, or none, are passed over: seconds and milliseconds never add up."),
        new("window", Scalars.Duration(Second, 90 * Day), "How far back it looks. Items' windows move in steps of a sixtieth, persons' in steps of a 24th."),
        new("halfLife", Scalars.Duration(Second, 90 * Day), "After how long a weight is halved; what is older than eight of it counts no more."),
        new("by", Part, "The part that is compared or told apart."),
        new("contexts", new ListShape("a list of values of `by`", Scalars.Line("a value of 1 to 128 characters", 128), 1, 64),
            "The values of `by` that have factors of their own in a fitted prior: countries, segments; all others share one set. Needed with `by: segment` and `by: context:NAME`, since the fit is recorded in the open; without it every surface or slot has its own."),
        new("groups", new ListShape("a list of parts of items", Part, 1, 4),
            "Parts of items that make groups, of a `rate` with `by` and a fitted prior: what the group earned there is believed of an item that was not tried there. Without it the prior knows the context and the item elsewhere."),
        new("examination", Examination(Scalars.OneOf("dcg")), "What an event of `examined` weighs by its rank: 1/log2(1 + rank), or by a curve of your own; in a context to the nearest 64th.", "dcg", "a curve is an assumption about your page"),
        new("text", Scalars.Name, "The item's attribute that holds the words of `similar` and `component`."),
        new("embedding", Scalars.Integer(8, 512), "How long the vectors of `similar` and `component` are: a multiple of 8. Items with others read as missing, and are counted."),
        new("as", Scalars.OneOf(FeatureKinds.AsWords), "How it is read: `log` is log(1 + x), `share` is of the total; `successes` and `trials` are what a rate is made of, for a `beta` head. Without it a count is a count, and a co-occurrence a share."),
        new("span", Scalars.Integer(1, 20), "With how many earlier items of the session a click is paired.", "1", "measured best on a real click log with `depth` 1"),
        new("symmetric", Scalars.Boolean, "Whether a pair counts in both directions.", "false", "what follows is not what preceded"),
        new("depth", Scalars.Integer(1, 100), "How many of the person's last items are looked at: without it 1 of `cooccur` (at most 20), 20 of `similar`."),
        new("fade", Scalars.Share, "What the item before weighs against the one after it.", "0.5", "used when `depth` is above 1"),
        new("shrink", Scalars.Number(0, 1e9), "Added to the denominator of a share: how many pairs it takes to be believed half.", "10", "one pair is an anecdote"),
        new("most", Scalars.Integer(1, 100), "How many of a person's last items are kept for it.", "100", "16 bytes each; few people have more within a window"),
        new("precision", Scalars.Integer(4, 12), "2^precision registers of an item's `distinct`.", "8", "a standard error of 6.5 % for 192 bytes in each twelfth of the window"),
        new("dimensions", Scalars.Integer(16, 512), "Bytes of each item for the words of `similar` and `component`: a power of two.", "64", "a cache line: titles of ten words rarely collide"),
    ];

    private static readonly ImmutableArray<Field> Infos =
    [
        new("default", Scalars.Number(-1e9, 1e9), "What is read where the value is missing or expired. Without it missing stays missing, which `blend` takes as 0 and `coalesce` sees."),
        new("ttl", Scalars.Duration(Second, 90 * Day), "How old a value may be before it reads as `default`; for kinds that know when they last changed. Without it a value lasts as long as its window."),
        new("fresh", Scalars.Duration(TimeSpan.FromMilliseconds(1), Day), "Within which time of its arrival a fact must show in the value: measured over a minute, and alarmed when it is missed. Without it nothing is promised."),
        new("owner", Scalars.Line("a line of 1 to 128 characters", 128), "Who answers for it."),
        new("description", Scalars.Line("a line of 1 to 1024 characters", 1024), "What it says, for those who read a model."),
        new("sensitivity", Scalars.OneOf("none", "personal", "protected"), "`personal` is erased with the user; `protected` serves to measure fairness, and no policy takes it that does not name it in `allowProtected`. Without it what is of a user or session is personal, all else none."),
        new("life", Scalars.OneOf("active", "deprecated", "removed"), "`deprecated` is computed, and whoever uses it is warned; `removed` is not computed, and its name stays taken. What recent decisions used is not removed.", "active", "what is written is wanted"),
    ];

    /// <summary>What a feature may be written as.</summary>
    public static ObjectShape Feature { get; } = new("a feature like {name: clicks_1h, entity: item, count: click, window: 1h}",
    [
        new("name", new ScalarShape(
            "a name of 1 to 64 of a-z, 0-9 and _ that begins with a letter", t => NameRegex().IsMatch(t) ? t : null,
            static () => new() { ["type"] = "string", ["pattern"] = NamePattern }), "Its name in policies and explanations.", Required: true),
        new("entity", new ScalarShape(
            string.Join(" or ", FeatureKinds.Entities), static t => FeatureKinds.Entity(t),
            static () => new() { ["enum"] = new System.Text.Json.Nodes.JsonArray([.. FeatureKinds.Entities.Select(word => (System.Text.Json.Nodes.JsonNode)word)]) })
        {
            Words = FeatureKinds.Entities,
        }, "What it is a value of. Without it what its kind is mostly of: see docs/FEATURES.md."),
        .. Kinds, .. Settings, .. Infos,
    ]);

    /// <summary>The keys of which a feature has exactly one.</summary>
    public static ImmutableArray<string> KindNames { get; } = [.. Kinds.Select(field => field.Name)];

    /// <summary>The keys that only some kinds take.</summary>
    public static ImmutableArray<string> SettingNames { get; } = [.. Settings.Select(field => field.Name)];

    /// <summary>What a setting is, for a fault that says it is not there.</summary>
    public static string ExpectedOf(string setting) => Settings.Single(field => field.Name == setting).Shape.Expected;

    private static ObjectShape Rate() => new("a rate like {of: click, per: impression}",
    [
        new("of", Scalars.Name, "The event above the line.", Required: true),
        new("per", Scalars.Name, "The event below it.", Required: true),
        new("strength", Scalars.Number(0, 1_000_000), "How many events below the line the prior is worth; a fitted prior brings its own.", "20", "a rate of 5 % is believed half after twenty impressions"),
        new("prior", Scalars.OneOf("window", "fitted"), "The prior's mean: the rate of all items within the same window, or the last one that was fitted to the items' rates (with `by`, to those of contexts, of groups there, and of the item elsewhere).", "window", "exact without any fit"),
        new("examination", Examination(Scalars.OneOf("none", "dcg")),
            "What an event below the line weighs by its rank: one each, 1/log2(1 + rank), or by a curve of your own.", "none", "a curve is an assumption about your page"),
    ]);

    private static EitherShape Examination(ScalarShape words) => new(
        words,
        new ObjectShape("{ranks: [1, 0.63, 0.5]}", [new("ranks", new ListShape("a list of shares", Scalars.Share, 1, 100), "With which probability each rank is looked at; ranks beyond take the last.", Required: true)]));

    [GeneratedRegex(NamePattern, RegexOptions.CultureInvariant)]
    private static partial Regex NameRegex();

    [GeneratedRegex(PartPattern, RegexOptions.CultureInvariant)]
    private static partial Regex PartRegex();
}
