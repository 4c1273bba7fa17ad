using Millrace.Delivery.Replies;

namespace Millrace.Delivery.Coalescing;

/// <summary>How a request waits for the head of the flight that it boarded.</summary>
internal sealed class HeadWait(TimeSpan collapseWait, FlightTable flights, DeliveryMeters meters, TimeProvider time)
{
    private int _aboard;

    /// <summary>Requests that have boarded and wait for a head.</summary>
    public int Aboard => Volatile.Read(ref _aboard);

    /// <summary>
    /// The flight's head, after the interim responses before it have gone to this request's client; null when another's took too long, whose place in the
    /// table is then free for a new leader.
    /// </summary>
    /// <param name="exchange">The request.</param>
    /// <param name="boarding">Its flight.</param>
    /// <param name="patient">Whether it waits as long as the flight takes, which the origin's clocks bound.</param>
    /// <param name="aborted">The client.</param>
    public async Task<FlightResult?> ForAsync(Exchange exchange, Boarding boarding, bool patient, CancellationToken aborted)
    {
        var flight = boarding.Flight;
        var head = boarding.Leads || patient ? flight.Head.WaitAsync(aborted) : flight.Head.WaitAsync(collapseWait, time, aborted);
        Interlocked.Increment(ref _aboard);
        try
        {
            if (!boarding.HeadWasHere)
            {
                await RelayAsync(exchange, flight.Interims, head, aborted);
            }

            return await head;
        }
        catch (TimeoutException)
        {
            meters.BoundHit(DeliveryReason.CollapseWait);
            flights.Remove(flight);
            return null;
        }
        finally
        {
            Interlocked.Decrement(ref _aboard);
        }
    }

    private static async ValueTask RelayAsync(Exchange exchange, InterimRelay interims, Task head, CancellationToken aborted)
    {
        for (var taken = 0; ;)
        {
            // Asked first: all that came before the head is in the relay by the time that it lands.
            var landed = head.IsCompleted;
            Task came;
            for (; interims.TryGet(taken, out var status, out var fields, out came); taken++)
            {
                await exchange.InformAsync(status, fields, aborted);
            }

            if (landed)
            {
                return;
            }

            await Task.WhenAny(head, came);
        }
    }
}
