using System.Collections.Immutable;
using Millrace.Features.Numerics;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>
/// About how many different persons had an event with an item: <c>{name, entity: item, distinct: click, window: 1d}</c>. Users, sessions where no user is known. A
/// HyperLogLog for each of twelve parts of the window.
/// </summary>
/// <param name="Name">Its name.</param>
/// <param name="Event">The event.</param>
/// <param name="Window">1 s to 90 days; it moves in steps of a twelfth.</param>
/// <param name="As"><see cref="CountRead.Count"/> or <see cref="CountRead.Log"/>.</param>
public sealed record DistinctFeature(string Name, string Event, TimeSpan Window, CountRead As = CountRead.Count) : FeatureDefinition(Name)
{
    /// <summary>4 to 12: 2^precision registers, a standard error of 1.04/√registers, 6.5 % at 8.</summary>
    public int Precision { get; init; } = 8;

    public override FeatureEntity Entity => FeatureEntity.Item;

    internal override (FeatureEntity Of, string Event)? Dated => (FeatureEntity.Item, Event);

    internal override ImmutableArray<StateKey> States => [new DistinctCountsKey(Event, Window, Precision)];

    internal override IEnumerable<string> Faults() => DefinitionFaults.Event(Event)
        .Concat(DefinitionFaults.Span("window", Window))
        .Concat(DefinitionFaults.Between("precision", Precision, Sketches.HyperLogLog.MinPrecision, Sketches.HyperLogLog.MaxPrecision))
        .Concat(DefinitionFaults.NoShare(As));

    internal override void Read(in FeatureRead read, Span<float> column)
    {
        var state = read.State<DistinctCounts.Frozen>(0);
        if (As == CountRead.Log)
        {
            read.LogCounts(state.CountAt, column);
            return;
        }

        var counts = read.Column(state.CountAt);
        for (var i = 0; i < column.Length; i++)
        {
            column[i] = counts[i];
        }

        read.Blank(column);
    }
}
