using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>
/// How much of what a person chose shares a value with the item: <c>{name, entity: user-attribute, affinity: click, by: provider, halfLife: 7d}</c>. 0 to 1, of the
/// person's last items, each weighing less the longer ago it was; missing where nothing is known of the person or of the item's part.
/// </summary>
/// <param name="Name">Its name.</param>
/// <param name="Of">Whose: <see cref="FeatureEntity.User"/> or <see cref="FeatureEntity.Session"/>.</param>
/// <param name="Event">The event that is a choice.</param>
/// <param name="By"><c>provider</c>, <c>kind</c> or <c>attribute:NAME</c>, as the catalogue has it when it is asked; the first four values of an attribute, in ordinal order.</param>
/// <param name="HalfLife">1 s to 90 days.</param>
public sealed record AffinityFeature(string Name, FeatureEntity Of, string Event, string By, TimeSpan HalfLife) : FeatureDefinition(Name)
{
    /// <summary>How many of the person's last items are looked at, 1 to 100.</summary>
    public int Most { get; init; } = 100;

    public override FeatureEntity Entity => FeatureEntity.UserAttribute;

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
        var values = read.State<CatalogueState.Frozen>(0);
        var tally = read.Tally(section: 0, state: 0, HalfLife);
        if (tally.Total == 0)
        {
            return;
        }

        double total = tally.Total;
        for (var i = 0; i < column.Length; i++)
        {
            if (tally.Of(MemoryMarshal.Cast<long, uint>(values.Of(read.Row(i)))) is var weight and >= 0)
            {
                column[i] = (float)(weight / total);
            }
        }
    }
}
