using System.Collections.Immutable;
using Millrace.Models.Policies;

namespace Millrace.Node.Configuration;

/// <summary>What a policy predicts of a candidate, and what that is worth.</summary>
internal static class HeadShape
{
    private const int MostHeads = 32;

    private static readonly ScalarShape Weight = Scalars.Number(-1e9, 1e9);

    public static IEnumerable<Field> Settings() =>
    [
        new("blend", Blend(), "The score: the sum of weight times feature. With it there are no `heads`."),
        new("heads", new MapShape("a mapping of heads by name", Head(), MostHeads), "What is predicted of a candidate; each by exactly one of `forest`, `linear`, `blend`, `feature`, `external`, `beta`."),
        new("objectives", new MapShape("a mapping of head to weight", Weight, MostHeads), "What one unit of each head is worth, negative where it harms: the score is the weighted sum of the heads."),
        new("thresholds", new MapShape("a mapping of head to bounds", new ObjectShape("bounds like {atMost: 0.2}",
        [
            new("atMost", Weight, "The largest value that is shown."),
            new("atLeast", Weight, "The smallest value that is shown."),
        ]), MostHeads), "Candidates beyond these values are left out. When fewer are within than the slate has places, the best of the others fill it, and the decision says `thresholdsRelaxed`."),
    ];

    public static Policy Bind(BoundObject policy, Policy into, ModelFiles models) => into with
    {
        Blend = Numbers(policy["blend"]),
        Heads = policy["heads"].Entries.ToImmutableSortedDictionary(e => e.Name, e => BindHead(e.Value.Object!, models), StringComparer.Ordinal),
        Objectives = Numbers(policy["objectives"]),
        Thresholds = policy["thresholds"].Entries.ToImmutableSortedDictionary(
            e => e.Name, e => new Threshold(e.Value.Object!.Find<double>("atMost"), e.Value.Object!.Find<double>("atLeast")), StringComparer.Ordinal),
    };

    private static MapShape Blend() => new("a mapping of feature to weight", Weight, 256);

    private static ObjectShape Head() => new("a head like {forest: models/click.txt}, {blend: {clicks_1h: 1}} or {feature: clicks_1h}",
    [
        new("forest", Scalars.Line("a file", 4096), "A LightGBM text model or an XGBoost JSON model whose features are features of this node, by name. A relative path starts at the configuration file's folder. A changed file counts as a changed configuration, and each model that was in force is kept in the data directory, so that its decisions can be replayed."),
        new("output", Scalars.OneOf("transformed", "raw"), "Of a forest: what its objective predicts, such as a probability, or the sum of its leaves.", "transformed", "heads are added by their worth, so each is in a unit that means something"),
        new("class", Scalars.Integer(0, 255), "Of a multiclass forest: which class.", "0", "other models have one"),
        new("linear", Scalars.Line("a file", 4096), "A Bayesian linear model, as Millrace writes it, whose features are features of this node, by name: the mean of its prediction, and under `thompson` draws of its weights. Its file is found, watched and kept as a forest's is."),
        new("blend", Blend(), "The sum of weight times feature."),
        new("feature", Scalars.Name, "A feature as it is; 0 where it is missing."),
        new("external", Scalars.OneOf(NodeTerms.Names), "What something outside the decision says of an item. `deliveryCost`: 0 when this node's cache holds the item's body fresh in memory, 1 when an origin or the disk would have to be asked; 0 also for a body that is not at an absolute URL."),
        new("beta", new ObjectShape("a mapping like {successes: clicks_30d, trials: views_30d}",
        [
            new("successes", Scalars.Name, "The feature that counts successes.", Required: true),
            new("trials", Scalars.Name, "The feature that counts trials.", Required: true),
            new("prior", new ObjectShape("a mapping like {successes: 1, trials: 20}",
            [
                new("successes", Scalars.Number(1e-6, 1e9), "Successes that each item begins with.", "1", "with `trials` a rate of 5 %, between a click rate of lists and one of first places"),
                new("trials", Scalars.Number(1e-6, 1e9), "Trials that each item begins with; more than `successes`.", "20", "twenty views say as much as the prior does"),
            ]), "What is believed of an item that nobody has seen."),
        ]), "A rate as its Beta posterior: (successes + the prior's) / (trials + the prior's).") { Optional = true },
    ]);

    private static Head BindHead(BoundObject head, ModelFiles models)
    {
        if (head["forest"].Text is { } path)
        {
            var file = models[path];
            return new ForestHead(file.Digest, file.Forest!.FeaturesRead(), head.Get<string>("output") == "raw" ? ForestOutput.Raw : ForestOutput.Transformed, head.Get<int>("class"));
        }

        if (head["linear"].Text is { } linear)
        {
            return new LinearHead(models[linear].Digest, models[linear].Linear!.Features);
        }

        if (head["beta"].Object is { } beta)
        {
            var prior = beta["prior"].Object!;
            return new BetaHead(beta.Get<string>("successes"), beta.Get<string>("trials"), prior.Get<double>("successes"), prior.Get<double>("trials"));
        }

        if (head["external"].Text is { } term)
        {
            return new ExternalHead(term);
        }

        return head["feature"].Text is { } feature ? new FeatureHead(feature) : new BlendHead(Numbers(head["blend"]));
    }

    private static ImmutableSortedDictionary<string, double> Numbers(Bound map) =>
        map.Entries.ToImmutableSortedDictionary(e => e.Name, e => (double)e.Value.Value!, StringComparer.Ordinal);
}
