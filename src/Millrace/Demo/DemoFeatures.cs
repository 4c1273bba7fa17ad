using System.Collections.Immutable;
using Millrace.Features.Definitions;
using Millrace.Node.Configuration;

namespace Millrace.Demo;

/// <summary>Thirty features as a site of articles would have them: the demo's node computes them, and speed is measured with them.</summary>
internal static class DemoFeatures
{
    /// <summary>The entries of <c>features</c> in the demo's <c>millrace.yaml</c>.</summary>
    public const string Yaml = """
          # The item, whoever asks.
          - {name: clicks_10m, entity: item, count: click, window: 10m, as: log}
          - {name: clicks_1h, entity: item, count: click, window: 1h, as: log}
          - {name: clicks_1d, entity: item, count: click, window: 1d, as: log}
          - {name: impressions_1h, entity: item, count: impression, window: 1h, as: log}
          - {name: impressions_1d, entity: item, count: impression, window: 1d, as: log}
          - {name: trend, entity: item, count: click, halfLife: 30m, as: log}
          - {name: ctr_1h, entity: item, rate: {of: click, per: impression}, window: 1h}
          - {name: ctr_1d, entity: item, rate: {of: click, per: impression, prior: fitted}, window: 1d}
          - {name: ctr_by_rank, entity: item, rate: {of: click, per: impression, examination: dcg}, window: 1d}
          - {name: dwell, entity: item, mean: dwell, unit: s, window: 1d}
          - {name: dwell_sum, entity: item, sum: dwell, unit: s, halfLife: 1h, as: log}
          - {name: readers, entity: item, distinct: click, window: 1d, as: log}
          - {name: fresh, entity: item, age: published, halfLife: 6m}
          - {name: last_click, entity: item, age: lastEvent, event: click, halfLife: 1h}
          - {name: words, entity: item, value: "attribute:words"}
          - {name: video, entity: item, is: video, by: kind}
          # The item, here and now.
          - {name: clicks_surface, entity: item-context, count: click, by: surface, window: 1d, as: log}
          - {name: clicks_country, entity: item-context, count: click, by: "context:country", window: 1d, as: log}
          - {name: day_sin, entity: context, time: daySine}
          - {name: day_cos, entity: context, time: dayCosine}
          # The person.
          - {name: user_clicks, entity: user, count: click, window: 7d, as: log}
          - {name: user_items, entity: user, distinct: click, window: 7d, as: log}
          - {name: user_away, entity: user, age: lastEvent, event: click, halfLife: 1d}
          - {name: run, entity: session, run: items}
          # The person and the item.
          - {name: together, entity: session-item, cooccur: click, window: 1d, span: 5, depth: 5, symmetric: true}
          - {name: read_before, entity: user-item, past: click, window: 7d}
          - {name: likes_provider, entity: user-attribute, affinity: click, by: provider, halfLife: 7d}
          - {name: likes_topic, entity: user-attribute, affinity: click, by: "attribute:topic", halfLife: 7d}
          - {name: like_titles, entity: user-item, similar: click, text: title}
          - {name: momentum, entity: item, expr: "clicks_10m - clicks_1h"}
        """;

    public static ImmutableArray<FeatureDefinition> All { get; } =
        new ConfigSource(null, new Dictionary<string, string>(), []).Check("millrace.yaml", $"features:\n{Yaml}\n").Features;
}
