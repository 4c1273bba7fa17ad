using System.Collections.Immutable;
using Millrace.Features.Numerics;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>A sum in which a value's weight halves every <paramref name="HalfLife"/>: <c>{name, entity: item, sum: dwell, unit: s, halfLife: 1h}</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Event">The event whose values are summed, each rounded to a thousandth.</param>
/// <param name="Unit">Their unit; events with another unit, or without a value, are passed over.</param>
/// <param name="HalfLife">1 s to 90 days; what is older than eight of it counts no more.</param>
/// <param name="As"><see cref="CountRead.Count"/> or <see cref="CountRead.Log"/>, which is log(1 + sum) of a sum that is not negative.</param>
public sealed record DecayedSumFeature(string Name, string Event, string Unit, TimeSpan HalfLife, CountRead As = CountRead.Count) : FeatureDefinition(Name)
{
    public override FeatureEntity Entity => FeatureEntity.Item;

    internal override (FeatureEntity Of, string Event)? Dated => (FeatureEntity.Item, Event);

    internal override ImmutableArray<StateKey> States => [new DecayedSumsKey(Event, HalfLife, Unit)];

    internal override IEnumerable<string> Faults() => DefinitionFaults.Event(Event)
        .Concat(DefinitionFaults.Unit(Unit))
        .Concat(DefinitionFaults.Span("halfLife", HalfLife))
        .Concat(DefinitionFaults.NoShare(As));

    internal override void Read(in FeatureRead read, Span<float> column)
    {
        var decayed = read.Doubles(column.Length);
        read.State<DecayedSums.Frozen>(0).Sums(read, decayed);
        foreach (ref var sum in decayed)
        {
            sum /= 1e3;
        }

        if (As == CountRead.Log)
        {
            foreach (ref var sum in decayed)
            {
                sum = Math.Max(0, sum);
            }

            DeterministicLanes.LogOnePlus(decayed, column);
        }
        else
        {
            DeterministicLanes.ToFloats(decayed, column);
        }
    }
}
