using System.Collections.Concurrent;
using Millrace.Delivery.Purge;

namespace Millrace.Delivery.Coalescing;

/// <summary>The origin requests that can be joined, by key and known variant.</summary>
internal sealed class FlightTable(PurgeLog purges)
{
    private readonly ConcurrentDictionary<string, Flight> _flights = new(StringComparer.Ordinal);

    public int Count => _flights.Count;

    /// <summary>Joins the flight of a key, or begins one, which the caller then leads. One that began before a purge of its object is not joined.</summary>
    public (Flight Flight, bool Leads) JoinOrLead(string flightKey, string key, string route)
    {
        while (true)
        {
            if (_flights.TryGetValue(flightKey, out var flight))
            {
                if (!purges.Voids(flight.Began, key, route, []) && flight.TryJoin())
                {
                    return (flight, false);
                }

                Remove(flight);
            }

            var mine = new Flight(flightKey, purges.Sequence);
            if (_flights.TryAdd(flightKey, mine))
            {
                return (mine, true);
            }

            mine.Dispose();
        }
    }

    public void Remove(Flight flight) => _flights.TryRemove(KeyValuePair.Create(flight.Key, flight));
}
