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

    /// <summary>The context with the offset of its zone; as it is when it names none, or something is wrong with it.</summary>
    /// <param name="context">As it came.</param>
    /// <param name="time">The moment whose offset counts.</param>
    /// <param name="fault">What is wrong; null when nothing is.</param>
    public static ImmutableSortedDictionary<string, string> Resolve(ImmutableSortedDictionary<string, string> context, UnixMicros time, out ContextFault? fault)
    {
        fault = null;
        var stated = context.TryGetValue(ContextAttributes.UtcOffset, out var offset);
        if (context.TryGetValue(ContextAttributes.TimeZone, out var zone))
        {
            if (stated)
            {
                fault = new ContextFault(ContextAttributes.UtcOffset, $"one of {ContextAttributes.TimeZone} and {ContextAttributes.UtcOffset}", "both");
                return context;
            }

            if (TimeZones.MinutesEast(zone, time) is { } minutes)
            {
                return context.SetItem(ContextAttributes.UtcOffset, minutes.ToString(CultureInfo.InvariantCulture));
            }

            fault = new ContextFault(ContextAttributes.TimeZone, "an IANA time zone that this machine knows, such as Europe/Berlin", Reading.Quote(zone));
            return context;
        }

        if (stated && !(int.TryParse(offset, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var given) && Math.Abs((long)given) <= MaxOffset))
        {
            fault = new ContextFault(ContextAttributes.UtcOffset, $"whole minutes east of UTC, from -{MaxOffset} to {MaxOffset}", Reading.Quote(offset!));
        }

        return context;
    }
}

/// <summary>What is wrong with an attribute of a context.</summary>
/// <param name="Key">Which.</param>
/// <param name="Expected">What would have been right.</param>
/// <param name="Got">What was found.</param>
internal sealed record ContextFault(string Key, string Expected, string Got);
