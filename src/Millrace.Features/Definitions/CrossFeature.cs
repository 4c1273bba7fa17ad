using System.Collections.Immutable;
using Millrace.Features.Numerics;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>How often an item had an event in the context of the request: <c>{name, entity: item-context, count: click, by: surface, window: 1d}</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Event">The event counted.</param>
/// <param name="By"><c>surface</c>, <c>segment</c>, <c>slot</c> (of decisions that fill one slot) or <c>context:NAME</c>. Missing where the request says nothing of it.</param>
/// <param name="Window">1 s to 90 days; it moves in steps of a sixtieth.</param>
/// <param name="As">How the count is read; a share is of all the item's events, missing where it had none.</param>
public sealed record CrossFeature(string Name, string Event, string By, TimeSpan Window, CountRead As = CountRead.Count) : FeatureDefinition(Name)
{
    public override FeatureEntity Entity => FeatureEntity.ItemContext;

    public override ImmutableArray<string> ContextKeys => ContextPart.Keys(By);

    internal override ImmutableArray<StateKey> States => As == CountRead.Share
        ? [new CrossedCountsKey(Event, Window, By), new WindowedSumsKey(Event, Window)]
        : [new CrossedCountsKey(Event, Window, By)];

    internal override IEnumerable<string> Faults() => DefinitionFaults.Event(Event)
        .Concat(ContextPart.Faults(By))
        .Concat(DefinitionFaults.Span("window", Window));

    internal override void Read(in FeatureRead read, Span<float> column)
    {
        if (ContextPart.HashOf(By, read) is not { } value)
        {
            return;
        }

        var counts = read.State<CrossedCounts.Frozen>(0);
        var rows = read.Rows;
        for (var i = 0; i < column.Length; i++)
        {
            if (counts.All(read.Row(i)) > 0)
            {
                counts.Prefetch(rows[i], value);
            }
        }

        for (var i = 0; i < column.Length; i++)
        {
            if (rows[i] < 0)
            {
                continue;
            }

            var count = counts.All(read.Row(i)) > 0 ? counts.Count(rows[i], value) : 0;
            column[i] = As switch
            {
                CountRead.Log => CountLog.LogOnePlus(count),
                CountRead.Share => read.State<WindowedSums.Frozen>(1).Count(read.Row(i)) is var all and > 0 ? (float)(count / (double)all) : float.NaN,
                _ => count,
            };
        }
    }
}
