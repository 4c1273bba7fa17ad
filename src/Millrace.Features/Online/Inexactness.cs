using Millrace.Features.Definitions;
using Millrace.Journal;

namespace Millrace.Features.Online;

/// <summary>
/// A feature's values may be others than the facts say, since a bound left something out: what was kept depends on how partitions were interleaved. It ends when what was left out has
/// left every window that the feature looks at.
/// </summary>
/// <param name="Bound">Which, as the metric <c>millrace.features.bounds_hit</c> calls it.</param>
/// <param name="Since">From this time of the fold on.</param>
/// <param name="Until">Before this one; null when it does not end before the journal is folded anew.</param>
public sealed record Inexactness(string Bound, UnixMicros Since, UnixMicros? Until)
{
    /// <summary>Whether values of a time may be concerned.</summary>
    public bool Covers(UnixMicros time) => Since <= time && !(Until <= time);

    /// <summary>What the bounds of a fold mean for a feature at a time; of several the one that lasts longest.</summary>
    internal static Inexactness? Of(FeatureDefinition feature, FeatureSet features, FoldCounts counts, UnixMicros time) =>
        counts.Whole ? null : Longest(Closure(feature, features).SelectMany(one => Of(one, counts)), time);

    /// <summary>What it means for a feature that persons were pushed out of their store, or left out of a snapshot, from one time to another.</summary>
    internal static Inexactness? OfPersons(FeatureDefinition feature, FeatureSet features, UnixMicros first, UnixMicros last, UnixMicros time) => Longest(
        Closure(feature, features).Where(one => one.ReadsPersons).Select(one => new Inexactness("persons", first, last + Later(one.PersonReach, PersonLayout.LongestSession))), time);

    private static IEnumerable<Inexactness> Of(FeatureDefinition feature, FoldCounts counts)
    {
        foreach (var state in feature.Expiry is { } expiry ? feature.States.Add(expiry) : feature.States)
        {
            foreach (var (bound, first, last) in counts.HitsOf(state.Bounds))
            {
                // An item that was refused is missing until it is put again, whatever the window.
                yield return new Inexactness(NameOf(bound), new UnixMicros(first), bound == FoldBounds.Items ? null : new UnixMicros(last) + state.Recovers);
            }
        }

        // What the catalogue says of an item, first of all when it was seen first, has no window.
        if (feature.States.IsEmpty && feature.WaitsForEpoch)
        {
            foreach (var (bound, first, _) in counts.HitsOf(FoldBounds.OfItems))
            {
                yield return new Inexactness(NameOf(bound), new UnixMicros(first), null);
            }
        }
    }

    private static Inexactness? Longest(IEnumerable<Inexactness> all, UnixMicros time) => all.Where(one => one.Covers(time)).MaxBy(one => one.Until?.Value ?? long.MaxValue);

    private static IEnumerable<FeatureDefinition> Closure(FeatureDefinition feature, FeatureSet features) =>
        feature.Inputs.Select(features.IndexOf).Where(index => index >= 0).SelectMany(index => Closure(features.Definitions[index], features)).Prepend(feature);

    private static TimeSpan Later(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private static string NameOf(FoldBounds bound) => char.ToLowerInvariant(bound.ToString()[0]) + bound.ToString()[1..];
}
