using System.Collections.Immutable;
using System.Runtime.Intrinsics;
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
        for (var i = 0; i < decayed.Length; i += Vector256<double>.Count)
        {
            var sum = Vector256.Create<double>(decayed[i..]) / Vector256.Create(1e3);
            (As == CountRead.Log ? Vector256.Max(Vector256<double>.Zero, sum) : sum).CopyTo(decayed[i..]);
        }

        if (As == CountRead.Log)
        {
            DeterministicLanes.LogOnePlus(decayed, column);
        }
        else
        {
            DeterministicLanes.ToFloats(decayed, column);
        }

        read.Blank(column);
    }
}
