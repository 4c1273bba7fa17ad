using Millrace.Delivery.Origins;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Replies;

/// <summary>The step that hands a request to its origin and the response back, the cache standing aside but for what the exchange changes (RFC 9111 §4.4).</summary>
internal sealed class Passing(OriginClient origins, Stale stale, Voiding voiding, HeadUpdate heads, ReplyWriter replies)
{
    /// <summary>Answers the request; the exchange says why it passes (<see cref="Exchange.Pass"/>).</summary>
    /// <exception cref="OriginException">The origin failed, and no copy may stand in.</exception>
    public async ValueTask<RequestStep> PassAsync(Exchange exchange, CancellationToken aborted)
    {
        var (request, upstream) = (exchange.Request, exchange.Upstream);
        var began = heads.Now;
        OriginResponse response;
        try
        {
            response = await origins.SendAsync(exchange.Route!, upstream, upstream.Headers, request.Body, aborted, OriginPace.Pass, (status, fields) => exchange.InformAsync(status, fields, aborted));
        }
        catch (OriginException e) when (exchange.Stored is not null)
        {
            if (await stale.TryServeAsync(exchange, exchange.Stored, e.Reason, null, aborted))
            {
                return RequestStep.Tell;
            }

            throw;
        }

        await using (response)
        {
            exchange.Route!.ResponseFields.Apply(response.Headers);
            if (!request.Method.IsSafe() && response.Status is >= 200 and < 400)
            {
                voiding.InvalidateAfter(exchange.Key.Own(), response.Headers);
            }

            if (request.IsHead && response.Status == 200 && exchange.Stored is { } copy)
            {
                heads.Apply(copy, exchange.Route!, upstream, response, response.Began(began));
            }

            exchange.Outcome = DeliveryOutcome.Bypass;
            await replies.ThroughAsync(exchange, response, conditionsAreOurs: false, aborted);
            return RequestStep.Tell;
        }
    }
}
