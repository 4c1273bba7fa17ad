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
    internal override StateKey State => new WindowedCountsKey(Event, Window);

    internal override IEnumerable<string> Faults() => DefinitionFaults.Event(Event).Concat(DefinitionFaults.Span("window", Window));

    internal override void Read(in FeatureRead read, FrozenState? state, int column)
    {
        var counts = (WindowedCounts.Frozen)state!;
        double total = Math.Max(1, counts.Total);
        for (int i = 0; i < read.Rows.Length; i++)
        {
            if (read.Rows[i] < 0) continue;
            int count = counts.Count(read.Rows[i]);
            read.Cell(i, column) = As switch
            {
                CountRead.Log => (float)Deterministic.LogOnePlus(count),
                CountRead.Share => (float)(count / total),
                _ => count,
            };
        }
    }
}
