using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Millrace.Delivery.Freshness;

/// <summary>
/// The three date forms of RFC 9110 §5.6.7, to the letter but for case (RFC 9111 §4.2 asks caches to overlook it); anything else is no date. A
/// wrong name of a day is overlooked too: the date beside it says which day was meant.
/// </summary>
internal static class HttpDate
{
    private const int ClockLength = 8;

    /// <summary>Parses a date; a two-digit year more than 50 years after <paramref name="now"/> is of the century before.</summary>
    public static DateTimeOffset? Parse(ReadOnlySpan<byte> field, DateTimeOffset now)
    {
        var comma = field.IndexOf((byte)',');
        return comma switch
        {
            < 0 => Asctime(field),
            3 => Fixdate(field),
            _ => Rfc850(field, comma, now),
        };
    }

    public static string Format(DateTimeOffset date) => date.ToString("R", CultureInfo.InvariantCulture);

    /// <summary><c>Sun, 06 Nov 1994 08:49:37 GMT</c>.</summary>
    private static DateTimeOffset? Fixdate(ReadOnlySpan<byte> text) =>
        text.Length == 29 && IsDay(text[..3]) && text[4] == ' ' && text[7] == ' ' && text[11] == ' ' && text[16] == ' ' && IsGmt(text[25..])
            ? Date(Number(text[12..16]), Month(text[8..11]), Number(text[5..7]), text.Slice(17, ClockLength))
            : null;

    /// <summary><c>Sunday, 06-Nov-94 08:49:37 GMT</c>.</summary>
    private static DateTimeOffset? Rfc850(ReadOnlySpan<byte> text, int comma, DateTimeOffset now)
    {
        var rest = text[(comma + 1)..];
        if (rest.Length != 23 || !IsLongDay(text[..comma]) || rest[0] != ' ' || rest[3] != '-' || rest[7] != '-' || rest[10] != ' ' || !IsGmt(rest[19..]))
        {
            return null;
        }

        var year = Number(rest[8..10]);
        year = year < 0 ? year : (now.Year / 100 * 100) + year;
        return Date(year > now.Year + 50 ? year - 100 : year, Month(rest[4..7]), Number(rest[1..3]), rest.Slice(11, ClockLength));
    }

    /// <summary><c>Sun Nov  6 08:49:37 1994</c>.</summary>
    private static DateTimeOffset? Asctime(ReadOnlySpan<byte> text) =>
        text.Length == 24 && IsDay(text[..3]) && text[3] == ' ' && text[7] == ' ' && text[10] == ' ' && text[19] == ' '
            ? Date(Number(text[20..]), Month(text[4..7]), Number(text[8] == ' ' ? text[9..10] : text[8..10]), text.Slice(11, ClockLength))
            : null;

    private static DateTimeOffset? Date(int year, int month, int day, ReadOnlySpan<byte> clock)
    {
        var (hour, minute, second) = (Number(clock[..2]), Number(clock[3..5]), Number(clock[6..]));
        if (clock[2] != ':' || clock[5] != ':' || year < 1 || month < 1 || day < 1 || day > DateTime.DaysInMonth(year, month)
            || hour is < 0 or > 23 || minute is < 0 or > 59 || second is < 0 or > 60)
        {
            return null;
        }

        // A leap second has no place in .NET's time: the nearest time before it stands for it (RFC 9111 §4.2).
        return new DateTimeOffset(year, month, day, hour, minute, Math.Min(second, 59), TimeSpan.Zero);
    }

    private static int Number(ReadOnlySpan<byte> digits) =>
        digits.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0 && Utf8Parser.TryParse(digits, out int number, out _) ? number : -1;

    private static int Month(ReadOnlySpan<byte> name) => (IndexOf("JanFebMarAprMayJunJulAugSepOctNovDec"u8, name) / 3) + 1;

    private static bool IsDay(ReadOnlySpan<byte> name) => IndexOf("MonTueWedThuFriSatSun"u8, name) >= 0;

    private static bool IsLongDay(ReadOnlySpan<byte> name) =>
        name.Length > 3 && Ascii.EqualsIgnoreCase(name[^3..], "day"u8) && (Ascii.EqualsIgnoreCase(name, "Monday"u8) || Ascii.EqualsIgnoreCase(name, "Tuesday"u8)
            || Ascii.EqualsIgnoreCase(name, "Wednesday"u8) || Ascii.EqualsIgnoreCase(name, "Thursday"u8) || Ascii.EqualsIgnoreCase(name, "Friday"u8)
            || Ascii.EqualsIgnoreCase(name, "Saturday"u8) || Ascii.EqualsIgnoreCase(name, "Sunday"u8));

    private static bool IsGmt(ReadOnlySpan<byte> zone) => zone.Length == 4 && zone[0] == ' ' && Ascii.EqualsIgnoreCase(zone[1..], "GMT"u8);

    /// <summary>Where a name of three letters stands in a row of such names, or -3, which is no name's place.</summary>
    private static int IndexOf(ReadOnlySpan<byte> names, ReadOnlySpan<byte> name)
    {
        for (var i = 0; i < names.Length; i += 3)
        {
            if (Ascii.EqualsIgnoreCase(names.Slice(i, 3), name))
            {
                return i;
            }
        }

        return -3;
    }
}
