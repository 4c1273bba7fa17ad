namespace Millrace.Tests.Features.Exact;

/// <summary>A node's configuration with features of every kind, all of which one policy reads.</summary>
internal static class ExactFeatures
{
    private static readonly (string Name, string Is)[] All =
    [
        ("clicks_1m", "count: click, window: 1m"),
        ("clicks_1h", "count: click, window: 1h, as: log"),
        ("click_share", "count: click, window: 10m, as: share"),
        ("impressions", "count: impression, window: 1h"),
        ("hot", "count: click, halfLife: 2m"),
        ("warm", "count: impression, halfLife: 30m, as: log"),
        ("fresh", "age: published, halfLife: 6m"),
        ("known", "age: firstSeen"),
        ("idle", "age: lastEvent, halfLife: 1m"),
        ("together", "cooccur: click, window: 1h, span: 20, depth: 20, symmetric: true, fade: 0.9, as: share"),
        ("next", "cooccur: click, window: 5m, as: count"),
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
