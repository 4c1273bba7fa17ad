using System.Collections.Immutable;
using Millrace.Features.Numerics;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>With how many different items a person had an event within a window: <c>{name, entity: user, distinct: click, window: 7d}</c>. Exact up to <see cref="Most"/>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Of"><see cref="FeatureEntity.User"/> or <see cref="FeatureEntity.Session"/>.</param>
/// <param name="Event">The event.</param>
/// <param name="Window">1 s to 90 days, to the microsecond.</param>
/// <param name="As"><see cref="CountRead.Count"/> or <see cref="CountRead.Log"/>.</param>
public sealed record PersonDistinctFeature(string Name, FeatureEntity Of, string Event, TimeSpan Window, CountRead As = CountRead.Count) : FeatureDefinition(Name)
{
    /// <summary>How many of the person's last items are kept, 1 to 100.</summary>
    public int Most { get; init; } = 100;

    public override FeatureEntity Entity => Of;

    internal override (FeatureEntity Of, string Event)? Dated => (Of, Event);

    internal override ImmutableArray<PersonKey> Sections => [new ItemHistoryKey(Of.Person(), Event, Most, Window)];

    internal override IEnumerable<string> Faults() => DefinitionFaults.Person(Of)
        .Concat(DefinitionFaults.Event(Event))
        .Concat(DefinitionFaults.Span("window", Window))
        .Concat(DefinitionFaults.Between("most", Most, 1, 100))
        .Concat(DefinitionFaults.NoShare(As));

    internal override void Read(in FeatureRead read, Span<float> column)
    {
        var from = read.Asked.Value - (Window.Ticks / TimeSpan.TicksPerMicrosecond);
        var count = 0;
        foreach (ref readonly var entry in ItemHistory.Entries(read.Section(0)))
        {
            count += entry.Time > from && entry.Time <= read.Asked.Value ? 1 : 0;
        }

        column.Fill(As == CountRead.Log ? CountLog.LogOnePlus(count) : count);
    }
}
