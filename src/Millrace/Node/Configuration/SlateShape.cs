using System.Collections.Immutable;
using Millrace.Models.Policies;

namespace Millrace.Node.Configuration;

/// <summary>How a policy makes a slate: what it limits, and how it explores.</summary>
internal static class SlateShape
{
    public static IEnumerable<Field> Settings() =>
    [
        new("explore", new ObjectShape("a mapping",
        [
            new("epsilon", Scalars.Number(0, 1), "Probability of drawing uniformly over the best `top`.", "0", "exploring costs clicks: it is asked for, not assumed"),
            new("top", Scalars.Integer(1, PolicyValidator.MostCandidates), "How many of the best may be drawn.", "20", "DESIGN: K is 20 unless a policy says otherwise"),
        ]), "Exploration with exact propensities."),
        new("atMost", new MapShape("a mapping of attribute to count", Scalars.Integer(1, 1_000), 16) { Keys = PolicyValidator.Limitable }, "At most so many items of one provider, or of one kind, in a slate."),
    ];

    public static Policy Bind(BoundObject policy, Policy into)
    {
        var explore = policy["explore"].Object!;
        return into with
        {
            Explore = new Exploration(explore.Get<double>("epsilon"), explore.Get<int>("top")),
            AtMost = policy["atMost"].Entries.ToImmutableSortedDictionary(e => e.Name, e => (int)e.Value.Value!, StringComparer.Ordinal),
        };
    }
}
