using System.Diagnostics.Metrics;

namespace Millrace.Demo;

/// <summary>How much the node in this process has made durable since the gauge was made, by the journal's own counters.</summary>
internal sealed class JournalGauge : IDisposable
{
    private const string MeterName = "Millrace.Journal";
    private const string FactsName = "millrace.journal.facts";
    private const string BytesName = "millrace.journal.bytes";

    private readonly MeterListener _listener = new();
    private long _facts;
    private long _bytes;

    public JournalGauge()
    {
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == MeterName && instrument.Name is FactsName or BytesName)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, measured, _, _) =>
            Interlocked.Add(ref instrument.Name == FactsName ? ref _facts : ref _bytes, measured));
        _listener.Start();
    }

    public long Facts => Interlocked.Read(ref _facts);

    public long Bytes => Interlocked.Read(ref _bytes);

    public void Dispose() => _listener.Dispose();
}
