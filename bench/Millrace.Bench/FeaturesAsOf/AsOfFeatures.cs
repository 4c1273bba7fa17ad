using System.Collections.Immutable;
using Millrace.Features.Definitions;

namespace Millrace.Bench.FeaturesAsOf;

/// <summary>What the engine's side builds.</summary>
internal static class AsOfFeatures
{
    /// <summary>The columns of <see cref="AsOfColumns"/>. Windows move in steps of a sixtieth, and the last click is its age in hours.</summary>
    public static ImmutableArray<FeatureDefinition> Same { get; } =
    [
        .. AsOfColumns.Windows.SelectMany(window => (FeatureDefinition[])
        [
            new CountFeature($"clicks_{window.Name}", "click", window.Length),
            new CountFeature($"impressions_{window.Name}", "impression", window.Length),
        ]),
        new AgeFeature(AsOfColumns.LastClick, AgeSince.LastEvent),
    ];
}
