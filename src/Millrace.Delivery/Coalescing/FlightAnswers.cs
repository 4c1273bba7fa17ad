using Millrace.Delivery.Freshness;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Replies;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Coalescing;

/// <summary>Answers requests by what the flight found that they had boarded, where it is for them.</summary>
internal sealed class FlightAnswers(PurgeLog purges, Stale stale, ReplyWriter replies)
{
    /// <summary>Answers the request with the result, or says why not.</summary>
    public async ValueTask<Taken> TakeAsync(Exchange exchange, Boarding boarding, FlightResult result, CancellationToken aborted)
    {
        var leads = boarding.Leads;
        switch (result)
        {
            case FlightResult.Arriving arriving:
                exchange.Own = leads ? arriving.Excepted : null;
                return leads || IsFor(exchange, boarding, arriving.Object.Head, out var refusal)
                    ? await ArrivingAsync(exchange, boarding, arriving, aborted)
                    : refusal;

            case FlightResult.Held held:
                exchange.Own = leads ? held.Excepted : null;
                return leads || IsFor(exchange, boarding, held.Response.Head, out var unfit)
                    ? await HeldAsync(exchange, leads, held, aborted)
                    : unfit;

            case FlightResult.Sliced sliced:
                return leads || IsFor(exchange, boarding, sliced.Response.Head, out var other)
                    ? await SlicedAsync(exchange, leads, sliced, aborted)
                    : other;

            case FlightResult.Own own when leads:
                exchange.Outcome = DeliveryOutcome.Revalidated;
                exchange.Verdict = exchange.Verdict with { ForwardStatus = 304, Detail = own.Reason };
                exchange.Hold(own.Response);
                await replies.StoredAsync(exchange, own.Response, validated: true, aborted);
                return Taken.Answered;

            case FlightResult.Alone alone when leads:
                return await AloneAsync(exchange, alone, aborted);

            case FlightResult.Alone { Reason: DeliveryReason.OriginError } error:
                exchange.Verdict = exchange.Verdict with { ForwardStatus = error.Response.Status, Detail = error.Reason };
                return Taken.Failed;

            case FlightResult.Alone { Reason: DeliveryReason.Authorization or DeliveryReason.NoRoom }:
                return Taken.NotThis;

            case FlightResult.Alone { Reason: DeliveryReason.Cookie } when !exchange.Request.Headers.Contains(FieldId.Cookie):
                return Taken.NotThis;

            case FlightResult.Failed failed:
                return await FailedAsync(exchange, failed, aborted) ? Taken.Answered : Taken.Failed;

            default:
                return Taken.GoAlone;
        }
    }

    /// <summary>Notes why the origin failed, and lets a copy stand in where there is one that may; false when there is not.</summary>
    public async ValueTask<bool> FailedAsync(Exchange exchange, FlightResult.Failed failed, CancellationToken aborted)
    {
        exchange.Verdict = exchange.Verdict with { ForwardStatus = failed.OriginStatus, Detail = failed.Reason };
        return exchange.Stored is { } stored && await stale.TryServeAsync(exchange, stored, failed.Reason, failed.OriginStatus, aborted);
    }

    private async ValueTask<Taken> ArrivingAsync(Exchange exchange, Boarding boarding, FlightResult.Arriving arriving, CancellationToken aborted)
    {
        using var reader = boarding.Leads ? arriving.Leader : arriving.Object.Body.Follow();
        if (reader is null && !arriving.Object.Body.IsComplete)
        {
            return Taken.NotThis;
        }

        exchange.Outcome = boarding.Leads ? DeliveryOutcome.Miss : DeliveryOutcome.Collapsed;
        exchange.Verdict = exchange.Verdict with { ForwardStatus = arriving.Object.Head.Status, Stored = true };
        if (reader is null)
        {
            // It came to its end before this request came to read.
            exchange.Hold(arriving.Object);
            exchange.Verdict = exchange.Verdict with { Stored = arriving.Object.IsStored };
            await replies.StoredAsync(exchange, arriving.Object, validated: false, aborted);
            return Taken.Answered;
        }

        if (!await replies.ArrivingAsync(exchange, arriving.Object, reader, boarding.Leads, aborted))
        {
            boarding.Flight.Keep();
        }

        return Taken.Answered;
    }

    private async ValueTask<Taken> HeldAsync(Exchange exchange, bool leads, FlightResult.Held held, CancellationToken aborted)
    {
        exchange.Outcome = !held.Revalidated ? DeliveryOutcome.Hit : leads ? DeliveryOutcome.Revalidated : DeliveryOutcome.Collapsed;
        exchange.Verdict = held.Revalidated
            ? exchange.Verdict with { ForwardStatus = 304, Stored = held.Response.IsStored }
            : new CacheStatus { Hit = true };
        exchange.Hold(held.Response);
        await replies.StoredAsync(exchange, held.Response, held.Revalidated && leads, aborted);
        return Taken.Answered;
    }

    private async ValueTask<Taken> SlicedAsync(Exchange exchange, bool leads, FlightResult.Sliced sliced, CancellationToken aborted)
    {
        exchange.Outcome = leads ? DeliveryOutcome.Miss : DeliveryOutcome.Collapsed;
        exchange.Verdict = exchange.Verdict with { ForwardStatus = 206, Stored = sliced.Response.IsStored };
        exchange.Hold(sliced.Response);
        exchange.Hold(sliced.First);
        await replies.StoredAsync(exchange, sliced.Response, validated: leads, aborted);
        return Taken.Answered;
    }

    /// <summary>Hands the leader the origin's own answer.</summary>
    private async ValueTask<Taken> AloneAsync(Exchange exchange, FlightResult.Alone alone, CancellationToken aborted)
    {
        using var response = alone.Response;
        if (exchange.IsAsItCame)
        {
            exchange.Outcome = DeliveryOutcome.Bypass;
            exchange.Verdict = exchange.Verdict with { Detail = DeliveryReason.HitForMiss };
        }
        else
        {
            exchange.Outcome = DeliveryOutcome.Miss;
            exchange.Verdict = exchange.Verdict with { Detail = alone.Reason };
        }

        if (exchange.Part is not null && response.Status == 206)
        {
            return await ReplyWriter.PartAsync(exchange, response, aborted) ? Taken.Answered : Taken.GoAlone;
        }

        await replies.ThroughAsync(exchange, response, conditionsAreOurs: !exchange.IsAsItCame, aborted);
        return Taken.Answered;
    }

    /// <summary>
    /// Whether a response that another asked for may answer this request: shareable, same variant, not purged since, and, when it was here before the
    /// request, as reusable as if it came from the store.
    /// </summary>
    private bool IsFor(Exchange exchange, Boarding boarding, ResponseHead head, out Taken refusal)
    {
        refusal = Taken.NotThis;
        if (!head.Vary.Matches(exchange.Fields))
        {
            return false;
        }

        refusal = Taken.GoAlone;
        return head.Shareable && !purges.Touches(head.Began, head.Key, head.SurrogateKeys) && !stale.IsInDoubt(head, exchange)
            && (!boarding.HeadWasHere || stale.Judge(head, exchange) == Reuse.Fresh);
    }
}
