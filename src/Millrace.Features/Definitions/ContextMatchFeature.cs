using System.Collections.Immutable;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>1 when the item has the value that the request's context has, else 0: <c>{name, entity: item-context, match: "context:language", by: "attribute:language"}</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Key">The context's attribute; missing where the request has none.</param>
/// <param name="By"><c>provider</c>, <c>kind</c> or <c>attribute:NAME</c>; missing where the item has none. The first four values of an attribute, in ordinal order.</param>
public sealed record ContextMatchFeature(string Name, string Key, string By) : FeatureDefinition(Name)
{
    public override FeatureEntity Entity => FeatureEntity.ItemContext;

    public override ImmutableArray<string> ContextKeys => [Key];

    internal override ImmutableArray<StateKey> States => [new ItemValuesKey(By)];

    internal override IEnumerable<string> Faults() => DefinitionFaults.Key("context", Key).Concat(ItemPart.Faults("by", By));

    internal override void Read(in FeatureRead read, Span<float> column)
    {
        if (read.ContextValue(0) is not { } text)
        {
            return;
        }

        var id = ItemPart.IdOf(text);
        var values = read.State<CatalogueState.Frozen>(0);
        for (var i = 0; i < column.Length; i++)
        {
            var item = read.Row(i);
            if (item[values.At] != 0)
            {
                column[i] = values.Has(item, id) ? 1 : 0;
            }
        }
    }
}
