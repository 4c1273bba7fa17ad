using System.Collections.Immutable;
using Millrace.Models.Policies;

namespace Millrace.Node.Configuration;

/// <summary>How a policy makes a slate: what it limits and wants, what likeness costs, and how it explores.</summary>
internal static class SlateShape
{
    private static readonly ImmutableArray<(string Word, ExplorationMethod Method)> Methods =
    [
        ("epsilonGreedy", ExplorationMethod.EpsilonGreedy), ("squareCb", ExplorationMethod.SquareCb), ("plackettLuce", ExplorationMethod.PlackettLuce),
        ("thompson", ExplorationMethod.Thompson),
    ];

    private static readonly ScalarShape Name = Scalars.Line("the name of an attribute: kind, provider, or one of the items' own", 64);

    public static IEnumerable<Field> Settings() =>
    [
        new("explore", new ObjectShape("a mapping",
        [
            new("method", Scalars.OneOf([.. Methods.Select(method => method.Word)]), "The rule. `epsilonGreedy`: the best. `squareCb`: less, the further a score is behind the best. `plackettLuce`: the softmax of the scores. `thompson`: how often an item is the best under draws of what models are unsure of.", "epsilonGreedy", "the plain one"),
            new("epsilon", Scalars.Number(0, 1), "This share of the probability is uniform over what may be drawn, whatever the rule: each item there has at least `epsilon` over their number.", "0", "exploring costs clicks: it is asked for, not assumed"),
            new("gamma", Scalars.Number(1e-9, 1e9), "Of `squareCb`: the greater, the greedier. It multiplies differences of scores as they are.", "20", "gaps of a twentieth of a click weigh as much as one more candidate"),
            new("temperature", Scalars.Number(1e-9, 1e9), "Of `plackettLuce`: the smaller, the greedier; in the unit of the scores.", "1", "the plain softmax"),
            new("draws", Scalars.Integer(1, 1_000), "Of `thompson`: how many draws. The policy is these draws, so that its probabilities are exact.", "100", "shares of a hundredth"),
            new("top", Scalars.Integer(1, PolicyValidator.MostCandidates), "How many of the best may be drawn.", "20", "DESIGN: K is 20 unless a policy says otherwise"),
            new("new", new ObjectShape("new items like {trials: views_30d, below: 200, take: 2}",
            [
                new("trials", Scalars.Name, "The feature that counts how often an item was tried; missing counts as never.", Required: true),
                new("below", Scalars.Number(1e-9, 1e12), "An item with fewer trials is new.", Required: true),
                new("take", Scalars.Integer(1, 100), "At most so many of them at a place, the best.", "2", "as many as a slate can spare"),
            ]), "New items that may be drawn beside the best, until they were tried often enough.") { Optional = true },
        ]), "Exploration with exact propensities."),
        new("atMost", new MapShape("a mapping of attribute to count", Scalars.Integer(1, 1_000), 16), "At most so many items of one value of an attribute in a slate: `kind`, `provider`, or one of the items' own, of which the first value counts."),
        new("atLeast", new ListShape("a list of quotas", new ObjectShape("a quota like {attribute: kind, value: video, least: 2, top: 5} or {fresh: 6h, share: 0.1}",
        [
            new("attribute", Name, "`kind`, `provider`, or one of the items' own."),
            new("value", Scalars.Line("a value of 1 to 128 characters", 128), "The value that is wanted of it; of several, one is enough."),
            new("fresh", Scalars.Duration(TimeSpan.FromSeconds(1), TimeSpan.FromDays(3650)), "In place of attribute and value: items published at most so long ago."),
            new("least", Scalars.Integer(1, PolicyValidator.MostItems), "So many."),
            new("share", Scalars.Share, "In place of least: so much of the places, rounded up."),
            new("top", Scalars.Integer(1, PolicyValidator.MostItems), "In the first so many places, over the slots in their order; without it, in all."),
        ]), 0, Quota.MostOfPolicy), "At least so many items of a kind in a slate. Where not all can be met, the last declared gives way first; the reply then says `constraintsRelaxed` and which."),
        new("diversity", new ObjectShape("diversity like {mmr: 0.3, by: topic}",
        [
            new("mmr", Scalars.Number(1e-9, 1e9), "What full likeness to an item above costs, in the unit of the scores.", Required: true),
            new("by", Name, "The attribute whose equal values are alike."),
            new("embedding", Scalars.Name, "In place of by: a feature of items' vectors, whose cosine is likeness."),
        ]), "What likeness to the items above costs (maximal marginal relevance).") { Optional = true },
        new("pacing", new ListShape("a list of paces", new ObjectShape("a pace like {attribute: provider, value: acme, least: 10%, most: 30%, over: 1h}",
        [
            new("attribute", Name, "`kind`, `provider`, or one of the items' own.", Required: true),
            new("value", Scalars.Line("a value of 1 to 128 characters", 128), "The value whose items share the places; of several that an item has, one is enough.", Required: true),
            new("least", Scalars.Share, "At least this share of the places: a lack of it raises what these items are worth."),
            new("most", Scalars.Share, "At most this share of the places: beyond it these items are worth less."),
            new("over", Scalars.Duration(Pace.Shortest, Pace.Longest), "The time over which it should hold.", "1h", "long enough for slates to differ, short enough for people to see it hold"),
        ]), 0, Pace.MostOfPolicy), "Shares of the places, pins left out, that a surface's slates hold over time. A controller on each node adds a bonus to the scores of a pace's items, or takes one, and learns it from what was placed; it starts from nothing when the node does, and comes there within the time of the pace. Full records hold the bonus in force."),
    ];

    public static Policy Bind(BoundObject policy, Policy into)
    {
        var explore = policy["explore"].Object!;
        return into with
        {
            Explore = new Exploration(explore.Get<double>("epsilon"), explore.Get<int>("top"))
            {
                Method = Methods.First(method => method.Word == explore["method"].Text).Method,
                Gamma = explore.Get<double>("gamma"),
                Temperature = explore.Get<double>("temperature"),
                Draws = explore.Get<int>("draws"),
                New = explore["new"].Object is { } fresh ? new NewItems(fresh["trials"].Text!, fresh.Get<double>("below"), fresh.Get<int>("take")) : null,
            },
            AtMost = policy["atMost"].Entries.ToImmutableSortedDictionary(e => e.Name, e => (int)e.Value.Value!, StringComparer.Ordinal),
            AtLeast = [.. policy["atLeast"].Items.Select(quota => BindQuota(quota.Object!))],
            Diversity = policy["diversity"].Object is { } diversity ? BindDiversity(diversity) : null,
            Pacing = [.. policy["pacing"].Items.Select(pace => BindPace(pace.Object!))],
        };
    }

    private static Quota BindQuota(BoundObject quota) => new()
    {
        Attribute = quota["attribute"].Text,
        Value = quota["value"].Text,
        Fresh = quota.Find<TimeSpan>("fresh"),
        Least = quota.Find<int>("least") ?? 0,
        Share = quota.Find<double>("share") ?? 0,
        Top = quota.Find<int>("top"),
    };

    private static Pace BindPace(BoundObject pace) =>
        new(pace["attribute"].Text!, pace["value"].Text!, pace.Find<double>("least"), pace.Find<double>("most"), pace.Get<TimeSpan>("over"));

    private static Diversity BindDiversity(BoundObject diversity) =>
        new(diversity.Get<double>("mmr"), diversity["embedding"].Text ?? diversity["by"].Text ?? "", diversity["embedding"].Text is not null);
}
