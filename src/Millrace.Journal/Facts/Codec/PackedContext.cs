using System.Collections.Immutable;

namespace Millrace.Journal.Facts.Codec;

/// <summary>A map of attributes: their count, and each key and value as text.</summary>
internal static class PackedContext
{
    private const int LeastEntryBytes = 2;

    public static void Write(FieldWriter writer, int number, ImmutableSortedDictionary<string, string> context)
    {
        if (context.IsEmpty)
        {
            return;
        }

        var start = writer.Begin(number);
        writer.Varint((ulong)context.Count);
        foreach (var (key, value) in context)
        {
            writer.RawText(key);
            writer.RawText(value);
        }

        writer.End(start);
    }

    public static ImmutableSortedDictionary<string, string> Read(ByteCursor cursor)
    {
        var context = FactContext.None.ToBuilder();
        for (var left = cursor.Count(LeastEntryBytes); left > 0; left--)
        {
            var key = cursor.Text();
            context[key] = cursor.Text();
        }

        return context.ToImmutable();
    }
}
