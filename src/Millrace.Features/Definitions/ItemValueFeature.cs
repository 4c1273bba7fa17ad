using System.Collections.Immutable;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>An attribute of the item as a number: <c>{name, entity: item, value: "attribute:price"}</c>. Its first value; true and false are 1 and 0; missing where it is none.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Attribute">The attribute.</param>
public sealed record ItemValueFeature(string Name, string Attribute) : FeatureDefinition(Name)
{
    public override FeatureEntity Entity => FeatureEntity.Item;

    internal override ImmutableArray<StateKey> States => [new ItemNumbersKey(Attribute)];

    internal override IEnumerable<string> Faults() => DefinitionFaults.Key("value", Attribute);

    internal override void Read(in FeatureRead read, Span<float> column)
    {
        var numbers = read.Column(read.State<CatalogueState.Frozen>(0).At);
        for (var i = 0; i < column.Length; i++)
        {
            column[i] = ItemNumbers.Of(numbers[i]);
        }
    }
}
