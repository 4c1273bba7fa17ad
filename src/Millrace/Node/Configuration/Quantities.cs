using System.Globalization;

namespace Millrace.Node.Configuration;

/// <summary>Durations and sizes as people write them: a whole or decimal number and a unit, nothing between them.</summary>
internal static class Quantities
{
    public const string DurationExpected = "a duration like '250ms', '30s', '5m', '1h' or '7d'";
    public const string DurationPattern = @"^[0-9]+(\.[0-9]+)?(ms|s|m|h|d)$";
    public const string SizeExpected = "a size like '64KiB', '16MiB' or '1GiB'";
    public const string SizePattern = @"^[0-9]+(B|KiB|MiB|GiB|TiB)?$";

    private static readonly (string Unit, long Ticks)[] DurationUnits =
    [
        // Longest unit text first, since "ms" ends in "s".
        ("ms", TimeSpan.TicksPerMillisecond), ("s", TimeSpan.TicksPerSecond), ("m", TimeSpan.TicksPerMinute),
        ("h", TimeSpan.TicksPerHour), ("d", TimeSpan.TicksPerDay),
    ];

    private static readonly (string Unit, long Bytes)[] SizeUnits = [("TiB", 1L << 40), ("GiB", 1L << 30), ("MiB", 1L << 20), ("KiB", 1L << 10), ("B", 1)];

    /// <summary>The duration, or null when the text is none, is negative or lasts more than 10,000 days.</summary>
    public static TimeSpan? ParseDuration(string text)
    {
        foreach (var (unit, ticks) in DurationUnits)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal))
            {
                return decimal.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
                    && number <= 10_000m * TimeSpan.TicksPerDay / ticks
                    ? TimeSpan.FromTicks((long)(number * ticks))
                    : null;
            }
        }

        return null;
    }

    /// <summary>The number of bytes, or null. A number without a unit is bytes.</summary>
    public static long? ParseSize(string text)
    {
        var scale = 1L;
        var digits = text;
        foreach (var (unit, bytes) in SizeUnits)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal))
            {
                (scale, digits) = (bytes, text[..^unit.Length]);
                break;
            }
        }

        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= long.MaxValue / scale ? number * scale : null;
    }

    /// <summary>The shortest text that reads back as <paramref name="duration"/>.</summary>
    public static string Format(TimeSpan duration)
    {
        for (var i = DurationUnits.Length - 1; i > 0; i--)
        {
            if (duration.Ticks % DurationUnits[i].Ticks == 0 && duration.Ticks != 0)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{duration.Ticks / DurationUnits[i].Ticks}{DurationUnits[i].Unit}");
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"{(decimal)duration.Ticks / TimeSpan.TicksPerMillisecond}ms");
    }
}
