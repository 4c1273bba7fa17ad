using System.Globalization;

namespace Millrace.Delivery.Freshness;

/// <summary>The three date forms of RFC 9110 §5.6.7; anything else is no date.</summary>
internal static class HttpDate
{
    /// <summary>RFC 850's with the longest day name, and some.</summary>
    private const int LongestForm = 48;

    private static readonly string[] Forms = ["ddd, dd MMM yyyy HH:mm:ss 'GMT'", "ddd MMM d HH:mm:ss yyyy", "ddd MMM  d HH:mm:ss yyyy"];
    private static readonly string[] Rfc850 = ["dd-MMM-yy HH:mm:ss 'GMT'"];

    /// <summary>Parses a date; a two-digit year more than 50 years after <paramref name="now"/> is of the century before.</summary>
    public static DateTimeOffset? Parse(ReadOnlySpan<byte> field, DateTimeOffset now)
    {
        if (field.IsEmpty || field.Length > LongestForm)
        {
            return null;
        }

        Span<char> room = stackalloc char[field.Length];
        System.Text.Encoding.Latin1.GetChars(field, room);
        ReadOnlySpan<char> text = room;

        const DateTimeStyles Styles = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        if (DateTimeOffset.TryParseExact(text, Forms, CultureInfo.InvariantCulture, Styles, out var date))
        {
            return date;
        }

        var comma = text.IndexOf(", ");
        if (comma < 0 || !DateTimeOffset.TryParseExact(text[(comma + 2)..], Rfc850, CultureInfo.InvariantCulture, Styles, out date))
        {
            return null;
        }

        var year = (now.Year / 100 * 100) + (date.Year % 100);
        year = year > now.Year + 50 ? year - 100 : year;
        return date.Month == 2 && date.Day == 29 && !DateTime.IsLeapYear(year) ? null : new DateTimeOffset(year, date.Month, date.Day, date.Hour, date.Minute, date.Second, TimeSpan.Zero);
    }

    public static string Format(DateTimeOffset date) => date.ToString("R", CultureInfo.InvariantCulture);
}
