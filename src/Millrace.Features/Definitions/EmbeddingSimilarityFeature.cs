using System.Collections.Immutable;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>
/// How near the item's embedding is to those of what a person chose last: <c>{name, entity: session-item, similar: click, embedding: 64}</c>. The cosine, −1 to 1, of
/// vectors of bytes. Missing without either.
/// </summary>
/// <param name="Name">Its name.</param>
/// <param name="Of">Whose: <see cref="FeatureEntity.User"/> or <see cref="FeatureEntity.Session"/>.</param>
/// <param name="Event">The event that is a choice.</param>
/// <param name="Dimensions">8 to 512, a multiple of 8: an item with an embedding of another length has none.</param>
public sealed record EmbeddingSimilarityFeature(string Name, FeatureEntity Of, string Event, int Dimensions) : FeatureDefinition(Name)
{
    /// <summary>How many of the person's last items are looked at, 1 to 100.</summary>
    public int Depth { get; init; } = 20;

    public override FeatureEntity Entity => FeatureEntity.UserItem;

    internal override (FeatureEntity Of, string Event)? Dated => (Of, Event);

    internal override ImmutableArray<StateKey> States => [new ItemVectorsKey(null, Dimensions)];

    internal override ImmutableArray<PersonKey> Sections => [new ItemHistoryKey(Of.Person(), Event, Depth, DefinitionFaults.Longest)];

    internal override IEnumerable<string> Faults() => DefinitionFaults.Person(Of)
        .Concat(DefinitionFaults.Event(Event))
        .Concat(DefinitionFaults.Between("depth", Depth, 1, 100))
        .Concat(Dimensions is >= 8 and <= 512 && Dimensions % 8 == 0 ? [] : [$"embedding: expected a multiple of 8 from 8 to 512; got {Dimensions}"]);

    internal override void Read(in FeatureRead read, Span<float> column)
    {
        ItemSimilarity.Read(read, Dimensions, column);
    }
}
