using System.Collections.Immutable;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>
/// How like the text of what a person chose last the item's text is: <c>{name, entity: session-item, similar: click, text: title}</c>. The cosine, −1 to 1, of hashed
/// words, pairs of words and threes of characters. Missing without either.
/// </summary>
/// <param name="Name">Its name.</param>
/// <param name="Of">Whose: <see cref="FeatureEntity.User"/> or <see cref="FeatureEntity.Session"/>.</param>
/// <param name="Event">The event that is a choice.</param>
/// <param name="Attribute">The attribute that holds the text; all its values.</param>
public sealed record TextSimilarityFeature(string Name, FeatureEntity Of, string Event, string Attribute) : FeatureDefinition(Name)
{
    /// <summary>A power of two from 16 to 512: bytes of each item.</summary>
    public int Dimensions { get; init; } = 64;

    /// <summary>How many of the person's last items are looked at, 1 to 100.</summary>
    public int Depth { get; init; } = 20;

    public override FeatureEntity Entity => FeatureEntity.UserItem;

    internal override (FeatureEntity Of, string Event)? Dated => (Of, Event);

    internal override ImmutableArray<StateKey> States => [new ItemVectorsKey(Attribute, Dimensions)];

    internal override ImmutableArray<PersonKey> Sections => [new ItemHistoryKey(Of.Person(), Event, Depth, DefinitionFaults.Longest)];

    internal override IEnumerable<string> Faults() => DefinitionFaults.Person(Of)
        .Concat(DefinitionFaults.Event(Event))
        .Concat(DefinitionFaults.Key("text", Attribute))
        .Concat(DefinitionFaults.Between("depth", Depth, 1, 100))
        .Concat(Dimensions is >= 16 and <= 512 && int.IsPow2(Dimensions) ? [] : [$"dimensions: expected a power of two from 16 to 512; got {Dimensions}"]);

    internal override void Read(in FeatureRead read, Span<float> column)
    {
        ItemSimilarity.Read(read, Dimensions, column);
    }
}
