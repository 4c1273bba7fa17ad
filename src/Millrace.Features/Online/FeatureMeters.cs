using System.Diagnostics.Metrics;
using Millrace.Features.Local;

namespace Millrace.Features.Online;

/// <summary>The meter <c>Millrace.Features</c>: what a folder leaves out and which bounds it and the user state hit.</summary>
public sealed class FeatureMeters : IDisposable
{
    private readonly Meter _meter = new("Millrace.Features");

    public FeatureMeters(FeatureFolder folder, EmbeddedUserState users)
    {
        FoldCounts counts = folder.Counts;
        _meter.CreateObservableCounter(
            "millrace.features.bounds_hit",
            () => (Measurement<long>[])
            [
                Tagged(counts.ItemsRefused, "bound", "items"),
                Tagged(counts.SegmentsRefused, "bound", "segments"),
                Tagged(users.Evicted, "bound", "persons"),
            ],
            "{hit}",
            "Bounds hit, by name.");
        _meter.CreateObservableCounter(
            "millrace.features.ignored",
            () => (Measurement<long>[])
            [
                Tagged(counts.Repeated, "reason", "repeated"),
                Tagged(counts.Foreign, "reason", "foreign"),
                Tagged(counts.Unvouched, "reason", "unvouched"),
            ],
            "{fact}",
            "Facts that no feature folds, by reason.");
    }

    public void Dispose() => _meter.Dispose();

    private static Measurement<long> Tagged(long value, string key, string word) => new(value, new KeyValuePair<string, object?>(key, word));
}
