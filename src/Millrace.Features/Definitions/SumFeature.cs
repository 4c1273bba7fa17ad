using System.Collections.Immutable;
using Millrace.Features.Numerics;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>What an item's events within a sliding window add up to: <c>{name, entity: item, sum: dwell, unit: s, window: 1h}</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Event">The event whose values are summed.</param>
/// <param name="Unit">Their unit; events with another unit, or without a value, are passed over.</param>
/// <param name="Window">1 s to 90 days; it moves in steps of a sixtieth.</param>
/// <param name="As">The sum as it is, log(1 + sum) of a sum that is not negative, or its share of what all items' events add up to.</param>
public sealed record SumFeature(string Name, string Event, string Unit, TimeSpan Window, CountRead As = CountRead.Count) : FeatureDefinition(Name)
{
    public override FeatureEntity Entity => FeatureEntity.Item;

    internal override (FeatureEntity Of, string Event)? Dated => (FeatureEntity.Item, Event);

    internal override ImmutableArray<StateKey> States => [new WindowedSumsKey(Event, Window, Unit)];

    internal override IEnumerable<string> Faults() => DefinitionFaults.Event(Event)
        .Concat(DefinitionFaults.Unit(Unit))
        .Concat(DefinitionFaults.Span("window", Window));

    internal override void Read(in FeatureRead read, Span<float> column)
    {
        var state = read.State<WindowedSums.Frozen>(0);
        var sums = read.Longs(state.SumAt);
        var values = read.Doubles(column.Length);
        double unit = As == CountRead.Share ? (double)Int128.Max(1, state.Total) : 1e6;
        for (var i = 0; i < values.Length; i++)
        {
            var value = sums[i] / unit;
            values[i] = As == CountRead.Log ? Math.Max(0, value) : value;
        }

        if (As == CountRead.Log)
        {
            DeterministicLanes.LogOnePlus(values, column);
        }
        else
        {
            DeterministicLanes.ToFloats(values, column);
        }

        read.Blank(column);
    }
}
