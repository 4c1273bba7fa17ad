using System.Collections.Immutable;
using Millrace.Features.Numerics;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>
/// A person's count, or sum of values, in which weights halve every <paramref name="HalfLife"/>: <c>{name, entity: user, count: click, halfLife: 1d}</c>. Zero for whom
/// nobody knows.
/// </summary>
/// <param name="Name">Its name.</param>
/// <param name="Of"><see cref="FeatureEntity.User"/> or <see cref="FeatureEntity.Session"/>.</param>
/// <param name="Event">The event.</param>
/// <param name="HalfLife">1 s to 90 days; what is older than eight of it counts no more.</param>
/// <param name="Unit">The unit of the values that are summed, each rounded to a thousandth; null counts the events.</param>
/// <param name="As"><see cref="CountRead.Count"/> or <see cref="CountRead.Log"/>.</param>
public sealed record PersonDecayedFeature(string Name, FeatureEntity Of, string Event, TimeSpan HalfLife, string? Unit = null, CountRead As = CountRead.Count)
    : FeatureDefinition(Name)
{
    public override FeatureEntity Entity => Of;

    internal override (FeatureEntity Of, string Event)? Dated => (Of, Event);

    internal override ImmutableArray<PersonKey> Sections => [new PersonDecayKey(Of.Person(), Event, HalfLife, Unit)];

    internal override IEnumerable<string> Faults() => DefinitionFaults.Person(Of)
        .Concat(DefinitionFaults.Event(Event))
        .Concat(Unit is null ? [] : DefinitionFaults.Unit(Unit))
        .Concat(DefinitionFaults.Span("halfLife", HalfLife))
        .Concat(DefinitionFaults.NoShare(As));

    internal override void Read(in FeatureRead read, Span<float> column)
    {
        var sum = PersonDecay.Read(read.Section(0), read.Key<PersonDecayKey>(0), read.Asked.Value) / (Unit is null ? 1 : 1e3);
        column.Fill((float)(As == CountRead.Log ? Deterministic.Log(1 + Math.Max(0, sum)) : sum));
    }
}
