using System.Collections.Immutable;
using System.Globalization;
using Millrace.Models.Policies;

namespace Millrace.Node.Configuration;

/// <summary>What cuts a wide pool of candidates to a policy's own.</summary>
internal static class FirstPhaseShape
{
    private static readonly string[] Kinds = ["forest", "blend"];

    public static ObjectShape Setting() => new("a mapping like {forest: models/first.txt, from: 1500}",
    [
        new("forest", Scalars.Line("a file", 4096), "A LightGBM text model or an XGBoost JSON model of one score, found, watched and kept as a head's is. Its features are features of this node, by name, and what the lists say: `list.popular.1h`, `list.popular.1h.segment`, `list.similar.FEATURE`, `list.alsoLiked.FEATURE.7d`, `list.recent` and so on are log((take + 10) / (rank + 9)) where the list holds the item and missing else, `list.points` is the sum of the weighted lists, `list.lists` in how many lists it is."),
        new("blend", new MapShape("a mapping of feature to weight", Scalars.Number(-1e9, 1e9), 256), "The sum of weight times feature, over the same; beside a forest what its score is added to, so that the forest learns what that leaves to be told."),
        new("from", Scalars.Integer(1, FirstPhase.MostFrom), "The most that the wide pool holds: what the weighted lists put first.", FirstPhase.UsualFrom.ToString(CultureInfo.InvariantCulture), "fourteen lists of 400 name some 1,400 items"),
    ]);

    /// <summary>Checks that it says something.</summary>
    public static void Check(BoundObject policy, ConfigFaults faults)
    {
        if (policy["firstPhase"] is { Object: { } phase } at && Kinds.All(kind => !phase[kind].IsWritten))
        {
            faults.Add(new ConfigFault(at.Mark, at.Path, "forest, blend or both", "neither"));
        }
    }

    public static FirstPhase Bind(BoundObject phase, ModelFiles models)
    {
        BlendHead? blend = phase["blend"].IsWritten
            ? new BlendHead(phase["blend"].Entries.ToImmutableSortedDictionary(e => e.Name, e => (double)e.Value.Value!, StringComparer.Ordinal))
            : null;
        int from = phase.Get<int>("from");
        return phase["forest"].Text is { } path
            ? new FirstPhase(new ForestHead(models[path].Digest, models[path].Forest!.FeaturesRead(), ForestOutput.Raw), from) { Base = blend }
            : new FirstPhase(blend!, from);
    }
}
