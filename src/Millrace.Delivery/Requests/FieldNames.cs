using System.Text;

namespace Millrace.Delivery.Requests;

/// <summary>The wire names of <see cref="FieldId"/>, and the way back from a name of any case.</summary>
internal static class FieldNames
{
    private static readonly string[] Texts = Array.ConvertAll(Enum.GetValues<FieldId>(), TextOf);
    private static readonly byte[][] Wires = Array.ConvertAll(Texts, Encoding.Latin1.GetBytes);

    /// <summary>The known fields by length of name: a look-up compares with those few alone.</summary>
    private static readonly FieldId[][] ByLength = [.. Enumerable.Range(0, Wires.Max(static wire => wire.Length) + 1)
        .Select(static length => Enum.GetValues<FieldId>().Where(id => id != FieldId.Other && Wires[(int)id].Length == length).ToArray())];

    /// <summary>The name as bytes; empty for <see cref="FieldId.Other"/>.</summary>
    public static ReadOnlySpan<byte> Wire(FieldId id) => Wires[(int)id];

    /// <summary>The name as text.</summary>
    public static string Text(FieldId id) => Texts[(int)id];

    /// <summary>The field of a name, whatever its case.</summary>
    public static FieldId Of(ReadOnlySpan<byte> name)
    {
        if (name.Length < ByLength.Length)
        {
            foreach (var id in ByLength[name.Length])
            {
                // The last letter tells most apart before all are compared.
                var wire = Wires[(int)id];
                if (((wire[^1] ^ name[^1]) & 0xDF) == 0 && Ascii.EqualsIgnoreCase(wire, name))
                {
                    return id;
                }
            }
        }

        return FieldId.Other;
    }

    /// <summary>The field of a name, whatever its case.</summary>
    public static FieldId Of(string name)
    {
        if (name.Length < ByLength.Length)
        {
            foreach (var id in ByLength[name.Length])
            {
                if (Texts[(int)id].Equals(name, StringComparison.OrdinalIgnoreCase))
                {
                    return id;
                }
            }
        }

        return FieldId.Other;
    }

    /// <summary>CacheControl → Cache-Control; the few that are spelt otherwise stand here.</summary>
    private static string TextOf(FieldId id) => id switch
    {
        FieldId.Other => "",
        FieldId.CdnCacheControl => "CDN-Cache-Control",
        FieldId.CdnLoop => "CDN-Loop",
        FieldId.ContentMD5 => "Content-MD5",
        FieldId.ETag => "ETag",
        FieldId.TE => "TE",
        _ => string.Concat(id.ToString().Select(static (c, at) => at > 0 && char.IsUpper(c) ? $"-{c}" : $"{c}")),
    };
}
