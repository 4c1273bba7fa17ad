using System.Collections.Immutable;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>What a person's choices say of one part of items: the last items that it had an event with, each weighing less the longer ago it was, tallied by their values of the part.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Of"><see cref="FeatureEntity.User"/> or <see cref="FeatureEntity.Session"/>.</param>
/// <param name="Event">The event that is a choice.</param>
/// <param name="By"><c>provider</c>, <c>kind</c> or <c>attribute:NAME</c>, as the catalogue has it when it is asked; the first four values of an attribute, in ordinal order.</param>
/// <param name="HalfLife">1 s to 90 days.</param>
public abstract record ChoiceFeature(string Name, FeatureEntity Of, string Event, string By, TimeSpan HalfLife) : FeatureDefinition(Name)
{
    /// <summary>How many of the person's last items are looked at, 1 to 100.</summary>
    public int Most { get; init; } = 100;

    internal override (FeatureEntity Of, string Event)? Dated => (Of, Event);

    internal override ImmutableArray<StateKey> States => [new ItemValuesKey(By)];

    internal override ImmutableArray<PersonKey> Sections => [new ItemHistoryKey(Of.Person(), Event, Most, HalfLife * ForwardDecay.Kept)];

    internal override IEnumerable<string> Faults() => DefinitionFaults.Person(Of)
        .Concat(DefinitionFaults.Event(Event))
        .Concat(ItemPart.Faults("by", By))
        .Concat(DefinitionFaults.Span("halfLife", HalfLife))
        .Concat(DefinitionFaults.Between("most", Most, 1, 100));
}
