using Millrace.Delivery.Cacheability;
using Millrace.Delivery.Origins;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Replies;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Coalescing;

/// <summary>
/// Keeps the answer to a POST that is, by its own Content-Location, what a GET of the same URI would now get (RFC 9110 §9.3.3 and §8.7). Later GETs and
/// HEADs may have it; no POST is answered from it.
/// </summary>
internal sealed class PostKeeping(DeliveryOptions options, Fetcher fetcher, MemoryAccount account, Voiding voiding)
{
    /// <summary>Begins to keep the answer, and gives what its client reads it from; null when it is not to be kept.</summary>
    /// <param name="exchange">The exchange, whose request has gone forward.</param>
    /// <param name="response">The answer, which belongs to the flight from then on.</param>
    /// <param name="began">The moment that the answer counts from; null when something else changed the resource meanwhile.</param>
    public Flight? TryBegin(Exchange exchange, OriginResponse response, Beginning? began)
    {
        var (request, route, upstream) = (exchange.Request, exchange.Route!, exchange.Upstream);
        if (began is not { } beginning || request.Method != RequestMethod.Post || response.Status != 200 || exchange.Verdict.Detail != DeliveryReason.Method || exchange.Directives.NoStore
            || request.Headers.Contains(FieldId.IfNoneMatch) || request.Headers.Contains(FieldId.IfModifiedSince) || !response.HasTakenRequest
            || !voiding.IsOf(exchange.Key.Own(), response.Headers))
        {
            return null;
        }

        var head = ResponseHead.Of(exchange.Key.Own(), route, response.Status, response.Headers, upstream.Headers, response.Arrival, response.Began(beginning));
        if (!head.Freshness.Explicit || !head.Shareable
            || StorageRules.Judge(upstream.Headers, head, response.ContentLength, route.MaxObjectBytes ?? options.MaxObjectBytes) != DeliveryReason.None
            || Filling.TryBegin(account, response.ContentLength) is not { } body)
        {
            return null;
        }

        Flight flight = new(new FlightKey(head.Key, "", OfPart: false), beginning);
        _ = fetcher.KeepAsync(flight, route, response, head, body);
        return flight;
    }
}
