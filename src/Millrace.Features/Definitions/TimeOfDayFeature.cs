using System.Collections.Immutable;
using System.Globalization;
using Millrace.Features.Numerics;
using Millrace.Features.Zones;

namespace Millrace.Features.Definitions;

/// <summary>When it is asked, on the clock of the person who asks: <c>{name, entity: context, time: hour}</c>. By the context's <c>utcOffset</c>, UTC without one.</summary>
/// <param name="Name">Its name.</param>
/// <param name="As">What of it.</param>
public sealed record TimeOfDayFeature(string Name, TimeRead As) : FeatureDefinition(Name)
{
    /// <summary>The attribute of the context that holds minutes east of UTC.</summary>
    public const string UtcOffset = "utcOffset";

    public override FeatureEntity Entity => FeatureEntity.Context;

    public override ImmutableArray<string> ContextKeys => [UtcOffset];

    internal override IEnumerable<string> Faults() => [];

    internal override void Read(in FeatureRead read, Span<float> column)
    {
        var offset = int.TryParse(read.ContextValue(0), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var given) ? given : 0;
        double day = LocalTime.MinuteOfDay(read.Asked, offset) / (double)LocalTime.MinutesPerDay;
        double week = LocalTime.MinuteOfWeek(read.Asked, offset) / (double)LocalTime.MinutesPerWeek;
        column.Fill((float)(As switch
        {
            TimeRead.Hour => LocalTime.HourOfDay(read.Asked, offset),
            TimeRead.Weekday => LocalTime.DayOfWeek(read.Asked, offset),
            TimeRead.DaySine => Deterministic.SinTurns(day),
            TimeRead.DayCosine => Deterministic.CosTurns(day),
            TimeRead.WeekSine => Deterministic.SinTurns(week),
            _ => Deterministic.CosTurns(week),
        }));
    }
}

/// <summary>How the time of a request is read.</summary>
public enum TimeRead
{
    /// <summary>0 to 23.</summary>
    Hour,

    /// <summary>0 for Monday to 6 for Sunday.</summary>
    Weekday,

    /// <summary>The sine of the time of day, a turn a day from midnight.</summary>
    DaySine,

    /// <summary>The cosine of the time of day.</summary>
    DayCosine,

    /// <summary>The sine of the time of the week, a turn a week from Monday's midnight.</summary>
    WeekSine,

    /// <summary>The cosine of the time of the week.</summary>
    WeekCosine,
}
