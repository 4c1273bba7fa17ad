using System.Collections.Immutable;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>What a feature reads itself and by way of the features that it is computed from. Found once for all: formulas that share inputs at every step have more ways than features.</summary>
/// <param name="States">The item states, each once.</param>
/// <param name="ReadsCatalogue">Whether it reads what the catalogue says of an item, first of all when it was seen first: no window ends that.</param>
/// <param name="PersonReach">How far back it looks at persons; null when it reads nothing of them.</param>
/// <param name="FadingReach">How far back it looks at fading sums of persons' values; null when it reads none.</param>
internal sealed record FeatureClosure(ImmutableArray<StateKey> States, bool ReadsCatalogue, TimeSpan? PersonReach, TimeSpan? FadingReach)
{
    /// <summary>That of each definition, in their order.</summary>
    /// <param name="definitions">All of a set, without cycles.</param>
    /// <param name="indexOf">Where the one of a name stands.</param>
    internal static ImmutableArray<FeatureClosure> Of(ImmutableArray<FeatureDefinition> definitions, Func<string, int> indexOf)
    {
        var found = new FeatureClosure?[definitions.Length];
        return [.. Enumerable.Range(0, definitions.Length).Select(Find)];

        FeatureClosure Find(int at) => found[at] ??= definitions[at].Inputs.Select(input => Find(indexOf(input))).Aggregate(Own(definitions[at]), Unite);
    }

    private static FeatureClosure Own(FeatureDefinition feature) => new(
        feature.Expiry is { } expiry ? feature.States.Add(expiry) : feature.States,
        feature.States.IsEmpty && feature.WaitsForEpoch,
        feature.ReadsPersons ? feature.PersonReach : null,
        feature.Sections.OfType<PersonDecayKey>().Where(section => section.Unit is not null).Max(section => (TimeSpan?)section.Reach));

    private static FeatureClosure Unite(FeatureClosure one, FeatureClosure other) => new(
        [.. one.States.Union(other.States)], one.ReadsCatalogue || other.ReadsCatalogue, Later(one.PersonReach, other.PersonReach), Later(one.FadingReach, other.FadingReach));

    private static TimeSpan? Later(TimeSpan? one, TimeSpan? other) => one is null || other > one ? other : one;
}
