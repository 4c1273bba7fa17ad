using System.Collections.Immutable;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>1 when an attribute of the request's context has a value, else 0: <c>{name, entity: context, is: phone, by: "context:device"}</c>. One feature for each value makes it one-hot.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Key">The attribute; missing where the request has none.</param>
/// <param name="Value">The value, compared by its characters.</param>
public sealed record ContextIsFeature(string Name, string Key, string Value) : FeatureDefinition(Name)
{
    public override FeatureEntity Entity => FeatureEntity.Context;

    public override ImmutableArray<string> ContextKeys => [Key];

    internal override IEnumerable<string> Faults() => DefinitionFaults.Key("key", Key).Concat(DefinitionFaults.Value(Value));

    internal override void Read(in FeatureRead read, Span<float> column)
    {
        if (read.ContextValue(0) is { } text)
        {
            column.Fill(text == Value ? 1 : 0);
        }
    }
}
