using System.Diagnostics.Metrics;

namespace Millrace.Bench.JournalAppend;

/// <summary>Adds up the journal's own counters.</summary>
internal sealed class JournalMeter : IDisposable
{
    private readonly MeterListener _listener = new();
    private long _bytes;
    private long _facts;
    private long _syncs;

    public JournalMeter()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "Millrace.Journal")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) =>
        {
            switch (instrument.Name)
            {
                case "millrace.journal.bytes": Interlocked.Add(ref _bytes, value); break;
                case "millrace.journal.facts": Interlocked.Add(ref _facts, value); break;
                case "millrace.journal.fsyncs": Interlocked.Add(ref _syncs, value); break;
            }
        });
        _listener.Start();
    }

    public long Bytes => Volatile.Read(ref _bytes);

    public long Facts => Volatile.Read(ref _facts);

    public long Syncs => Volatile.Read(ref _syncs);

    public void Reset() => _bytes = _facts = _syncs = 0;

    public void Dispose() => _listener.Dispose();
}
