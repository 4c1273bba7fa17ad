using System.Collections.Immutable;
using Millrace.Features.Numerics;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>How often a person had an event within a window that ends when it is asked: <c>{name, entity: user, count: click, window: 1d}</c>. Zero for whom nobody knows.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Of"><see cref="FeatureEntity.User"/> or <see cref="FeatureEntity.Session"/>.</param>
/// <param name="Event">The event counted.</param>
/// <param name="Window">1 s to 90 days; it moves in steps of a 24th.</param>
/// <param name="As"><see cref="CountRead.Count"/> or <see cref="CountRead.Log"/>.</param>
public sealed record PersonCountFeature(string Name, FeatureEntity Of, string Event, TimeSpan Window, CountRead As = CountRead.Count) : FeatureDefinition(Name)
{
    public override FeatureEntity Entity => Of;

    internal override (FeatureEntity Of, string Event)? Dated => (Of, Event);

    internal override ImmutableArray<PersonKey> Sections => [new PersonBucketsKey(Of.Person(), Event, Window)];

    internal override IEnumerable<string> Faults() => DefinitionFaults.Person(Of)
        .Concat(DefinitionFaults.Event(Event))
        .Concat(DefinitionFaults.Span("window", Window))
        .Concat(DefinitionFaults.NoShare(As));

    internal override void Read(in FeatureRead read, Span<float> column)
    {
        var (count, _) = PersonBuckets.Read(read.Section(0), read.Key<PersonBucketsKey>(0), read.Asked.Value);
        column.Fill(As == CountRead.Log ? CountLog.LogOnePlus(count) : count);
    }
}
