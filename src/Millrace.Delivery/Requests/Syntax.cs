using System.Buffers;

namespace Millrace.Delivery.Requests;

/// <summary>Character classes of RFC 9110 §5.6.2 and RFC 3986.</summary>
internal static class Syntax
{
    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private static readonly SearchValues<byte> TokenBytes =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private static readonly SearchValues<byte> ControlBytes =
        SearchValues.Create([.. Enumerable.Range(0, 32).Where(static c => c != '\t').Append(127).Select(static c => (byte)c)]);

    public static bool IsToken(ReadOnlySpan<char> text) => text.Length > 0 && text.IndexOfAnyExcept(TokenCharacters) < 0;

    /// <summary>A field value: no control characters but HTAB, nothing beyond Latin-1 (RFC 9110 §5.5).</summary>
    public static bool IsFieldValue(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if ((c < ' ' && c != '\t') || c == '\u007f' || c > '\u00ff')
            {
                return false;
            }
        }

        return true;
    }

    public static bool IsToken(ReadOnlySpan<byte> text) => text.Length > 0 && text.IndexOfAnyExcept(TokenBytes) < 0;

    /// <summary>A field value: no control characters but HTAB (RFC 9110 §5.5); every byte above them is Latin-1.</summary>
    public static bool IsFieldValue(ReadOnlySpan<byte> text) => text.IndexOfAny(ControlBytes) < 0;

    /// <summary>Without the spaces and tabs around it (RFC 9110 §5.6.3).</summary>
    public static ReadOnlySpan<byte> TrimWhiteSpace(ReadOnlySpan<byte> text) => text.Trim(" \t"u8);

    /// <summary>Digits alone, capped at 2^31 as RFC 9111 §1.2.2 asks; null for anything else.</summary>
    public static long? DeltaSeconds(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty || text.IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0)
        {
            return null;
        }

        const long Cap = 1L << 31;
        var digits = text.TrimStart((byte)'0');
        return digits.Length > 10 ? Cap : digits.IsEmpty ? 0 : Math.Min(Cap, long.Parse(digits, System.Globalization.CultureInfo.InvariantCulture));
    }
}
