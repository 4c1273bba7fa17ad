using System.Buffers;

namespace Millrace.Delivery.Requests;

/// <summary>Character classes of RFC 9110 §5.6.2 and RFC 3986.</summary>
internal static class Syntax
{
    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

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

    /// <summary>Digits alone, capped at 2^31 as RFC 9111 §1.2.2 asks; null for anything else.</summary>
    public static long? DeltaSeconds(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || text.IndexOfAnyExceptInRange('0', '9') >= 0)
        {
            return null;
        }

        const long Cap = 1L << 31;
        var digits = text.TrimStart('0');
        return digits.Length > 10 ? Cap : digits.IsEmpty ? 0 : Math.Min(Cap, long.Parse(digits, System.Globalization.CultureInfo.InvariantCulture));
    }
}
