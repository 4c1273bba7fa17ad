using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Millrace.Journal.Facts.Codec;

/// <summary>A list of texts without a dictionary, for short lists of words; and maps of them.</summary>
internal static class PackedTexts
{
    public static void Write(FieldWriter writer, int number, ImmutableArray<string> texts)
    {
        if (!texts.IsDefaultOrEmpty)
        {
            var start = writer.Begin(number);
            Write(writer, texts);
            writer.End(start);
        }
    }

    public static void Write(FieldWriter writer, ImmutableArray<string> texts)
    {
        writer.Varint((ulong)texts.Length);
        foreach (var text in texts)
        {
            writer.RawText(text);
        }
    }

    public static ImmutableArray<string> Read(ref ByteCursor cursor)
    {
        var texts = new string[cursor.Count()];
        for (var i = 0; i < texts.Length; i++)
        {
            texts[i] = cursor.Text();
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(texts);
    }

    public static ImmutableArray<string> Read(ByteCursor cursor) => Read(ref cursor);

    /// <summary>Reads texts that are often the same, and name nobody (<see cref="TextCache"/>).</summary>
    public static ImmutableArray<string> ReadWords(ByteCursor cursor)
    {
        var texts = new string[cursor.Count()];
        for (var i = 0; i < texts.Length; i++)
        {
            texts[i] = cursor.Word();
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(texts);
    }
}
