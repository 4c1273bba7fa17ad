using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Millrace.Journal;

namespace Millrace.Api.Json;

/// <summary>A time as RFC 3339 §5.6 writes it, from 1970 to 9999 in UTC, so that it can be written back; digits past the microsecond are cut off.</summary>
/// <param name="maxAhead">How far ahead of our clock it may be; null for any distance (an embargo, an expiry).</param>
internal sealed class TimeShape(TimeSpan? maxAhead) : Shape<UnixMicros>
{
    private const int MaxChars = 64;

    public override bool TryRead(ref Utf8JsonReader reader, Reading at, out UnixMicros value)
    {
        value = default;
        if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.Length > MaxChars
            || Reading.Text(ref reader) is not { } text || !TryParse(text, out value))
        {
            at.Wrong(ref reader, "a time as in RFC 3339, from 1970 to 9999 in UTC, such as 2026-11-23T10:15:00Z");
            return false;
        }

        if (maxAhead is { } limit && value > at.Now + limit)
        {
            at.Add($"a time at most {limit.TotalMinutes:0} minutes ahead of the node's clock, which says {at.Now}", Reading.Show(ref reader));
            return false;
        }

        return true;
    }

    public override JsonObject Describe(SortedDictionary<string, JsonNode> components) => maxAhead is { } limit
        ? new() { ["type"] = "string", ["format"] = "date-time", ["description"] = $"At most {limit.TotalMinutes:0} minutes ahead." }
        : new() { ["type"] = "string", ["format"] = "date-time" };

    /// <summary>Reads <c>date "T" time [fraction] ("Z" | ±hh:mm)</c> and nothing else.</summary>
    internal static bool TryParse(ReadOnlySpan<char> text, out UnixMicros time)
    {
        time = default;
        if (text.Length < 20 || text[10] is not ('T' or 't')
            || !DateTime.TryParseExact(text[..10], "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
            || !TimeSpan.TryParseExact(text[11..19], @"hh\:mm\:ss", CultureInfo.InvariantCulture, out var clock))
        {
            return false;
        }

        var rest = text[19..];
        if (!TryFraction(ref rest, out var micros) || !TryOffset(rest, out var offset))
        {
            return false;
        }

        var value = ((date - DateTime.UnixEpoch + clock - offset).Ticks / TimeSpan.TicksPerMicrosecond) + micros;
        time = new(value);
        return value >= 0 && time <= UnixMicros.LastWritable;
    }

    private static bool TryFraction(ref ReadOnlySpan<char> rest, out long micros)
    {
        micros = 0;
        if (rest[0] != '.')
        {
            return true;
        }

        var digits = 0;
        for (rest = rest[1..]; !rest.IsEmpty && char.IsAsciiDigit(rest[0]); rest = rest[1..], digits++)
        {
            micros = digits < 6 ? (micros * 10) + (rest[0] - '0') : micros;
        }

        for (var i = digits; i < 6; i++)
        {
            micros *= 10;
        }

        return digits > 0;
    }

    private static bool TryOffset(ReadOnlySpan<char> rest, out TimeSpan offset)
    {
        offset = default;
        if (rest is "Z" or "z")
        {
            return true;
        }

        if (rest.Length != 6 || rest[0] is not ('+' or '-') || !TimeSpan.TryParseExact(rest[1..], @"hh\:mm", CultureInfo.InvariantCulture, out offset))
        {
            return false;
        }

        offset = rest[0] == '-' ? -offset : offset;
        return true;
    }
}
