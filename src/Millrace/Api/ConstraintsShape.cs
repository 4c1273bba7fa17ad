using System.Collections.Immutable;
using Millrace.Api.Json;
using Millrace.Models.Policies;

namespace Millrace.Api;

/// <summary>Constraints of a request as they come over the wire.</summary>
internal sealed class ConstraintsDraft
{
    public ImmutableSortedDictionary<string, int> AtMost { get; set; } = SlateConstraints.None.AtMost;

    public ImmutableArray<QuotaDraft> AtLeast { get; set; } = [];

    public SlateConstraints ToConstraints() => new(AtMost, [.. AtLeast.Select(quota => quota.ToQuota())]);
}

/// <summary>A quota of a request.</summary>
internal sealed class QuotaDraft
{
    public string? Attribute { get; set; }

    public string? Value { get; set; }

    public TimeSpan? Fresh { get; set; }

    public int Least { get; set; }

    public double Share { get; set; }

    public int? Top { get; set; }

    public Quota ToQuota() => new() { Attribute = Attribute, Value = Value, Fresh = Fresh, Least = Least, Share = Share, Top = Top };
}

/// <summary>What the constraints of a request must be: the shapes of a policy's.</summary>
internal static class ConstraintsShape
{
    private static readonly TextShape Attribute = new(1, 64, "the name of an attribute: kind, provider, or one of the items' own");

    private static readonly ObjectShape<QuotaDraft> Quota = new ObjectShape<QuotaDraft>("Quota", "At least so many items of a kind: attribute and value, or fresh; least, or share.")
        .With("attribute", Attribute, (q, v) => q.Attribute = v, "kind, provider, or one of the items' own.")
        .With("value", new TextShape(1, 128, "a value"), (q, v) => q.Value = v, "The value that is wanted of it.")
        .With("fresh", new WholeShape(1, 315_360_000), (q, v) => q.Fresh = TimeSpan.FromSeconds(v), "In place of attribute and value: items published at most so many seconds ago.")
        .With("least", new WholeShape(1, PolicyValidator.MostItems), (q, v) => q.Least = v, "So many.")
        .With("share", new MicrosShape(), (q, v) => q.Share = v / 1e6, "In place of least: so much of the places, more than 0 and at most 1, rounded up.")
        .With("top", new WholeShape(1, PolicyValidator.MostItems), (q, v) => q.Top = v, "In the first so many places, over the slots in their order; without it, in all.")
        .Holding(Check);

    public static readonly ObjectShape<ConstraintsDraft> One = new ObjectShape<ConstraintsDraft>("Constraints", "What a slate must keep to.")
        .With("atMost", new MapShape<int>(Attribute, new WholeShape(1, 1_000), 8), (c, v) => c.AtMost = v, "At most so many items of one value of an attribute; the policy's own limit holds where it is lower.")
        .With("atLeast", new ListShape<QuotaDraft>(Quota, Models.Policies.Quota.MostOfRequest), (c, v) => c.AtLeast = v, "Quotas; where not all can be met, the last gives way first, and the reply says constraintsRelaxed and which.");

    private static void Check(QuotaDraft draft, Reading at)
    {
        foreach (var (field, expected, got) in SlateFaults.Of(draft.ToQuota(), SlateConstraints.None.AtMost))
        {
            at.AddBelow(field.Length == 0 ? "" : "/" + field, expected, got);
        }
    }
}
