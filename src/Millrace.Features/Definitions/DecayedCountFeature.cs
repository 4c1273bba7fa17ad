using System.Collections.Immutable;
using Millrace.Features.Numerics;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>A count in which an event's weight halves every <paramref name="HalfLife"/>: <c>{name, entity: item, count: click, halfLife: 1h}</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Event">The event counted.</param>
/// <param name="HalfLife">1 s to 90 days; what is older than eight of it counts no more.</param>
/// <param name="As"><see cref="CountRead.Count"/> or <see cref="CountRead.Log"/>, which is log(1 + decayed).</param>
public sealed record DecayedCountFeature(string Name, string Event, TimeSpan HalfLife, CountRead As = CountRead.Count) : FeatureDefinition(Name)
{
    public override FeatureEntity Entity => FeatureEntity.Item;

    internal override ImmutableArray<StateKey> States => [new DecayedSumsKey(Event, HalfLife)];

    internal override (FeatureEntity Of, string Event)? Dated => (FeatureEntity.Item, Event);

    internal override IEnumerable<string> Faults() => DefinitionFaults.Event(Event)
        .Concat(DefinitionFaults.Span("halfLife", HalfLife))
        .Concat(DefinitionFaults.NoShare(As));

    internal override void Read(in FeatureRead read, Span<float> column)
    {
        var decayed = read.Doubles(column.Length);
        read.State<DecayedSums.Frozen>(0).Sums(read, decayed);
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
