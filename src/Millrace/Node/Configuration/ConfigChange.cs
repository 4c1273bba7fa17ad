using System.Text.Json;

namespace Millrace.Node.Configuration;

/// <summary>What differs between two configurations, and what of it a running node can take.</summary>
internal static class ConfigChange
{
    /// <summary>Sections that changed and need a restart.</summary>
    public static IEnumerable<string> Fixed(NodeConfig old, NodeConfig read)
    {
        (string Name, object Old, object New)[] sections =
        [
            ("node", old.Node, read.Node), ("listen.delivery", $"{old.Listen.Delivery}", $"{read.Listen.Delivery}"), ("listen.api", $"{old.Listen.Api}", $"{read.Listen.Api}"), ("listen.admin", $"{old.Listen.Admin}", $"{read.Listen.Admin}"),
            ("tls.listen", $"{old.Tls.Listen}", $"{read.Tls.Listen}"), ("cache", old.Cache, read.Cache),
            ("folding", old.Folding, read.Folding), ("skew", old.Skew, read.Skew), ("journal", old.Journal, read.Journal), ("limits", old.Limits, read.Limits), ("log.format", old.Log.Format, read.Log.Format), ("accessLog", old.AccessLog, read.AccessLog),
            ("compression", old.Compression, read.Compression), ("upstream", old.Upstream, read.Upstream), ("events", old.Events, read.Events),
        ];
        return sections.Where(s => Text(s.Old) != Text(s.New)).Select(s => s.Name);
    }

    /// <summary><paramref name="old"/> with what may change taken from <paramref name="read"/>.</summary>
    public static NodeConfig Merge(NodeConfig old, NodeConfig read) => old with
    {
        Tls = old.Tls with { Certificates = read.Tls.Certificates },
        Routes = read.Routes,
        Features = read.Features,
        Removed = read.Removed,
        FeatureMarks = read.FeatureMarks,
        Policies = read.Policies,
        Models = read.Models,
        Surfaces = read.Surfaces,
        Browsers = read.Browsers,
        Outcomes = read.Outcomes,
        Log = old.Log with { Level = read.Log.Level },
    };

    /// <summary>Whether two configurations say the same.</summary>
    public static bool Same(NodeConfig a, NodeConfig b) => Text(a) == Text(b) && a.Features.SequenceEqual(b.Features);

    // Records compare immutable arrays by reference; their text compares by value. Addresses print through ListenAddress.ToString.
    private static string Text(object value) => JsonSerializer.Serialize(value, ConfigJson.Options);
}
