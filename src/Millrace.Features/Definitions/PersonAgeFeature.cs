using System.Collections.Immutable;
using Millrace.Features.Numerics;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>How long ago a person had an event: <c>{name, entity: user, age: lastEvent, event: click, halfLife: 1d}</c>. Missing for whom had none.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Of"><see cref="FeatureEntity.User"/> or <see cref="FeatureEntity.Session"/>.</param>
/// <param name="Event">The event.</param>
/// <param name="HalfLife">1 s to 90 days; null reads the age itself, in hours. One longer ago than eight half-lives, or 90 days without one, is missing.</param>
public sealed record PersonAgeFeature(string Name, FeatureEntity Of, string Event, TimeSpan? HalfLife = null) : FeatureDefinition(Name)
{
    public override FeatureEntity Entity => Of;

    internal override (FeatureEntity Of, string Event)? Dated => (Of, Event);

    internal override ImmutableArray<PersonKey> Sections => [new PersonTimesKey(Of.Person(), Event, HalfLife * ForwardDecay.Kept ?? DefinitionFaults.Longest)];

    internal override IEnumerable<string> Faults() => DefinitionFaults.Person(Of)
        .Concat(DefinitionFaults.Event(Event))
        .Concat(HalfLife is { } halfLife ? DefinitionFaults.Span("halfLife", halfLife) : []);

    internal override void Read(in FeatureRead read, Span<float> column)
    {
        if (PersonTimes.Read(read.Section(0), read.Key<PersonTimesKey>(0), read.Asked.Value) is not (> 0 and var last))
        {
            return;
        }

        double age = Math.Max(0, read.Asked.Value - last);
        column.Fill((float)(HalfLife is { } halfLife ? Deterministic.HalfLifeDecay(age, halfLife.Ticks / (double)TimeSpan.TicksPerMicrosecond) : age / 3_600_000_000.0));
    }
}
