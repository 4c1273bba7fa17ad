using CsCheck;
using Millrace.Features.Zones;
using Millrace.Journal;

namespace Millrace.Tests.Features.Zones;

public sealed class LocalTimeTests
{
    private static readonly Gen<long> AnyWritable =
        Gen.Long[UnixMicros.From(DateTimeOffset.MinValue.AddDays(2)).Value, UnixMicros.From(DateTimeOffset.MaxValue.AddDays(-2)).Value];

    [Fact]
    public void Local_time_is_what_the_calendar_says() => Gen.Select(AnyWritable, Gen.Int[-14 * 60, 14 * 60]).Sample((micros, offset) =>
    {
        var time = new UnixMicros(micros);
        DateTimeOffset local = time.ToDateTimeOffset().ToOffset(TimeSpan.FromMinutes(offset));
        int day = ((int)local.DayOfWeek + 6) % 7;
        Assert.Equal(local.Hour, LocalTime.HourOfDay(time, offset));
        Assert.Equal((local.Hour * 60) + local.Minute, LocalTime.MinuteOfDay(time, offset));
        Assert.Equal(day, LocalTime.DayOfWeek(time, offset));
        Assert.Equal((day * 1440) + (local.Hour * 60) + local.Minute, LocalTime.MinuteOfWeek(time, offset));
    });

    [Fact]
    public void No_instant_and_no_offset_leaves_the_week() => Gen.Select(Gen.Long, Gen.Int).Sample((micros, offset) =>
        Assert.InRange(LocalTime.MinuteOfWeek(new UnixMicros(micros), offset), 0, LocalTime.MinutesPerWeek - 1));
}
