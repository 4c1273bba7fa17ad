using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Millrace.Delivery.Observing;

/// <summary>
/// Responses by route, outcome and reason. A count is one addition to a cell of a table, and the table is read when it is scraped: a tenth of what a counter
/// with three tags costs a hit. Routes are those of the configuration, hence few; those of requests without one count under an empty name.
/// </summary>
internal sealed class RouteMeters
{
    /// <summary>As many routes as a configuration may have; those that reloads bring beyond it count as <c>other</c>.</summary>
    private const int MaxRoutes = 10_000;

    private const string Other = "other";

    private static readonly int Outcomes = Enum.GetValues<DeliveryOutcome>().Length;
    private static readonly int Reasons = Enum.GetValues<DeliveryReason>().Length;

    private readonly ConcurrentDictionary<string, long[]> _byRoute = new(StringComparer.Ordinal);
    private volatile bool _isFull;

    /// <summary>Counts it. Returns the name that its route counts under.</summary>
    public string Ended(in DeliveryRecord record)
    {
        var route = record.Route;
        if (!_byRoute.TryGetValue(route, out var cells))
        {
            // Counting a concurrent dictionary locks all of it, so once it is full nobody asks again.
            _isFull = _isFull || _byRoute.Count >= MaxRoutes;
            route = _isFull ? Other : route;
            cells = _byRoute.GetOrAdd(route, static _ => new long[Outcomes * Reasons]);
        }

        Interlocked.Increment(ref cells[((int)record.Outcome * Reasons) + (int)record.Reason]);
        return route;
    }

    /// <summary>All cells that have counted.</summary>
    public IEnumerable<Measurement<long>> Read()
    {
        foreach (var (route, cells) in _byRoute)
        {
            for (var i = 0; i < cells.Length; i++)
            {
                if (Interlocked.Read(ref cells[i]) is > 0 and var count)
                {
                    yield return new Measurement<long>(
                        count, new("route", route), new("outcome", ((DeliveryOutcome)(i / Reasons)).Wire()), new KeyValuePair<string, object?>("reason", ((DeliveryReason)(i % Reasons)).Wire()));
                }
            }
        }
    }
}
