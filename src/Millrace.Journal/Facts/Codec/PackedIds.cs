using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text;

namespace Millrace.Journal.Facts.Codec;

/// <summary>
/// A list of ids. Each begins with a varint whose two low bits are its <see cref="IdKind"/> and whose rest is the text's length, the number itself,
/// or which distinct id of this list is repeated. A UUID costs 17 bytes, an id said before usually one.
/// </summary>
internal static class PackedIds
{
    [SkipLocalsInit]
    public static void Write(FieldWriter writer, ReadOnlySpan<string> ids)
    {
        writer.Varint((ulong)ids.Length);
        var seen = new DistinctTexts(ids, stackalloc DistinctTexts.Place[DistinctTexts.StackPlaces]);
        var uuid = (stackalloc byte[IdForm.UuidBytes]);
        foreach (var id in ids)
        {
            if (!seen.TryAddNext(out var known))
            {
                Head(writer, IdKind.Repeat, (ulong)known);
                continue;
            }

            switch (IdForm.Of(id, out var number, uuid))
            {
                case IdKind.Number:
                    Head(writer, IdKind.Number, number);
                    break;
                case IdKind.Uuid:
                    Head(writer, IdKind.Uuid, 0);
                    writer.Raw(uuid);
                    break;
                default:
                    var bytes = Encoding.UTF8.GetByteCount(id);
                    Head(writer, IdKind.Text, (ulong)bytes);
                    Encoding.UTF8.GetBytes(id, writer.Take(bytes));
                    break;
            }
        }
    }

    public static ImmutableArray<string> Read(ref ByteCursor cursor)
    {
        var ids = ImmutableArray.CreateBuilder<string>(cursor.Count());
        List<string>? distinct = null; // As long as nothing is repeated, the list itself.
        for (var i = ids.Capacity; i > 0; i--)
        {
            var head = cursor.Varint();
            var rest = head >> 2;
            var kind = (IdKind)(head & 3);
            ids.Add(kind switch
            {
                IdKind.Number => IdForm.ToText(rest),
                IdKind.Uuid => TextCache.Uuid(cursor.Take(16)),
                IdKind.Repeat => Repeated(ids, ref distinct, rest),
                _ => TextCache.Text(cursor.Take((int)Math.Min(rest, int.MaxValue))),
            });
            if (kind != IdKind.Repeat)
            {
                distinct?.Add(ids[^1]);
            }
        }

        return ids.MoveToImmutable();
    }

    private static string Repeated(ImmutableArray<string>.Builder ids, ref List<string>? distinct, ulong number)
    {
        distinct ??= [.. ids];
        return number < (ulong)distinct.Count ? distinct[(int)number] : throw new FactFormatException($"id: expected one of {distinct.Count}, got {number}");
    }

    private static void Head(FieldWriter writer, IdKind kind, ulong rest) => writer.Varint((rest << 2) | (ulong)kind);
}
