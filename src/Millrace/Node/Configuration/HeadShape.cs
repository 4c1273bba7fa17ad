using System.Collections.Immutable;
using Millrace.Models.Policies;

namespace Millrace.Node.Configuration;

/// <summary>What a policy predicts of a candidate, and what that is worth.</summary>
internal static class HeadShape
{
    public static IEnumerable<Field> Settings() =>
    [
        new("blend", new MapShape("a mapping of feature to weight", Scalars.Number(-1e9, 1e9), 256), "The score: the sum of weight times feature."),
    ];

    public static Policy Bind(BoundObject policy, Policy into) => into with
    {
        Blend = policy["blend"].Entries.ToImmutableSortedDictionary(e => e.Name, e => (double)e.Value.Value!, StringComparer.Ordinal),
    };
}
