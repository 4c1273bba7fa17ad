using System.Collections.Immutable;

namespace Millrace.Models.Policies;

/// <summary>What a slate must keep to: a policy's own constraints, and what a request adds to them.</summary>
/// <param name="AtMost">Attribute → at most so many items of one value of it.</param>
/// <param name="AtLeast">In the order in which they are kept: the last gives way first.</param>
public sealed record SlateConstraints(ImmutableSortedDictionary<string, int> AtMost, ImmutableArray<Quota> AtLeast)
{
    public static SlateConstraints None { get; } = new(ImmutableSortedDictionary.Create<string, int>(StringComparer.Ordinal), []);

    /// <summary>The policy's, and after them the request's; of two limits of one attribute the lower holds.</summary>
    public static SlateConstraints Of(Policy policy, SlateConstraints? asked)
    {
        if (asked is null) return new SlateConstraints(policy.AtMost, policy.AtLeast);
        var most = policy.AtMost;
        foreach (var (attribute, count) in asked.AtMost) most = most.SetItem(attribute, Math.Min(count, most.GetValueOrDefault(attribute, count)));
        return new SlateConstraints(most, [.. policy.AtLeast, .. asked.AtLeast]);
    }

    public bool Equals(SlateConstraints? other) => other is not null && AtMost.SequenceEqual(other.AtMost) && AtLeast.AsSpan().SequenceEqual(other.AtLeast.AsSpan());

    public override int GetHashCode() => HashCode.Combine(AtMost.Count, AtLeast.Length);
}
