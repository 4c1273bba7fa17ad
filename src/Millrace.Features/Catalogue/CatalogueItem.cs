using System.Collections.Immutable;
using Millrace.Journal;

namespace Millrace.Features.Catalogue;

/// <summary>An item as the catalogue knows it at one epoch. Immutable.</summary>
public sealed record CatalogueItem
{
    private readonly string _id = "";

    public required string Id
    {
        get => _id;
        init => (_id, Hash) = (value, Numerics.ItemHash.Of(value));
    }

    public string? Kind { get; init; }

    public string? Provider { get; init; }

    public string? BodyUrl { get; init; }

    public UnixMicros? Published { get; init; }

    public UnixMicros? Expires { get; init; }

    /// <summary>The earliest time at which any fact spoke of it.</summary>
    public UnixMicros FirstSeen { get; init; }

    public bool Deleted { get; init; }

    /// <summary>True when only events have spoken of it: it may be shown where the folder learns items from events.</summary>
    public bool Learnt { get; init; }

    /// <summary>True when only events have spoken of it and none are learnt from those: it waits for its place in the catalogue, and nobody sees it.</summary>
    internal bool Ghost { get; init; }

    /// <summary><see cref="Numerics.ItemHash"/> of <see cref="Id"/>.</summary>
    internal ulong Hash { get; private init; }

    public ImmutableSortedDictionary<string, ImmutableArray<string>> Attributes { get; init; } =
        ImmutableSortedDictionary.Create<string, ImmutableArray<string>>(StringComparer.Ordinal);

    /// <summary>When it was published, else first seen: what recency is measured from.</summary>
    public UnixMicros Born => Published ?? FirstSeen;

    /// <summary>Whether it may be shown at <paramref name="now"/>: not deleted, published, not expired.</summary>
    public bool LiveAt(UnixMicros now) => !Deleted && !Ghost && (Published is not { } published || published <= now) && (Expires is not { } expires || expires > now);
}
