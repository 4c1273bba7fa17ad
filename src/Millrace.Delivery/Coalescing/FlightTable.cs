using System.Collections.Concurrent;
using Millrace.Delivery.Keys;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Replies;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Coalescing;

/// <summary>The origin requests that can be joined, by key and known variant.</summary>
internal sealed class FlightTable(PurgeLog purges)
{
    private readonly ConcurrentDictionary<FlightKey, Flight> _flights = new();

    /// <summary>Origin requests under way that can be joined.</summary>
    public int Count => _flights.Count;

    /// <summary>Joins the flight of a key, or begins one, which the caller then leads. One that began before a purge of its object is not joined.</summary>
    public Boarding JoinOrLead(FlightKey key)
    {
        while (true)
        {
            if (TryJoin(key) is { } joined)
            {
                return joined;
            }

            var mine = new Flight(key, purges.Now);
            if (_flights.TryAdd(key, mine))
            {
                return new Boarding(mine, true, false);
            }

            mine.Dispose();
        }
    }

    /// <summary>Joins the flight of a key when there is one.</summary>
    public Boarding? TryJoin(FlightKey key)
    {
        if (!_flights.TryGetValue(key, out var flight))
        {
            return null;
        }

        if (!purges.Touches(flight.Began, key.Object, []) && flight.TryJoin(out var headWasHere))
        {
            return new Boarding(flight, false, headWasHere);
        }

        Remove(flight);
        return null;
    }

    /// <summary>A flight that nobody can join.</summary>
    public Boarding Lone(FlightKey key) => new(new Flight(key, purges.Now), true, false);

    public void Remove(Flight flight) => _flights.TryRemove(KeyValuePair.Create(flight.Key, flight));

    /// <summary>Ends a flight with its result: out of the table first, since nobody joins what cannot be shared.</summary>
    public void Land(Flight flight, FlightResult result)
    {
        Remove(flight);
        flight.End();
        flight.Land(result);
    }
}

/// <summary>What a flight is for.</summary>
/// <param name="Object">The object's key.</param>
/// <param name="Variant">What the request has in the fields that the object is known to vary by (<see cref="VaryKey.TextFor"/>).</param>
/// <param name="OfPart">Whether one slice is fetched, which begins an object in slices for all who want ranges of it.</param>
internal readonly record struct FlightKey(CacheKey Object, string Variant, bool OfPart)
{
    /// <summary>The flight that a request wants: by the fields that a head in flight taught, else by those of what is held.</summary>
    public static FlightKey Of(Exchange exchange, MemoryStore store, string? variant = null)
    {
        var key = exchange.Key.Own();
        return new FlightKey(key, variant ?? store.FindAny(key)?.Head.Vary.TextFor(exchange.Fields) ?? "", exchange.Part is not null);
    }
}

/// <summary>A place in a flight.</summary>
/// <param name="Flight">The flight.</param>
/// <param name="Leads">Whether this request makes the origin request.</param>
/// <param name="HeadWasHere">Whether the answer came before this request did.</param>
internal readonly record struct Boarding(Flight Flight, bool Leads, bool HeadWasHere);
