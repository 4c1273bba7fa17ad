using System.Diagnostics.Metrics;
using Millrace.Delivery.Observing;

namespace Millrace.Delivery;

/// <summary>The meter "Millrace.Delivery", and the same numbers for <see cref="DeliveryStats"/>.</summary>
internal sealed class DeliveryMeters : IDisposable
{
    private static readonly string[] Classes = ["0xx", "1xx", "2xx", "3xx", "4xx", "5xx", "6xx", "7xx", "8xx", "9xx"];

    private readonly Meter _meter = new("Millrace.Delivery");
    private readonly RouteMeters _requests = new();
    private readonly Counter<long> _bytes;
    private readonly Counter<long> _bounds;
    private readonly Histogram<double> _firstByte;
    private readonly long[] _byOutcome = new long[Enum.GetValues<DeliveryOutcome>().Length];
    private long _bodyBytes;
    private long _boundsHit;

    public DeliveryMeters(Func<long> originRequests, Func<long> storeBytes, Func<long> fillBytes, Func<long> objects, Func<long> evictions)
    {
        _meter.CreateObservableCounter("millrace.delivery.requests", _requests.Read, "{request}", "Responses ended, by route, outcome and reason.");
        _bytes = _meter.CreateCounter<long>("millrace.delivery.body", "By", "Body bytes handed to clients.");
        _bounds = _meter.CreateCounter<long>("millrace.delivery.bounds_hit", "{hit}", "Named bounds hit.");

        // A hit takes some 20 µs and a patient origin a minute: a rung below one, and above the ten seconds after which nobody reads any more.
        _firstByte = _meter.CreateHistogram(
            "millrace.delivery.time_to_first_byte", "s", "From a request's arrival to its response's head, by route, outcome and class of status.", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] });
        _meter.CreateObservableCounter("millrace.delivery.origin_requests", originRequests, "{request}", "Requests sent to origins.");
        _meter.CreateObservableGauge("millrace.delivery.store_bytes", storeBytes, "By", "Memory of the store, with overhead.");
        _meter.CreateObservableGauge("millrace.delivery.fill_bytes", fillBytes, "By", "Memory of bodies that arrive, or are still read after they left the store.");
        _meter.CreateObservableGauge("millrace.delivery.store_objects", objects, "{object}", "Responses stored.");
        _meter.CreateObservableCounter("millrace.delivery.evictions", evictions, "{object}", "Responses evicted for room.");
    }

    /// <summary>For the instruments of others in the plane.</summary>
    public Meter Meter => _meter;

    public long BodyBytes => Interlocked.Read(ref _bodyBytes);

    public long BoundsHit => Interlocked.Read(ref _boundsHit);

    public IReadOnlyDictionary<DeliveryOutcome, long> ByOutcome =>
        Enum.GetValues<DeliveryOutcome>().ToDictionary(static outcome => outcome, outcome => Interlocked.Read(ref _byOutcome[(int)outcome]));

    public void Ended(in DeliveryRecord record)
    {
        Interlocked.Increment(ref _byOutcome[(int)record.Outcome]);
        Interlocked.Add(ref _bodyBytes, record.BodyBytes);
        var route = _requests.Ended(record);
        _bytes.Add(record.BodyBytes);
        if (record.Status > 0)
        {
            _firstByte.Record(
                record.TimeToFirstByte.TotalSeconds, new("route", route), new("outcome", record.Outcome.Wire()), new("status", Classes[(record.Status / 100) % Classes.Length]));
        }
    }

    public void BoundHit(DeliveryReason bound)
    {
        Interlocked.Increment(ref _boundsHit);
        _bounds.Add(1, new KeyValuePair<string, object?>("bound", bound.Wire()));
    }

    public void Dispose() => _meter.Dispose();
}
