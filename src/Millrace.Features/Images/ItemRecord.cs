using System.Collections.Immutable;
using Millrace.Features.Catalogue;
using Millrace.Journal;

namespace Millrace.Features.Images;

/// <summary>An item of the catalogue in a snapshot.</summary>
internal static class ItemRecord
{
    private const int MostIdBytes = 1024;
    private const int MostUrlBytes = 64 * 1024;

    [Flags]
    private enum Has
    {
        Kind = 1,
        Provider = 2,
        BodyUrl = 4,
        Published = 8,
        Expires = 16,
        Deleted = 32,
        Learnt = 64,
        Ghost = 128,
        Attributes = 256,
        All = 511,
    }

    internal static void Write(CatalogueItem item, StateWriter to, SharedTexts texts)
    {
        var has = (item.Kind is null ? 0 : Has.Kind) | (item.Provider is null ? 0 : Has.Provider) | (item.BodyUrl is null ? 0 : Has.BodyUrl)
            | (item.Published is null ? 0 : Has.Published) | (item.Expires is null ? 0 : Has.Expires) | (item.Deleted ? Has.Deleted : 0)
            | (item.Learnt ? Has.Learnt : 0) | (item.Ghost ? Has.Ghost : 0) | (item.Attributes.IsEmpty ? 0 : Has.Attributes);
        to.Count((int)has);
        to.Text(item.Id);
        to.Signed(item.FirstSeen.Value);
        WriteShared(item.Kind);
        WriteShared(item.Provider);
        if (item.BodyUrl is { } url)
        {
            to.Text(url);
        }

        if (item.Published is { } published)
        {
            to.Signed(published.Value);
        }

        if (item.Expires is { } expires)
        {
            to.Signed(expires.Value);
        }

        if (!item.Attributes.IsEmpty)
        {
            WriteAttributes(item.Attributes, to, texts);
        }

        void WriteShared(string? text)
        {
            if (text is not null)
            {
                texts.Write(to, text);
            }
        }
    }

    internal static CatalogueItem Read(StateReader from, SharedTexts texts, AttributeSets sets)
    {
        var has = (Has)from.Count((int)Has.All);
        return new CatalogueItem
        {
            Id = from.Text(MostIdBytes) ?? throw from.Bad("an item's id", "none"),
            FirstSeen = new UnixMicros(from.Signed()),
            Kind = has.HasFlag(Has.Kind) ? texts.Read(from) : null,
            Provider = has.HasFlag(Has.Provider) ? texts.Read(from) : null,
            BodyUrl = has.HasFlag(Has.BodyUrl) ? from.Text(MostUrlBytes) : null,
            Published = has.HasFlag(Has.Published) ? new UnixMicros(from.Signed()) : null,
            Expires = has.HasFlag(Has.Expires) ? new UnixMicros(from.Signed()) : null,
            Deleted = has.HasFlag(Has.Deleted),
            Learnt = has.HasFlag(Has.Learnt),
            Ghost = has.HasFlag(Has.Ghost),
            Attributes = has.HasFlag(Has.Attributes) ? sets.Read(from) : AttributeSets.Empty,
        };
    }

    private static void WriteAttributes(ImmutableSortedDictionary<string, ImmutableArray<string>> attributes, StateWriter to, SharedTexts texts)
    {
        to.Count(attributes.Count);
        foreach (var (name, values) in attributes)
        {
            texts.Write(to, name);
            to.Count(values.Length);
            foreach (var value in values)
            {
                texts.Write(to, value);
            }
        }
    }
}
