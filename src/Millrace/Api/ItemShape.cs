using System.Collections.Immutable;
using Millrace.Api.Json;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Api;

/// <summary>An item as it comes over the wire; <see cref="Id"/> and <see cref="Deleted"/> in batches only.</summary>
internal sealed class ItemDraft
{
    public string Id { get; set; } = "";

    public bool Deleted { get; set; }

    public string? Kind { get; set; }

    public string? Provider { get; set; }

    public string? BodyUrl { get; set; }

    public UnixMicros? Published { get; set; }

    public UnixMicros? Expires { get; set; }

    public ImmutableSortedDictionary<string, ImmutableArray<string>> Attributes { get; set; } =
        ImmutableSortedDictionary.Create<string, ImmutableArray<string>>(StringComparer.Ordinal);

    public ImmutableArray<float> Embedding { get; set; } = [];

    public ItemChanged ToFact(string tenant, string factId, UnixMicros now) => Deleted
        ? new() { Id = factId, Tenant = tenant, Time = now, Item = Id, Deleted = true }
        : new()
        {
            Id = factId,
            Tenant = tenant,
            Time = now,
            Item = Id,
            Kind = Kind,
            Provider = Provider,
            BodyUrl = BodyUrl,
            Published = Published,
            Expires = Expires,
            Attributes = Attributes,
            Embedding = Embedding,
        };

    /// <summary>What makes two versions of an item the same.</summary>
    public static UInt128 Content(ItemChanged fact)
    {
        var hash = new ContentHash().Add(fact.Deleted ? 1 : 0).Add(fact.Kind).Add(fact.Provider).Add(fact.BodyUrl)
            .Add(fact.Published?.Value).Add(fact.Expires?.Value).Add(fact.Attributes.Count);
        foreach (var (name, values) in fact.Attributes)
        {
            hash.Add(name).Add(values.Length);
            foreach (var value in values)
            {
                hash.Add(value);
            }
        }

        hash.Add(fact.Embedding.Length);
        foreach (var value in fact.Embedding)
        {
            hash.Add(BitConverter.SingleToInt32Bits(value));
        }

        return hash.Value;
    }
}

/// <summary>What an item must be.</summary>
internal static class ItemShape
{
    /// <summary>The body of PUT /v1/items/{id}.</summary>
    public static readonly ObjectShape<ItemDraft> One = Fields(new ObjectShape<ItemDraft>("Item", "A unit of content, replaced whole."));

    /// <summary>A line of POST /v1/items:batch.</summary>
    public static readonly ObjectShape<ItemDraft> Line = Fields(new ObjectShape<ItemDraft>("ItemLine", "An item with its id, or its deletion.")
        .With("id", TextShape.Id, (i, v) => i.Id = v, "The item's id.", required: true)
        .With("deleted", new BoolShape(), (i, v) => i.Deleted = v, "True deletes it; the other fields then say nothing."));

    private static ObjectShape<ItemDraft> Fields(ObjectShape<ItemDraft> shape) => shape
        .With("kind", new TextShape(1, 64, "a kind"), (i, v) => i.Kind = v, "What it is: article, video.")
        .With("provider", TextShape.Id, (i, v) => i.Provider = v, "Who provides it: the unit of exposure limits.")
        .With("bodyUrl", new TextShape(1, 2_048, "a URL"), (i, v) => i.BodyUrl = v, "Where its body is: http(s), or a path on a route.")
        .With("published", new TimeShape(null), (i, v) => i.Published = v, "Not shown before.")
        .With("expires", new TimeShape(null), (i, v) => i.Expires = v, "Not shown from then on.")
        .With("attributes", new MapShape<ImmutableArray<string>>(new TextShape(1, 64, "an attribute's name"), new OneOrManyShape<string>(new TextShape(0, 1_024, "a value"), 64), 64), (i, v) => i.Attributes = v, "Free attributes, each with one value or a list.")
        .With("embedding", new ListShape<float>(new FloatShape(), 4_096), (i, v) => i.Embedding = v, "A vector of your own.")
        .Holding(Check);

    private static void Check(ItemDraft item, Reading at)
    {
        if (item.Published >= item.Expires)
        {
            at.AddBelow("/expires", "a time after published", item.Expires.ToString());
        }

        if (item.BodyUrl is { } url && !url.StartsWith('/')
            && !(Uri.TryCreate(url, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)))
        {
            at.AddBelow("/bodyUrl", "an http or https URL, or a path that begins with /", Reading.Quote(url));
        }

        // In PUT the id stands in the path and is not known here: the longest is taken.
        var fact = item.ToFact(FactRoom.LongestId, FactRoom.LongestId, default);
        FactRoom.Check(fact with { Item = FactRoom.LongestId }, at);
    }
}
