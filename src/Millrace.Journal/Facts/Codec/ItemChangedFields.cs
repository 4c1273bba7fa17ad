using System.Collections.Immutable;

namespace Millrace.Journal.Facts.Codec;

/// <summary>The fields of <see cref="ItemChanged"/>, which concerns nobody. Numbers never change or return.</summary>
internal static class ItemChangedFields
{
    private static readonly ImmutableSortedDictionary<string, ImmutableArray<string>> NoAttributes =
        ImmutableSortedDictionary.Create<string, ImmutableArray<string>>(StringComparer.Ordinal);

    public static void WriteOpen(ItemChanged fact, FieldWriter writer)
    {
        writer.Id(8, fact.Item);
        writer.Flag(9, fact.Deleted);
        writer.Text(10, fact.Kind);
        writer.Text(11, fact.Provider);
        writer.Text(12, fact.BodyUrl);
        writer.Signed(13, fact.Published?.Value);
        writer.Signed(14, fact.Expires?.Value);
        foreach (var (name, values) in fact.Attributes)
        {
            var start = writer.Begin(15);
            writer.RawText(name);
            PackedTexts.Write(writer, values.IsDefault ? [] : values);
            writer.End(start);
        }

        if (!fact.Embedding.IsDefaultOrEmpty)
        {
            var start = writer.Begin(16);
            foreach (var value in fact.Embedding)
            {
                writer.RawFloat(value);
            }

            writer.End(start);
        }
    }

    public static ItemChanged Read(FactHead head, FieldReader open, ref UnknownCollector unknown)
    {
        var item = "";
        var deleted = false;
        string? kind = null, provider = null, body = null;
        UnixMicros? published = null, expires = null;
        ImmutableSortedDictionary<string, ImmutableArray<string>>.Builder? attributes = null;
        ImmutableArray<float> embedding = [];
        while (open.Next())
        {
            switch (open.Number)
            {
                case <= FactHead.LastField: break;
                case 8: item = open.Id(); break;
                case 9: deleted = open.Flag(); break;
                case 10: kind = open.Text(); break;
                case 11: provider = open.Text(); break;
                case 12: body = open.Text(); break;
                case 13: published = new UnixMicros(open.Signed()); break;
                case 14: expires = new UnixMicros(open.Signed()); break;
                case 15: Attribute(open.Bytes(), attributes ??= NoAttributes.ToBuilder()); break;
                case 16: embedding = Floats(open.Bytes()); break;
                default: unknown.Open(open.Raw); break;
            }
        }

        return new ItemChanged
        {
            Id = head.Id,
            Item = item,
            Deleted = deleted,
            Kind = kind,
            Provider = provider,
            BodyUrl = body,
            Published = published,
            Expires = expires,
            Attributes = attributes?.ToImmutable() ?? NoAttributes,
            Embedding = embedding,
        };
    }

    private static void Attribute(ByteCursor cursor, ImmutableSortedDictionary<string, ImmutableArray<string>>.Builder into)
    {
        var name = cursor.Text();
        into[name] = PackedTexts.Read(ref cursor);
    }

    private static ImmutableArray<float> Floats(ByteCursor cursor)
    {
        var values = ImmutableArray.CreateBuilder<float>(cursor.Rest.Length / sizeof(float));
        while (!cursor.AtEnd)
        {
            values.Add(cursor.Float());
        }

        return values.ToImmutable();
    }
}
