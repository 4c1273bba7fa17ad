using System.Collections.Immutable;
using Millrace.Features.Numerics;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>What a person's events within a window add up to: <c>{name, entity: user, sum: conversion, unit: EUR, window: 30d}</c>. Zero for whom nobody knows.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Of"><see cref="FeatureEntity.User"/> or <see cref="FeatureEntity.Session"/>.</param>
/// <param name="Event">The event whose values are summed.</param>
/// <param name="Unit">Their unit; events with another unit, or without a value, are passed over.</param>
/// <param name="Window">1 s to 90 days; it moves in steps of a 24th.</param>
/// <param name="As"><see cref="CountRead.Count"/> or <see cref="CountRead.Log"/>, which is log(1 + sum) of a sum that is not negative.</param>
public sealed record PersonSumFeature(string Name, FeatureEntity Of, string Event, string Unit, TimeSpan Window, CountRead As = CountRead.Count) : FeatureDefinition(Name)
{
    public override FeatureEntity Entity => Of;

    internal override (FeatureEntity Of, string Event)? Dated => (Of, Event);

    internal override ImmutableArray<PersonKey> Sections => [new PersonBucketsKey(Of.Person(), Event, Window, Unit)];

    internal override IEnumerable<string> Faults() => DefinitionFaults.Person(Of)
        .Concat(DefinitionFaults.Event(Event))
        .Concat(DefinitionFaults.Unit(Unit))
        .Concat(DefinitionFaults.Span("window", Window))
        .Concat(DefinitionFaults.NoShare(As));

    internal override void Read(in FeatureRead read, Span<float> column)
    {
        var (_, amount) = PersonBuckets.Read(read.Section(0), read.Key<PersonBucketsKey>(0), read.Asked.Value);
        var sum = (double)amount / 1e6;
        column.Fill((float)(As == CountRead.Log ? Deterministic.Log(1 + Math.Max(0, sum)) : sum));
    }
}
