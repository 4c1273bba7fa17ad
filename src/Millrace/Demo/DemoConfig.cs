using System.Globalization;
using System.Text.Json;

namespace Millrace.Demo;

/// <summary>The demo's <c>millrace.yaml</c>: written beside its data, so that <c>millrace up</c> can run the same node again.</summary>
internal static class DemoConfig
{
    public const int SlateSize = 8;

    public const string Surface = "home";

    /// <summary>The file's text.</summary>
    /// <param name="data">The data directory.</param>
    /// <param name="origin">Where the pages come from.</param>
    /// <param name="port">The delivery listener's port; api and admin take the next two; 0 takes free ones.</param>
    public static string Text(string data, Uri origin, int port) => string.Create(CultureInfo.InvariantCulture, $$$"""
        # Made by `millrace demo`: pages of a small origin through the cache, a home page that learns from clicks.
        node: {data: {{{JsonSerializer.Serialize(data)}}}}
        listen: {delivery: "127.0.0.1:{{{port}}}", api: "127.0.0.1:{{{Next(port, 1)}}}", admin: "127.0.0.1:{{{Next(port, 2)}}}"}
        routes:
          - {match: "*/*", origin: "{{{origin.GetLeftPart(UriPartial.Authority)}}}", contract: {bounded: 30s}}
        features:
        {{{DemoFeatures.Yaml}}}
        policies:
          home:
            # Clicks over impressions, in logarithms: an item must earn each further showing, and what nobody has seen yet gets its chance. News fade
            # within minutes here. For this visitor: what goes together with what this session clicked; what it has read is not shown again.
            candidates: [{popular: 1h, take: 60}, {similar: true, take: 40}, {recent: true, take: 60}]
            blend: {clicks_1h: 1, impressions_1h: -0.9, fresh: 0.5, together: 1}
            explore: {epsilon: 0.05, top: 20}
            excludeSeen: true
            segment: country
        surfaces:
          home: {policy: home, slots: [{id: main, count: {{{SlateSize}}}}]}
        log: {level: warning, format: text}

        """);

    private static int Next(int port, int by) => port == 0 ? 0 : port + by;
}
