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
    /// <summary>Whether values may be concerned that were read at a time.</summary>
    /// <param name="epoch">Where windows of items ended.</param>
    /// <param name="asked">Where those of persons did: later than the epoch, unless a clock was set back.</param>
    public bool Covers(UnixMicros epoch, UnixMicros asked) => (Since <= epoch || Since <= asked) && !(Until <= epoch && Until <= asked);

    /// <summary>Of several the one that lasts longest; null when there is none.</summary>
    internal static Inexactness? Longest(params IEnumerable<Inexactness?> all) => all.MaxBy(one => one is null ? long.MinValue : one.Until?.Value ?? long.MaxValue);

    /// <summary>What the bounds of a fold mean for a feature at a time.</summary>
    internal static Inexactness? Of(FeatureDefinition feature, FeatureSet features, FoldCounts counts, UnixMicros epoch, UnixMicros asked) =>
        counts.Whole || features.ClosureOf(feature) is not { } closure ? null : Longest(Of(closure, counts).Where(one => one.Covers(epoch, asked)));

    /// <summary>What it means for a feature at a time that persons were lost, or cut.</summary>
    internal static Inexactness? Of(FeatureDefinition feature, FeatureSet features, PersonLosses losses, UnixMicros epoch, UnixMicros asked) =>
        losses.None || features.ClosureOf(feature) is not { } closure ? null : Longest(Of(closure, losses).Where(one => one.Covers(epoch, asked)));

    private static IEnumerable<Inexactness> Of(FeatureClosure closure, PersonLosses losses)
    {
        if (losses.Gone is var (gone, lastGone) && closure.PersonReach is { } reach)
        {
            yield return new Inexactness("persons", gone, lastGone + (reach > PersonLayout.LongestSession ? reach : PersonLayout.LongestSession));
        }

        if (losses.Cut is var (cut, lastCut) && closure.FadingReach is { } fading)
        {
            yield return new Inexactness(NameOf(FoldBounds.Sums), cut, lastCut + fading);
        }
    }

    private static IEnumerable<Inexactness> Of(FeatureClosure closure, FoldCounts counts)
    {
        foreach (var state in closure.States)
        {
            foreach (var (bound, hits) in counts.HitsOf(state.Bounds))
            {
                // An item that was refused is missing until it is put again, whatever the window.
                yield return bound == FoldBounds.Items ? Lasting(bound, hits) : new Inexactness(NameOf(bound), new UnixMicros(hits.First), new UnixMicros(hits.Last) + state.Recovers);
            }
        }

        if (closure.ReadsCatalogue)
        {
            foreach (var (bound, hits) in counts.HitsOf(counts.OfCatalogue))
            {
                yield return Lasting(bound, hits);
            }
        }
    }

    private static Inexactness Lasting(FoldBounds bound, BoundHits.Times hits) => new(NameOf(bound), new UnixMicros(hits.Begun), null);

    private static string NameOf(FoldBounds bound) => char.ToLowerInvariant(bound.ToString()[0]) + bound.ToString()[1..];
}
