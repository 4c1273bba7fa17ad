using System.Collections.Immutable;
using System.Globalization;
using Millrace.Api.Json;
using Millrace.Decisions.Pipeline;
using Millrace.Journal;

namespace Millrace.Api;

/// <summary>Resolves the time zone of a context at the door: the offset is what is read and recorded, so that no later reading depends on a database of zones.</summary>
internal static class ZonedContext
{
    /// <summary>UTC−12 to UTC+14 are in use; the rest is room.</summary>
    private const int MaxOffset = 18 * 60;

    /// <summary>The context with the offset of its zone; as it is when it names none.</summary>
    /// <param name="context">As it came.</param>
    /// <param name="time">The moment whose offset counts.</param>
    /// <param name="at">Takes the faults; pointers start at the request's root.</param>
    public static ImmutableSortedDictionary<string, string> Resolve(ImmutableSortedDictionary<string, string> context, UnixMicros time, Reading at)
    {
        var stated = context.TryGetValue(ContextAttributes.UtcOffset, out var offset);
        if (context.TryGetValue(ContextAttributes.TimeZone, out var zone))
        {
            if (stated)
            {
                at.AddBelow($"/context/{ContextAttributes.UtcOffset}", $"one of {ContextAttributes.TimeZone} and {ContextAttributes.UtcOffset}", "both");
                return context;
            }

            if (TimeZones.MinutesEast(zone, time) is { } minutes)
            {
                return context.SetItem(ContextAttributes.UtcOffset, minutes.ToString(CultureInfo.InvariantCulture));
            }

            at.AddBelow($"/context/{ContextAttributes.TimeZone}", "an IANA time zone that this node knows, such as Europe/Berlin", Reading.Quote(zone));
            return context;
        }

        if (stated && !(int.TryParse(offset, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var given) && Math.Abs((long)given) <= MaxOffset))
        {
            at.AddBelow($"/context/{ContextAttributes.UtcOffset}", $"whole minutes east of UTC, from -{MaxOffset} to {MaxOffset}", Reading.Quote(offset!));
        }

        return context;
    }
}
