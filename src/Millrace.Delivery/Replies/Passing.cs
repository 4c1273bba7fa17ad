using Millrace.Delivery.Coalescing;
using Millrace.Delivery.Origins;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Replies;

/// <summary>The step that hands a request to its origin and the response back, the cache standing aside but for what the exchange changes (RFC 9111 §4.4).</summary>
internal sealed class Passing(OriginClient origins, Stale stale, Voiding voiding, HeadUpdate heads, PostKeeping posts, ReplyWriter replies)
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

        Flight? kept = null;
        try
        {
            exchange.Outcome = DeliveryOutcome.Bypass;
            exchange.Route!.ResponseFields.Apply(response.Headers);
            if (!request.Method.IsSafe() && response.Status is >= 200 and < 400)
            {
                kept = posts.TryBegin(exchange, response, voiding.InvalidateAfter(exchange.Key.Own(), response.Headers, began));
            }

            if (kept is not null)
            {
                await KeptAsync(exchange, kept, aborted);
                return RequestStep.Tell;
            }

            if (request.IsHead && response.Status == 200 && !exchange.Directives.NoStore)
            {
                heads.Apply(exchange.Key.Own(), exchange.Route!, upstream, response, response.Began(began));
            }

            await replies.ThroughAsync(exchange, response, conditionsAreOurs: false, aborted);
            return RequestStep.Tell;
        }
        finally
        {
            // What is being kept belongs to its flight.
            await (kept is null ? response.DisposeAsync() : ValueTask.CompletedTask);
        }
    }

    /// <summary>Answers from what is being kept: the flight is this request's own.</summary>
    private async ValueTask KeptAsync(Exchange exchange, Flight kept, CancellationToken aborted)
    {
        try
        {
            var arriving = (FlightResult.Arriving)await kept.Head;
            exchange.Own = arriving.Excepted;
            exchange.Verdict = exchange.Verdict with { ForwardStatus = arriving.Object.Head.Status, Stored = true };
            using var reader = arriving.Leader;
            await replies.ArrivingAsync(exchange, arriving.Object, reader, leads: true, aborted);
        }
        finally
        {
            kept.Leave(leader: true);
        }
    }
}
