using System.Buffers.Text;
using System.Text;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Cacheability;

/// <summary>A 206's Content-Range in bytes (RFC 9110 §14.4): which bytes came, of how many; the size is null where the origin does not know it.</summary>
internal readonly record struct ContentRange(long First, long Last, long? Size)
{
    public long Length => Last - First + 1;

    /// <summary>The one range that a response transfers; null when there is none, several, or it makes no sense.</summary>
    public static ContentRange? Of(HeaderList response) => response.CountOf(FieldId.ContentRange) == 1 ? Parse(response.First(FieldId.ContentRange)) : null;

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
