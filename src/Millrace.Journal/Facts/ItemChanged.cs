using System.Collections.Immutable;

namespace Millrace.Journal.Facts;

/// <summary>An item was put into the catalogue, replaced whole, or deleted.</summary>
public sealed record ItemChanged : Fact
{
    public required string Item { get; init; }

    /// <summary>True when the item was deleted; everything below is then empty.</summary>
    public bool Deleted { get; init; }

    /// <summary>What it is: <c>article</c>, <c>video</c> ...</summary>
    public string? Kind { get; init; }

    /// <summary>Who provides it: the unit of exposure limits.</summary>
    public string? Provider { get; init; }

    /// <summary>Where its body is fetched; absolute, or a path on a route.</summary>
    public string? BodyUrl { get; init; }

    public UnixMicros? Published { get; init; }

    public UnixMicros? Expires { get; init; }

    /// <summary>Free attributes; each has one or more values.</summary>
    public ImmutableSortedDictionary<string, ImmutableArray<string>> Attributes { get; init; } =
        ImmutableSortedDictionary.Create<string, ImmutableArray<string>>(StringComparer.Ordinal);

    /// <summary>An embedding supplied by the caller; empty when there is none.</summary>
    public ImmutableArray<float> Embedding { get; init; } = [];

    public override FactType Type => FactType.ItemChanged;

    public override JournalStream Stream => JournalStream.Items;

    public override string PartitionKey => Item;
}
