using System.Diagnostics.Metrics;

namespace Millrace.Delivery.Storage.Disk;

/// <summary>The disk tier's part of the meter "Millrace.Delivery".</summary>
internal sealed class DiskMeters : IDisposable
{
    private readonly Meter _meter = new("Millrace.Delivery");

    public DiskMeters(Func<DiskStats> stats)
    {
        _meter.CreateObservableGauge("millrace.delivery.disk_bytes", () => stats().Bytes, "By", "Bytes of the disk tier's files.");
        _meter.CreateObservableGauge("millrace.delivery.disk_objects", () => stats().Entries, "{object}", "Objects on disk.");
        _meter.CreateObservableGauge("millrace.delivery.disk_slices", () => stats().Slices, "{slice}", "Slices of large objects on disk.");
        _meter.CreateObservableGauge("millrace.delivery.disk_index_bytes", () => stats().IndexBytes, "By", "Memory of the disk tier's index.");
        _meter.CreateObservableGauge("millrace.delivery.disk_queue_bytes", () => stats().QueueBytes, "By", "Memory of what waits to be written.");
        _meter.CreateObservableGauge("millrace.delivery.disk_rebuild", () => stats().RebuildProgress, "1", "How much of the files has been read since the start.");
        _meter.CreateObservableGauge("millrace.delivery.disk_on", () => stats().IsOn ? 1 : 0, "1", "Whether writes are taken.");
        _meter.CreateObservableCounter("millrace.delivery.disk_written", () => stats().Written, "By", "Bytes written.");
        _meter.CreateObservableCounter("millrace.delivery.disk_reinserted", () => stats().Reinserted, "By", "Bytes written anew when their segment was reclaimed.");
        _meter.CreateObservableCounter("millrace.delivery.disk_read", () => stats().Read, "By", "Bytes read.");
        _meter.CreateObservableCounter("millrace.delivery.disk_reasons", () => Reasons(stats()), "{event}", "How often the disk tier did less than it was asked for, by reason.");
    }

    public void Dispose() => _meter.Dispose();

    private static IEnumerable<Measurement<long>> Reasons(DiskStats stats) =>
        stats.ByReason.Select(static pair => new Measurement<long>(pair.Value, new KeyValuePair<string, object?>("reason", Wire(pair.Key))));

    private static string Wire(DiskReason reason)
    {
        var name = reason.ToString();
        return char.ToLowerInvariant(name[0]) + name[1..];
    }
}
