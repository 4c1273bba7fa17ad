using System.Collections.Concurrent;
using Millrace.Delivery.Purge;

namespace Millrace.Delivery.Coalescing;

/// <summary>The origin requests that can be joined, by key and known variant.</summary>
internal sealed class FlightTable(PurgeLog purges)
{
    private readonly ConcurrentDictionary<string, Flight> _flights = new(StringComparer.Ordinal);

    /// <summary>Joins the flight of a key, or begins one, which the caller then leads. One that began before a purge of its object is not joined.</summary>
    public Boarding JoinOrLead(string flightKey, string key)
    {
        while (true)
        {
            if (TryJoin(flightKey, key) is { } joined)
            {
                return joined;
            }

            var mine = new Flight(flightKey, purges.Now);
            if (_flights.TryAdd(flightKey, mine))
            {
                return new Boarding(mine, true, false);
            }

            mine.Dispose();
        }
    }

    /// <summary>Joins the flight of a key when there is one.</summary>
    public Boarding? TryJoin(string flightKey, string key)
    {
        if (!_flights.TryGetValue(flightKey, out var flight))
        {
            return null;
        }

        if (!purges.Touches(flight.Began, key, []) && flight.TryJoin(out var headWasHere))
        {
            return new Boarding(flight, false, headWasHere);
        }

        Remove(flight);
        return null;
    }

    /// <summary>A flight that nobody can join.</summary>
    public Boarding Lone(string key) => new(new Flight(key, purges.Now), true, false);

    public void Remove(Flight flight) => _flights.TryRemove(KeyValuePair.Create(flight.Key, flight));
}

/// <summary>A place in a flight.</summary>
/// <param name="Flight">The flight.</param>
/// <param name="Leads">Whether this request makes the origin request.</param>
/// <param name="HeadWasHere">Whether the answer came before this request did.</param>
internal readonly record struct Boarding(Flight Flight, bool Leads, bool HeadWasHere);
