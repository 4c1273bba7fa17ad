using System.Collections.Immutable;
using Millrace.Features.Numerics;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>How often an item had <paramref name="Event"/> within a sliding window: <c>{name, entity: item, count: click, window: 1h}</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Event">The event counted.</param>
/// <param name="Window">1 s to 90 days; it moves in steps of a sixtieth.</param>
/// <param name="As">How the count is read.</param>
public sealed record CountFeature(string Name, string Event, TimeSpan Window, CountRead As = CountRead.Count) : FeatureDefinition(Name)
{
    public override FeatureEntity Entity => FeatureEntity.Item;

    internal override ImmutableArray<StateKey> States => [new WindowedSumsKey(Event, Window)];

    internal override (FeatureEntity Of, string Event)? Dated => (FeatureEntity.Item, Event);

    internal override IEnumerable<string> Faults() => DefinitionFaults.Event(Event).Concat(DefinitionFaults.Span("window", Window));

    internal override void Read(in FeatureRead read, Span<float> column)
    {
        var state = read.State<WindowedSums.Frozen>(0);
        if (As == CountRead.Log)
        {
            read.LogCounts(state.CountAt, column);
            return;
        }

        var counts = read.Column(state.CountAt);
        double unit = As == CountRead.Share ? (double)Int128.Max(1, state.Total) : 1;
        for (var i = 0; i < column.Length; i++)
        {
            column[i] = As == CountRead.Share ? (float)(counts[i] / unit) : counts[i];
        }

        read.Blank(column);
    }
}
