using System.Buffers;
using Millrace.Journal;

namespace Millrace.Api;

/// <summary>Time zones by their IANA names, from the system's database.</summary>
internal static class TimeZones
{
    private const int MaxName = 64;

    // A name is a path below the database's directory: nothing else may be looked for there.
    private static readonly SearchValues<char> NameChars = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+/");

    /// <summary>How many minutes east of UTC the clocks of a zone stand at a moment; null when the zone is not known here.</summary>
    public static int? MinutesEast(string zone, UnixMicros at) =>
        zone.Length is > 0 and <= MaxName && !zone.AsSpan().ContainsAnyExcept(NameChars) && zone[0] != '/' && TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found)
            ? (int)found.GetUtcOffset(at.ToDateTimeOffset()).TotalMinutes
            : null;
}
