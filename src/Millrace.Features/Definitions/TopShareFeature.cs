using System.Collections.Immutable;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>
/// How much of what a person chose has the value that it chose most: <c>{name, entity: user, topShare: click, by: provider, halfLife: 7d}</c>. 1 for somebody who reads one
/// provider only. Missing where nothing is known.
/// </summary>
/// <param name="Name">Its name.</param>
/// <param name="Of"><see cref="FeatureEntity.User"/> or <see cref="FeatureEntity.Session"/>.</param>
/// <param name="Event">The event that is a choice.</param>
/// <param name="By"><c>provider</c>, <c>kind</c> or <c>attribute:NAME</c>, as for <see cref="AffinityFeature"/>.</param>
/// <param name="HalfLife">1 s to 90 days.</param>
public sealed record TopShareFeature(string Name, FeatureEntity Of, string Event, string By, TimeSpan HalfLife) : FeatureDefinition(Name)
{
    /// <summary>How many of the person's last items are looked at, 1 to 100.</summary>
    public int Most { get; init; } = 100;

    public override FeatureEntity Entity => Of;

    internal override (FeatureEntity Of, string Event)? Dated => (Of, Event);


    internal override ImmutableArray<StateKey> States => [new ItemValuesKey(By)];

    internal override ImmutableArray<PersonKey> Sections => [new ItemHistoryKey(Of.Person(), Event, Most, HalfLife * ForwardDecay.Kept)];

    internal override IEnumerable<string> Faults() => DefinitionFaults.Person(Of)
        .Concat(DefinitionFaults.Event(Event))
        .Concat(ItemPart.Faults("by", By))
        .Concat(DefinitionFaults.Span("halfLife", HalfLife))
        .Concat(DefinitionFaults.Between("most", Most, 1, 100));

    internal override void Read(in FeatureRead read, Span<float> column)
    {
        var tally = read.Tally(section: 0, state: 0, HalfLife);
        if (tally.Total > 0)
        {
            column.Fill((float)(tally.Top() / (double)tally.Total));
        }
    }
}
