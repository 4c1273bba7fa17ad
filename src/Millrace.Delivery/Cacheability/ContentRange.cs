using System.Buffers.Text;
using System.Text;
using Millrace.Delivery.Replies;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Cacheability;

/// <summary>A 206's Content-Range in bytes (RFC 9110 §14.4): which bytes came, of how many; the size is null where the origin does not know it.</summary>
internal readonly record struct ContentRange(long First, long Last, long? Size)
{
    /// <summary>The longest that <see cref="Write"/> writes: three numbers and what is between them.</summary>
    public const int MaxBytes = 6 + 20 + 1 + 20 + 1 + 20;

    public long Length => Last - First + 1;

    /// <summary>The one range that a response transfers; null when there is none, several, or it makes no sense.</summary>
    public static ContentRange? Of(HeaderList response) => response.CountOf(FieldId.ContentRange) == 1 ? Parse(response.First(FieldId.ContentRange)) : null;

    /// <summary>Writes the field of a 206 with this range, or, without one, that of a 416. Returns its length.</summary>
    /// <param name="into">Room for <see cref="MaxBytes"/>.</param>
    /// <param name="range">The range that follows.</param>
    /// <param name="size">Of the whole.</param>
    public static int Write(Span<byte> into, ByteRange? range, long size)
    {
        // Not by Utf8.TryWrite: it boxes numbers until the runtime has optimised it.
        "bytes "u8.CopyTo(into);
        var used = 6;
        if (range is { } sent)
        {
            Put(into, ref used, sent.First);
            into[used++] = (byte)'-';
            Put(into, ref used, sent.End - 1);
        }
        else
        {
            into[used++] = (byte)'*';
        }

        into[used++] = (byte)'/';
        Put(into, ref used, size);
        return used;
    }

    private static void Put(Span<byte> into, ref int used, long number)
    {
        Utf8Formatter.TryFormat(number, into[used..], out var digits);
        used += digits;
    }

    private static ContentRange? Parse(ReadOnlySpan<byte> field)
    {
        var slash = field.IndexOf((byte)'/');
        var dash = field.IndexOf((byte)'-');
        if (dash < 7 || slash < dash || !Ascii.EqualsIgnoreCase(field[..6], "bytes "u8)
            || Number(field[6..dash]) is not { } first || Number(field[(dash + 1)..slash]) is not { } last || last < first)
        {
            return null;
        }

        var rest = field[(slash + 1)..];
        var size = Number(rest);
        return size is null ? (rest.SequenceEqual("*"u8) ? new ContentRange(first, last, null) : null)
            : last < size ? new ContentRange(first, last, size)
            : null;
    }

    private static long? Number(ReadOnlySpan<byte> digits) =>
        digits.Length is > 0 and <= 18 && digits.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0 && Utf8Parser.TryParse(digits, out long number, out _) ? number : null;
}
