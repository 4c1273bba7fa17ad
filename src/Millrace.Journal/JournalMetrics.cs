using System.Diagnostics.Metrics;

namespace Millrace.Journal;

/// <summary>The counters of meter <c>Millrace.Journal</c>, by stream.</summary>
internal static class JournalMetrics
{
    public const string MeterName = "Millrace.Journal";
    private static readonly Meter Meter = new(MeterName);
    private static readonly Counter<long> FactCount = Meter.CreateCounter<long>("millrace.journal.facts", "{fact}", "Facts made durable.");
    private static readonly Counter<long> ByteCount = Meter.CreateCounter<long>("millrace.journal.bytes", "By", "Bytes made durable.");
    private static readonly Counter<long> SyncCount = Meter.CreateCounter<long>("millrace.journal.fsyncs", "{fsync}", "Syncs of segments.");
    private static readonly Counter<long> BoundCount = Meter.CreateCounter<long>("millrace.journal.bounds_hit", "{hit}", "Appends refused, by bound.");
    private static readonly Counter<long> FaultCount = Meter.CreateCounter<long>("millrace.journal.faults", "{fault}", "Writes or syncs that the disk failed.");
    private static readonly Counter<long> TornCount = Meter.CreateCounter<long>("millrace.journal.torn", "By", "Bytes of torn tails cut at recovery.");
    private static readonly Counter<long> RetiredCount = Meter.CreateCounter<long>("millrace.journal.retired", "By", "Bytes of segments that retention deleted.");

    private static readonly Counter<long> RetiredKeyCount = Meter.CreateCounter<long>("millrace.journal.subject_keys.retired", "{key}", "Subject keys that no stored fact needed.");
    private static readonly Counter<long> DamagedKeyCount = Meter.CreateCounter<long>("millrace.journal.subject_keys.damaged", "{key}", "Subject keys found damaged and lost.");
    private static readonly Gauge<long> KeyGauge = Meter.CreateGauge<long>("millrace.journal.subject_keys", "{key}", "Subject keys held.");
    private static readonly Gauge<double> KeyUseGauge = Meter.CreateGauge<double>("millrace.journal.subject_keys.use", "1", "Subject keys held, as a share of their bound maxSubjects.");

    public static void Committed(KeyValuePair<string, object?> stream, long facts, long bytes)
    {
        FactCount.Add(facts, stream);
        ByteCount.Add(bytes, stream);
        SyncCount.Add(1, stream);
    }

    public static void BoundHit(string bound) => BoundCount.Add(1, new KeyValuePair<string, object?>("bound", bound));

    public static void Fault(KeyValuePair<string, object?> stream) => FaultCount.Add(1, stream);

    public static void Torn(KeyValuePair<string, object?> stream, long bytes) => TornCount.Add(bytes, stream);

    public static void Retired(KeyValuePair<string, object?> stream, long bytes) => RetiredCount.Add(bytes, stream);

    public static void SubjectKeys(long count, long bound)
    {
        KeyGauge.Record(count);
        KeyUseGauge.Record((double)count / bound);
    }

    public static void HousekeepingFault() => FaultCount.Add(1, new KeyValuePair<string, object?>("stream", "all"));

    public static void RetiredKeys(long keys) => RetiredKeyCount.Add(keys);

    public static void DamagedKeys(long keys)
    {
        if (keys > 0)
        {
            DamagedKeyCount.Add(keys);
        }
    }

    public static KeyValuePair<string, object?> Tag(JournalStream stream) => new("stream", StreamNames.Of(stream));
}
