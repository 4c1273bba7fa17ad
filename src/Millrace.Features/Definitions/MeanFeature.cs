using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>What an item's events within a sliding window have on average: <c>{name, entity: item, mean: dwell, unit: s, window: 1h}</c>. Missing without any.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Event">The event whose values are averaged.</param>
/// <param name="Unit">Their unit; events with another unit, or without a value, are passed over.</param>
/// <param name="Window">1 s to 90 days; it moves in steps of a sixtieth.</param>
public sealed record MeanFeature(string Name, string Event, string Unit, TimeSpan Window) : FeatureDefinition(Name)
{
    public override FeatureEntity Entity => FeatureEntity.Item;

    internal override (FeatureEntity Of, string Event)? Dated => (FeatureEntity.Item, Event);

    internal override ImmutableArray<StateKey> States => [new WindowedSumsKey(Event, Window, Unit)];

    internal override IEnumerable<string> Faults() => DefinitionFaults.Event(Event)
        .Concat(DefinitionFaults.Unit(Unit))
        .Concat(DefinitionFaults.Span("window", Window));

    internal override void Read(in FeatureRead read, Span<float> column)
    {
        var sums = read.State<WindowedSums.Frozen>(0);
        var counts = read.Column(sums.CountAt);
        var amounts = read.Longs(sums.SumAt);
        for (var i = 0; i < column.Length; i += Lanes.Count)
        {
            Lanes.Store(Mean(amounts.Load(i), Lanes.Doubles(counts, i)), Mean(amounts.Load(i + 4), Lanes.Doubles(counts, i + 4)), column, i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Mean(Vector256<long> amount, Vector256<double> count) =>
        Lanes.Where(Vector256.GreaterThan(count, Vector256<double>.Zero), Vector256.ConvertToDouble(amount) / (Vector256.Create(1e6) * count));
}
