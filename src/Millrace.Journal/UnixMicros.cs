namespace Millrace.Journal;

/// <summary>A point in time as whole microseconds since 1970-01-01T00:00:00Z: the unit of every time in a fact.</summary>
/// <param name="Value">Microseconds since the Unix epoch; may be negative.</param>
public readonly record struct UnixMicros(long Value) : IComparable<UnixMicros>
{
    /// <summary>Microseconds in one second.</summary>
    public const long PerSecond = 1_000_000;

    /// <summary>The last instant that RFC 3339 can write: the end of the year 9999.</summary>
    public static readonly UnixMicros LastWritable = From(DateTimeOffset.MaxValue);

    private static readonly UnixMicros FirstWritable = From(DateTimeOffset.MinValue);

    /// <summary>The instant of <paramref name="time"/>, its sub-microsecond part cut off.</summary>
    public static UnixMicros From(DateTimeOffset time) => new((time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond);

    /// <summary>Now, by <paramref name="clock"/>.</summary>
    public static UnixMicros Now(TimeProvider clock) => From(clock.GetUtcNow());

    /// <summary>The same instant as a <see cref="DateTimeOffset"/> in UTC.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not within the years 1 to 9999.</exception>
    public DateTimeOffset ToDateTimeOffset() => DateTimeOffset.UnixEpoch.AddTicks(Value * TimeSpan.TicksPerMicrosecond);

    public int CompareTo(UnixMicros other) => Value.CompareTo(other.Value);

    public static bool operator <(UnixMicros left, UnixMicros right) => left.Value < right.Value;

    public static bool operator >(UnixMicros left, UnixMicros right) => left.Value > right.Value;

    public static bool operator <=(UnixMicros left, UnixMicros right) => left.Value <= right.Value;

    public static bool operator >=(UnixMicros left, UnixMicros right) => left.Value >= right.Value;

    public static UnixMicros operator +(UnixMicros time, TimeSpan span) => new(time.Value + (span.Ticks / TimeSpan.TicksPerMicrosecond));

    public static UnixMicros operator -(UnixMicros time, TimeSpan span) => new(time.Value - (span.Ticks / TimeSpan.TicksPerMicrosecond));

    public static TimeSpan operator -(UnixMicros left, UnixMicros right) => TimeSpan.FromMicroseconds(left.Value - right.Value);

    /// <summary>RFC 3339 to the microsecond; outside the years 1 to 9999, which a stored fact may hold, the count with its unit.</summary>
    public override string ToString() => this >= FirstWritable && this <= LastWritable
        ? ToDateTimeOffset().ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", System.Globalization.CultureInfo.InvariantCulture)
        : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Value} µs");
}
