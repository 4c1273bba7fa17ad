using System.Collections.Immutable;
using Millrace.Features.Definitions;
using Millrace.Features.Online;

namespace Millrace.Node.Configuration;

/// <summary>What features cost: how far each looks back, and how much memory items take.</summary>
internal static class FeatureBounds
{
    /// <summary>What the rows of all items may take, when `folding.items` is full. A node of 64 GiB is the largest that one folder is meant for.</summary>
    public const long MostRowBytes = 64L << 30;

    /// <summary>Refuses features that look back further than events are kept: their windows would count less after a start than before it.</summary>
    public static void CheckReach(BoundObject root, IEnumerable<CheckedFeature> features, ConfigFaults faults)
    {
        if (root["journal"].Object?["retention"] is not { Value: TimeSpan kept } retention)
        {
            return;
        }

        foreach (var feature in features.Where(feature => feature is { Definition: not null, IsRemoved: false }))
        {
            var reach = feature.Definition!.Reach;
            if (reach + History.LongestSession <= kept)
            {
                continue;
            }

            var written = feature.Written.Object!;
            var setting = written["window"].IsWritten ? written["window"] : written["halfLife"].IsWritten ? written["halfLife"] : feature.NameSetting;
            var longest = kept > History.LongestSession ? Quantities.Format(kept - History.LongestSession) : "nothing";
            faults.Add(new ConfigFault(
                setting.Mark, setting.Path,
                $"at most {longest} to look back, since journal.retention is {Quantities.Format(kept)} and sessions take a day more (a half-life looks back eight times itself)",
                Quantities.Format(reach)));
        }
    }

    /// <summary>Refuses objectives that no node can meet: what is of items shows when an epoch is frozen, and not before.</summary>
    public static void CheckFresh(ImmutableArray<CheckedFeature> features, ConfigFaults faults)
    {
        foreach (var feature in features.Where(feature => !feature.IsRemoved && feature.Name is not null))
        {
            if (feature.Written.Object!["fresh"] is { Value: TimeSpan fresh } setting && fresh < FeatureFolding.Interval
                && FeatureReferences.Closure(feature.Name!, features).Any(used => used.Definition?.WaitsForEpoch ?? false))
            {
                var least = Quantities.Format(FeatureFolding.Interval);
                faults.Add(new ConfigFault(setting.Mark, setting.Path, $"at least {least}, since what is of items shows with the next epoch, and those come each {least}", Quantities.Format(fresh)));
            }
        }
    }

    /// <summary>Refuses features whose rows would outgrow <see cref="MostRowBytes"/>.</summary>
    public static void CheckMemory(BoundObject root, ImmutableArray<CheckedFeature> features, ConfigFaults faults)
    {
        if (root["folding"].Object?["items"].Value is not int items || features.Any(feature => feature is { Definition: null, IsRemoved: false }))
        {
            return;
        }

        var bytes = BytesOf([.. features.Where(feature => !feature.IsRemoved).Select(feature => feature.Definition!)]);
        if (bytes * items > MostRowBytes)
        {
            var setting = root["features"];
            faults.Add(new ConfigFault(
                setting.Mark, setting.Path,
                $"at most {MostRowBytes >> 30} GiB of rows: fewer features, or fewer folding.items",
                $"{bytes} bytes of each item × {items} items = {(double)bytes * items / (1L << 30):0.#} GiB"));
        }
    }

    /// <summary>Bytes of one item's row. Windows take some 4 bytes more of each event that they hold, pairs and crosses of each pair.</summary>
    public static long BytesOf(IReadOnlyList<FeatureDefinition> features) => sizeof(long) * (long)new FeatureFolder(FeatureSet.Create(Alone(features)), new FeatureOptions()).Current.Words;

    // Names and cycles are somebody else's to judge, and cost nothing.
    private static IEnumerable<FeatureDefinition> Alone(IReadOnlyList<FeatureDefinition> features) =>
        features.Where(feature => feature.Inputs.IsEmpty).Select((feature, i) => feature with { Name = $"f{i}" });
}
