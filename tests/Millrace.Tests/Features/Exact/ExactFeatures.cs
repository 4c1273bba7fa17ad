namespace Millrace.Tests.Features.Exact;

/// <summary>A node's configuration with features of every kind, all of which one policy reads.</summary>
internal static class ExactFeatures
{
    private static readonly (string Name, string Is)[] All =
    [
        ("clicks_1m", "entity: item, count: click, window: 1m"),
        ("clicks_1h", "entity: item, count: click, window: 1h, as: log"),
        ("click_share", "entity: item, count: click, window: 10m, as: share"),
        ("impressions", "entity: item, count: impression, window: 1h"),
        ("hot", "entity: item, count: click, halfLife: 2m"),
        ("warm", "entity: item, count: impression, halfLife: 30m, as: log"),
        ("click_rate", "entity: item, rate: {of: click, per: impression, strength: 20}, window: 5m"),
        ("click_rate_seen", "entity: item, rate: {of: click, per: impression, examination: dcg}, window: 1h"),
        ("readers", "entity: item, distinct: click, window: 10m, as: log"),
        ("fresh", "entity: item, age: published, halfLife: 6m"),
        ("known", "entity: item, age: firstSeen"),
        ("idle", "entity: item, age: lastEvent, halfLife: 1m, default: 0"),
        ("is_video", "entity: item, is: video, by: kind"),
        ("clicks_here", "entity: item-context, count: click, by: surface, window: 10m, as: share"),
        ("clicks_segment", "entity: item-context, count: click, by: segment, window: 10m, as: log"),
        ("my_clicks", "entity: user, count: click, window: 10m, as: log"),
        ("my_session", "entity: session, count: click, window: 1h"),
        ("my_items", "entity: user, distinct: click, window: 1h"),
        ("my_trend", "entity: user, count: click, halfLife: 2m"),
        ("my_last", "entity: user, age: lastEvent, halfLife: 1m, default: 0"),
        ("run_length", "entity: session, run: items"),
        ("my_focus", "entity: user, topShare: click, by: provider, halfLife: 10m"),
        ("seen_before", "entity: user-item, past: click, window: 1h, as: count"),
        ("likes_provider", "entity: user-attribute, affinity: click, by: provider, halfLife: 10m"),
        ("likes_kind", "entity: session-attribute, affinity: click, by: kind, halfLife: 10m"),
        ("like_last", "entity: session-item, similar: click, text: title, depth: 5"),
        ("evening", "entity: context, time: dayCosine"),
        ("momentum", "entity: item, expr: \"clicks_1m - clicks_1h / 60\""),
        ("together", "entity: session-item, cooccur: click, window: 1h, span: 20, depth: 20, symmetric: true, fade: 0.9, as: share"),
        ("next", "entity: session-item, cooccur: click, window: 5m, as: count"),
    ];

    /// <summary>Each as <c>--set</c>.</summary>
    public static string[] Settings =>
    [
        $"features=[{string.Join(", ", All.Select(feature => $"{{name: {feature.Name}, {feature.Is}}}"))}]",
        $"policies={{home: {{candidates: [{{popular: 1h, take: 40}}, {{similar: true, take: 20}}, {{recent: true, take: 20}}], blend: {{{string.Join(", ", All.Select(Weight))}}}, "
            + "explore: {epsilon: 0.05, top: 20}, excludeSeen: false, segment: country}}",
        "surfaces={home: {policy: home, slots: [{id: main, count: 8}]}}",
        "journal.fullDecisions=1GiB", "limits.decide=5s",
    ];

    private static string Weight((string Name, string Is) feature, int index) => $"{feature.Name}: {(index % 2 == 0 ? 1 : -0.3)}";
}
