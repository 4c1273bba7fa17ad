using System.Diagnostics.Metrics;

namespace Millrace.Features.Online;

/// <summary>The counters of meter <c>Millrace.Features</c>.</summary>
internal static class FeatureMetrics
{
    public const string MeterName = "Millrace.Features";
    private static readonly Meter Meter = new(MeterName);
    private static readonly Counter<long> IgnoredCount = Meter.CreateCounter<long>("millrace.features.ignored", "{fact}", "Facts that were not folded, by reason.");
    private static readonly Counter<long> BoundCount = Meter.CreateCounter<long>("millrace.features.bounds_hit", "{hit}", "What a bound refused or pushed out, by bound.");

    public static void Ignored(string reason) => IgnoredCount.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public static void BoundHit(string bound, int times = 1) => BoundCount.Add(times, new KeyValuePair<string, object?>("bound", bound));
}
