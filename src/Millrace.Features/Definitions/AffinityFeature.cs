using System.Runtime.Intrinsics;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>
/// How much of what a person chose shares a value with the item: <c>{name, entity: user-attribute, affinity: click, by: provider, halfLife: 7d}</c>. 0 to 1, of the
/// person's last items, each weighing less the longer ago it was; missing where nothing is known of the person or of the item's part.
/// </summary>
/// <inheritdoc cref="ChoiceFeature(string, FeatureEntity, string, string, TimeSpan)" path="/param"/>
public sealed record AffinityFeature(string Name, FeatureEntity Of, string Event, string By, TimeSpan HalfLife)
    : ChoiceFeature(Name, Of, Event, By, HalfLife)
{
    public override FeatureEntity Entity => FeatureEntity.UserAttribute;

    internal override void Read(in FeatureRead read, Span<float> column)
    {
        var values = read.State<CatalogueState.Frozen>(0);
        var tally = read.Tally(section: 0, state: 0, HalfLife);
        if (tally.Total == 0)
        {
            return;
        }

        var weights = read.Doubles(column.Length);
        tally.Weigh(read, values, weights);
        var total = Vector256.Create((double)tally.Total);
        for (var i = 0; i < column.Length; i += Lanes.Count)
        {
            Lanes.Store(Vector256.Create<double>(weights[i..]) / total, Vector256.Create<double>(weights[(i + 4)..]) / total, column, i);
        }
    }
}
