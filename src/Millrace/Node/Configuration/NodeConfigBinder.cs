using System.Collections.Immutable;
using Millrace.Models.Policies;

namespace Millrace.Node.Configuration;

/// <summary>Turns a faultless tree into the records of the node and of the planes.</summary>
internal static class NodeConfigBinder
{
    public static NodeConfig Bind(BoundObject root, ImmutableArray<CheckedFeature> features, ModelFiles models)
    {
        var node = root["node"].Object!;
        var listen = root["listen"].Object!;
        var journal = root["journal"].Object!;
        var log = root["log"].Object!;
        return new NodeConfig
        {
            Node = new NodeSection(node.Get<string>("data"), node.Get<string>("name")),
            Listen = new ListenSection(listen.Get<ListenAddress>("delivery"), listen["api"].Value as ListenAddress, listen.Get<ListenAddress>("admin")),
            Tls = TlsSection.Bind(root["tls"].Object!),
            Routes = RouteBinder.Routes(root),
            Features = [.. features.Where(feature => !feature.IsRemoved).Select(feature => feature.Definition!)],
            FeatureMarks = new FeatureMarks(root["features"].Mark, features.ToImmutableSortedDictionary(feature => feature.Name!, feature => feature.NameSetting.Mark, StringComparer.Ordinal)),
            Removed = [.. features.Where(feature => feature.IsRemoved).Select(feature => feature.Name!).Order(StringComparer.Ordinal)],
            Folding = Folding(root["folding"].Object!),
            Skew = SkewSection.Bind(root["skew"].Object!),
            Policies = root["policies"].Entries.ToImmutableSortedDictionary(e => e.Name, e => PolicyShape.Bind(e.Name, e.Value.Object!, models), StringComparer.Ordinal),
            Models = models,
            Surfaces = root["surfaces"].Entries.ToImmutableSortedDictionary(e => e.Name, e => Surface(e.Name, e.Value.Object!), StringComparer.Ordinal),
            Browsers = new BrowsersSection(
                root["browsers"].Object!["origins"] is { Value: not null } origins ? [.. origins.Items.Select(o => o.Text!)] : [BrowserOrigin.Any]),
            Cache = CacheSection.Bind(root["cache"].Object!),
            Compression = CompressionSection.Bind(root["compression"].Object!),
            Upstream = UpstreamSection.Bind(root["upstream"].Object!),
            Journal = new JournalSection(
                journal.Get<int>("partitions"), journal.Find<TimeSpan>("retention"), journal.Get<long>("fullDecisions"), journal.Get<double>("anonymousDeliveries")),
            Events = new EventsSection(root["events"].Object!.Get<string>("unattested")),
            Outcomes = OutcomesSection.Bind(root["outcomes"]),
            Limits = LimitsSection.Bind(root["limits"].Object!),
            Log = new LogSection(log.Get<string>("level"), log.Get<string>("format")),
            AccessLog = AccessLogSection.Bind(root["accessLog"].Object!),
        };
    }

    private static Surface Surface(string name, BoundObject surface) => new(
        name,
        surface.Get<string>("policy"),
        [.. surface["slots"].Items.Select(s => new Slot(s.Object!.Get<string>("id"), s.Object!.Get<int>("count")))])
    {
        AtOnce = surface.Find<int>("atOnce") ?? 0,
    };

    private static FoldingSection Folding(BoundObject folding) => new()
    {
        Items = folding.Get<int>("items"),
        Sessions = folding.Get<int>("sessions"),
        Persons = folding.Get<int>("persons"),
        Pairs = folding.Get<int>("pairs"),
        Segments = folding.Get<int>("segments"),
        Session = folding.Get<TimeSpan>("session"),
        Lists = folding.Get<string>("lists"),
        Checkpoint = folding.Get<TimeSpan>("checkpoint"),
        Refit = folding["refit"].Value as TimeSpan?,
        Neighbours = folding.Get<long>("neighbours"),
        Scanned = folding.Get<int>("scanned"),
    };
}
