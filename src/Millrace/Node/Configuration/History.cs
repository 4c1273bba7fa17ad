using Millrace.Features.Definitions;
using Millrace.Features.Online;
using Millrace.Models.Policies;

namespace Millrace.Node.Configuration;

/// <summary>How much of the past a configuration needs: what features look back, since a start counts it again from the journal.</summary>
internal static class History
{
    /// <summary>Pairs want what their session clicked before the window began: a start reads so much more than features reach back.</summary>
    public static TimeSpan LongestSession => PersonLayout.LongestSession;

    private static readonly TimeSpan Margin = TimeSpan.FromDays(1);
    private static readonly TimeSpan Week = TimeSpan.FromDays(7);

    /// <summary>The features of a node, with the lists that its policies want.</summary>
    public static FeatureSet Features(NodeConfig config) => FeatureSet.Create(config.Features, PolicyWindows.Of(config.Policies.Values), config.Folding.Lists);

    /// <summary>How long events, decisions and deliveries are kept.</summary>
    public static TimeSpan Retention(NodeConfig config, FeatureSet features)
    {
        var derived = features.Reach + LongestSession + Margin;
        return config.Journal.Retention ?? (derived > Week ? derived : Week);
    }

    /// <summary>Refuses features that look further back than the running journal keeps events: it took its retention at the start.</summary>
    public static void CheckRunning(NodeConfig config, FeatureSet features, TimeSpan kept)
    {
        if (kept < features.Reach + LongestSession)
        {
            throw new ConfigInvalidException(
            [
                new ConfigFault(
                    config.FeatureMarks.Section, "features",
                    $"features that look back at most {Quantities.Format(kept - LongestSession)} (a half-life eight times itself), since the running journal keeps {Quantities.Format(kept)} of events; a restart takes longer ones",
                    Quantities.Format(features.Reach)),
            ]);
        }
    }

    /// <summary>Refuses a retention that a start could not count the windows from.</summary>
    public static void Check(NodeConfig config, BoundObject bound)
    {
        if (config.Journal.Retention is not { } kept)
        {
            return;
        }

        var reach = Features(config).Reach;
        if (kept < reach + LongestSession)
        {
            var setting = bound["journal"].Object!["retention"];
            throw new ConfigInvalidException(
            [
                new ConfigFault(
                    setting.Mark,
                    setting.Path,
                    $"at least {Quantities.Format(reach + LongestSession)}, since features look back {Quantities.Format(reach)} (a half-life eight times itself) and sessions a day more",
                    Quantities.Format(kept)),
            ]);
        }
    }
}
