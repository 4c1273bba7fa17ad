using System.Collections.Immutable;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>An attribute of the request's context as a number: <c>{name, entity: context, value: "context:temperature"}</c>. true and false are 1 and 0; missing where it is none.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Key">The attribute.</param>
public sealed record ContextValueFeature(string Name, string Key) : FeatureDefinition(Name)
{
    public override FeatureEntity Entity => FeatureEntity.Context;

    public override ImmutableArray<string> ContextKeys => [Key];

    internal override IEnumerable<string> Faults() => DefinitionFaults.Key("value", Key);

    internal override void Read(in FeatureRead read, Span<float> column)
    {
        if (read.ContextValue(0) is { } text && NumberText.Parse(text) is { } number)
        {
            column.Fill((float)number);
        }
    }
}
