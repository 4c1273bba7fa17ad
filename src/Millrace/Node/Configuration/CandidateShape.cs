using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Millrace.Models.Policies;

namespace Millrace.Node.Configuration;

/// <summary>Where a policy's candidates come from, and which may be shown.</summary>
internal static class CandidateShape
{
    /// <summary>The keys of which a source has exactly one, with the keys that may stand beside each.</summary>
    public static ImmutableArray<(string Kind, CandidateSourceKind Source, ImmutableArray<string> Beside)> Kinds { get; } =
    [
        ("popular", CandidateSourceKind.Popular, ["segment"]),
        ("recent", CandidateSourceKind.Recent, []),
        ("similar", CandidateSourceKind.Similar, []),
        ("trending", CandidateSourceKind.Trending, []),
        ("alsoLiked", CandidateSourceKind.AlsoLiked, ["pairs"]),
        ("affinity", CandidateSourceKind.Affinity, ["window"]),
        ("neighbours", CandidateSourceKind.Neighbours, ["of"]),
        ("new", CandidateSourceKind.New, ["trials"]),
    ];

    private static readonly TimeSpan LongestWindow = TimeSpan.FromDays(90);

    private const string Context = "context.";

    private static ScalarShape OfContext { get; } = new(
        "`context.` and the name of a key, like context.item",
        static text => text.StartsWith(Context, StringComparison.Ordinal) && Names.IsName(text[Context.Length..]) ? text[Context.Length..] : null,
        static () => new JsonObject { ["type"] = "string", ["pattern"] = $"^context\\.{Names.Pattern[1..]}" });

    private static ScalarShape Window { get; } = Scalars.Duration(TimeSpan.FromMinutes(1), LongestWindow);

    public static IEnumerable<Field> Settings() =>
    [
        new("candidates", new ListShape("a list of candidate sources", Candidate(), 1, 32), "Where candidates come from, in order."),
        new("pool", Scalars.Integer(1, PolicyValidator.MostCandidates), "The most candidates of all sources together. Each source then counts only what none before it named, and the last ones fill up the pool; without it what a source names counts, named before or not."),
        new("firstPhase", FirstPhaseShape.Setting(), "A first phase of ranking: the sources fill a wide pool, weighted or not, and a cheap model keeps the best of it for the `pool`.") { Optional = true },
        new("filters", FilterShape.List(), "Which items may be shown, whatever names them: sources, the request, pins. Beside these an item must be live: published, not expired, not deleted."),
        new("boosts", new ListShape("a list of items", new ObjectShape("an item id, or an item like {item: story-7, worth: 0.5}",
        [
            new("item", Scalars.Line("an item id of 1 to 128 characters", 128), "The item.", Required: true),
            new("worth", Scalars.Number(-1e9, 1e9), "What is added to its score, in the unit of the scores; without it the item is ranked like the others."),
        ]) { Short = "item" }, 0, 100), "Items that an editor wants among the candidates whatever the sources name: `story-7`, or `{item: story-7, worth: 0.5}`."),
    ];

    public static Policy Bind(BoundObject policy, Policy into, ModelFiles models) => into with
    {
        Candidates = [.. policy["candidates"].Items.Select(c => Candidate(c.Object!))],
        Pool = policy.Find<int>("pool"),
        FirstPhase = policy["firstPhase"].Object is { } phase ? FirstPhaseShape.Bind(phase, models) : null,
        Filters = FilterShape.Bind(policy["filters"]),
        Boosts = [.. policy["boosts"].Items.Select(boost => boost.Object!["item"].Text!).Distinct(StringComparer.Ordinal)],
        Worths = policy["boosts"].Items.Select(boost => (Item: boost.Object!["item"].Text!, Worth: boost.Object!.Find<double>("worth"))).Where(boost => boost.Worth is not null)
            .GroupBy(boost => boost.Item, StringComparer.Ordinal).ToImmutableSortedDictionary(same => same.Key, same => same.Sum(boost => boost.Worth!.Value), StringComparer.Ordinal),
    };

    private static ObjectShape Candidate() => new("a source like {popular: 1h, take: 100}, {recent: true, take: 50} or {similar: true, take: 50}",
    [
        new("popular", Window, "Most clicked within this window."),
        new("segment", Scalars.Boolean, "Beside `popular`: most clicked by the request's segment, which the policy's `segment` names.", "false", "most lists are everybody's"),
        new("recent", Scalars.OneOf("true"), "Most recently published."),
        new("similar", Scalars.Name, "Clicked in the same sessions: `true` takes the neighbours of the last click, then of the one before where those are too few; the name of a co-occurrence feature sums over the last clicks as that feature does, by shares. Of each click the 100 best neighbours."),
        new("trending", Scalars.Duration(TimeSpan.FromMinutes(1), LongestWindow / 2), "Clicked more within this window than in the one before: by the rise in standard deviations, smoothed, so that three clicks are none."),
        new("alsoLiked", Window, "What goes with the user's last 20 clicks within this window, in any session: of requests that name a user."),
        new("pairs", Scalars.Name, "Beside `alsoLiked`: the co-occurrence feature whose pairs it reads; without it the first by name, or pairs of a day."),
        new("affinity", Scalars.Name, "An affinity feature: most clicked, then newest, among the items that share the values which that feature knows the person for."),
        new("window", Window, "Beside `affinity`: within which they were clicked most; an hour without it."),
        new("neighbours", Scalars.Name, "A feature of similarity by embedding: the nearest to what that feature compares with. `folding.neighbours` bounds the index that finds them."),
        new("of", OfContext, "Beside `neighbours`: the nearest to the item that this key of the request's context names, such as the page being read, in place of what the person chose. A request that names none, or none that has an embedding, gets nothing from this source."),
        new("new", Window, "Published, or first seen, within this window: of the newest that are kept, those that were tried least."),
        new("trials", Scalars.Name, "Beside `new`: a `count` or `examined` feature of items that tells how often one was tried, such as impressions of a day: the least tried come first, each epoch others of as many trials; without it the newest."),
        new("take", Scalars.Integer(1, PolicyValidator.MostCandidates), "At most so many candidates.", "100", "a slate of ten needs no more to choose from"),
        new("weight", Scalars.Number(-100, 100), "Fuses the lists: an item's places add up, each worth `weight` × log((take + 10) / (rank + 9)), and the best fill the policy's `pool`. A negative weight says that what stands high in this list is worth less than its places elsewhere say: with long windows against short ones, what rises. Sources without a weight propose by themselves, before."),
        new("deadline", Scalars.Duration(TimeSpan.FromMilliseconds(0.1), TimeSpan.FromSeconds(1)), "The source is cut after so long; what it gave by then stays, and the reply says `candidatesLate`."),
    ]);

    private static CandidateSource Candidate(BoundObject source)
    {
        var (key, kind, _) = Kinds.Single(kind => source[kind.Kind].IsWritten);
        return new CandidateSource(kind, source.Get<int>("take"), source[key].Value as TimeSpan? ?? source.Find<TimeSpan>("window"))
        {
            Feature = source[key].Text is { } feature and not "true" ? feature : source["pairs"].Text ?? source["trials"].Text,
            Of = source["of"].Value as string,
            Segment = source.Get<bool>("segment"),
            Weight = source.Find<double>("weight"),
            Deadline = source.Find<TimeSpan>("deadline"),
        };
    }
}
