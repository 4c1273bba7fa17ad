using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>
/// How much of what a person chose has the value that it chose most: <c>{name, entity: user, topShare: click, by: provider, halfLife: 7d}</c>. 1 for somebody who reads one
/// provider only. Missing where nothing is known.
/// </summary>
/// <inheritdoc cref="ChoiceFeature(string, FeatureEntity, string, string, TimeSpan)" path="/param"/>
public sealed record TopShareFeature(string Name, FeatureEntity Of, string Event, string By, TimeSpan HalfLife)
    : ChoiceFeature(Name, Of, Event, By, HalfLife)
{
    public override FeatureEntity Entity => Of;

    internal override void Read(in FeatureRead read, Span<float> column)
    {
        var tally = read.Tally(section: 0, state: 0, HalfLife);
        if (tally.Total > 0)
        {
            column.Fill((float)(tally.Top() / (double)tally.Total));
        }
    }
}
