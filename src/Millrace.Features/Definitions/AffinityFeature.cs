using System.Collections.Immutable;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>
/// How much of what a person chose shares a value with the item: <c>{name, entity: user×attribute, affinity: click, of: user, by: provider, halfLife: 7d}</c>. 0 to 1, of the
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

    internal override IEnumerable<string> Faults() => DefinitionFaults.Person(Of)
        .Concat(DefinitionFaults.Event(Event))
        .Concat(ItemPart.Faults("by", By))
        .Concat(DefinitionFaults.Span("halfLife", HalfLife))
        .Concat(DefinitionFaults.Between("most", Most, 1, 100));

    internal override void Read(in FeatureRead read, Span<float> column)
    {
    }
}
