using System.Collections.Immutable;
using System.Runtime.Intrinsics;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>1 when the item has a value, else 0: <c>{name, entity: item, is: video, by: kind}</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="By"><c>provider</c>, <c>kind</c> or <c>attribute:NAME</c>; missing where the item has none.</param>
/// <param name="Value">The value, compared by its characters; any of several will do.</param>
public sealed record ItemIsFeature(string Name, string By, string Value) : FeatureDefinition(Name)
{
    public override FeatureEntity Entity => FeatureEntity.Item;

    internal override ImmutableArray<StateKey> States => [new ItemEqualsKey(By, Value)];

    internal override IEnumerable<string> Faults() => ItemPart.Faults("by", By).Concat(DefinitionFaults.Value(Value));

    internal override void Read(in FeatureRead read, Span<float> column)
    {
        var equals = read.Column(read.State<CatalogueState.Frozen>(0).At);
        for (var i = 0; i < column.Length; i += Lanes.Count)
        {
            var said = Lanes.Load(equals, i);
            var value = Vector256.Equals(said, Vector256<uint>.One).AsSingle() & Vector256<float>.One;
            Vector256.ConditionalSelect(Vector256.Equals(said, Vector256<uint>.Zero).AsSingle(), Vector256.Create(float.NaN), value).CopyTo(column[i..]);
        }
    }
}
