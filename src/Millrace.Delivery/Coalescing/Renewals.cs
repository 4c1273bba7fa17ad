using Millrace.Delivery.Freshness;
using Millrace.Delivery.Replies;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Coalescing;

/// <summary>Renews stale copies behind the replies that they gave (RFC 5861 §3): flights that nobody waits for, of which there are <paramref name="most"/> at once.</summary>
internal sealed class Renewals(int most, int sliceBytes, MemoryStore store, FlightTable flights, KeyMemo<FlightResult.Failed> failures, Fetcher fetcher, Stale stale, DeliveryMeters meters)
{
    private int _underWay;

    /// <summary>Begins one, unless a flight is under way or the origin has just failed. A HEAD begins none: its answer has no body to store.</summary>
    public void Begin(Exchange exchange, CachedObject stored)
    {
        if (exchange.Request.IsHead || exchange.Request.Headers.Contains(FieldId.Authorization) || failures.TryGet(exchange.Key.Hash, out _))
        {
            return;
        }

        if (Volatile.Read(ref _underWay) >= most)
        {
            meters.BoundHit(DeliveryReason.Overloaded);
            return;
        }

        // The renewal is this cache's own wish: with the client's only-if-cached, a cache above would refuse it (RFC 9111 §5.2.1.7).
        var upstream = exchange.Upstream;
        upstream.Headers.Remove(FieldId.CacheControl);
        upstream.Headers.Remove(FieldId.Pragma);

        var boarding = flights.JoinOrLead(FlightKey.Of(exchange, store));
        var latest = boarding.Leads ? store.Find(exchange.Key, exchange.Fields) ?? stored : stored;

        // Of a body in slices the first will do: should it have changed, a renewal is no reason to fetch all of it.
        FetchOrder order = new(exchange.Route!, upstream, exchange.Key.Own())
        {
            Stored = latest, Part = latest.Body.Slices is null || sliceBytes == 0 ? null : new ByteRange(0, sliceBytes),
        };
        if (boarding.Leads && latest != stored && stale.Judge(latest.Head, exchange) == Reuse.Fresh)
        {
            // Another's flight has renewed it between the look-up and now. Who joined takes it for reusable, so it is that.
            flights.Land(boarding.Flight, new FlightResult.Held(latest, false));
        }
        else if (boarding.Leads)
        {
            boarding.Flight.Keep();

            // Not awaited on purpose: it never throws, and the flight ends by the origin's time bounds.
            _ = RunAsync(boarding.Flight, order);
        }

        boarding.Flight.Leave(boarding.Leads);
    }

    private async Task RunAsync(Flight flight, FetchOrder order)
    {
        Interlocked.Increment(ref _underWay);
        await fetcher.RunAsync(flight, order);
        Interlocked.Decrement(ref _underWay);
    }
}
