using Millrace.Journal;

namespace Millrace.Features.Zones;

/// <summary>
/// Hours and weeks on somebody's clock, in integers: a pure function of the instant and the minutes that the zone was east of UTC then. Days have 1,440 minutes:
/// the offset, in minutes east, holds all that there is of summer time.
/// </summary>
internal static class LocalTime
{
    internal const int MinutesPerDay = 24 * 60;
    internal const int MinutesPerWeek = 7 * MinutesPerDay;

    private const long MicrosPerMinute = 60 * UnixMicros.PerSecond;

    // The first of January 1970 was a Thursday: three days after a Monday.
    private const int EpochInWeek = 3 * MinutesPerDay;

    /// <summary>0 to 1,439, from midnight.</summary>
    internal static int MinuteOfDay(UnixMicros time, int offset) => MinuteOfWeek(time, offset) % MinutesPerDay;

    /// <summary>0 to 23.</summary>
    internal static int HourOfDay(UnixMicros time, int offset) => MinuteOfDay(time, offset) / 60;

    /// <summary>0 for Monday to 6 for Sunday, as ISO 8601 orders them.</summary>
    internal static int DayOfWeek(UnixMicros time, int offset) => MinuteOfWeek(time, offset) / MinutesPerDay;

    /// <summary>0 to 10,079, from Monday's midnight.</summary>
    internal static int MinuteOfWeek(UnixMicros time, int offset)
    {
        (long minutes, long rest) = Math.DivRem(time.Value, MicrosPerMinute);
        if (rest < 0) minutes--;
        long minute = (minutes + offset + EpochInWeek) % MinutesPerWeek;
        return (int)(minute < 0 ? minute + MinutesPerWeek : minute);
    }
}
