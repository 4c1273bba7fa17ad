using Millrace.Delivery.Freshness;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Replies;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Coalescing;

/// <summary>Puts requests for what is not held aboard a flight, theirs or another's, and gives each its answer.</summary>
internal sealed class Boarder(
    DeliveryOptions options, MemoryStore store, FlightTable flights, PassMarks marks, KeyMemo<FlightResult.Failed> failures, Fetcher fetcher,
    PurgeLog purges, Stale stale, ReplyWriter replies, DeliveryMeters meters, TimeProvider time)
{
    /// <summary>A request boards so many flights at most; the last is its own, and answers whatever happens.</summary>
    private const int MaxFlights = 4;

    private int _aboard;

    /// <summary>Requests that have boarded and wait for a head.</summary>
    public int Aboard => Volatile.Read(ref _aboard);

    private enum Taken
    {
        /// <summary>Answered.</summary>
        Answered,

        /// <summary>Failed; the verdict says how.</summary>
        Failed,

        /// <summary>Not for this request, another flight may be.</summary>
        NotThis,

        /// <summary>No shared answer will do.</summary>
        GoAlone,
    }

    /// <summary>Why a request should go through with its own conditions rather than fetch for all: its object was lately found uncacheable.</summary>
    public DeliveryReason? PassReason(Exchange exchange) =>
        exchange.Stored is null && marks.Find(exchange.Key.Hash, exchange.Request.Headers) is not null and not DeliveryReason.None ? DeliveryReason.HitForMiss : null;

    /// <summary>Whether a request for a range may be answered from a slice that is fetched for all who want it; notes which one.</summary>
    public bool MaySlice(Exchange exchange)
    {
        var request = exchange.Request;
        exchange.Part = exchange.Stored is null && !request.Headers.Contains(FieldId.Authorization) && marks.Find(exchange.Key.Hash, request.Headers) is null
            ? PartFill.SliceFor(request, options.SliceBytes)
            : null;
        return exchange.Part is not null;
    }

    /// <summary>Begins a flight that nobody waits for, unless one is under way or the origin has just failed. A HEAD begins none: its answer has no body to store.</summary>
    public void RevalidateBehind(Exchange exchange, CachedObject stored)
    {
        if (exchange.Request.IsHead || exchange.Request.Headers.Contains(FieldId.Authorization) || failures.TryGet(exchange.Key.Hash, out _))
        {
            return;
        }

        var boarding = flights.JoinOrLead(KeyOf(exchange));
        if (boarding.Leads && store.Find(exchange.Key, exchange.Fields) is { } latest && latest != stored)
        {
            // Another's flight has renewed it between the look-up and now.
            flights.Remove(boarding.Flight);
            boarding.Flight.End();
            boarding.Flight.Land(new FlightResult.Held(latest, false));
        }
        else if (boarding.Leads)
        {
            boarding.Flight.Keep();

            // The renewal is this cache's own wish: with the client's only-if-cached, a cache above would refuse it (RFC 9111 §5.2.1.7).
            var renewal = exchange.Upstream;
            renewal.Headers.Remove(FieldId.CacheControl);
            renewal.Headers.Remove(FieldId.Pragma);

            // Not awaited on purpose: RunAsync never throws, and the flight ends by the origin's time bounds.
            _ = fetcher.RunAsync(boarding.Flight, exchange.Route!, renewal, exchange.Key.Own(), stored, null);
        }

        boarding.Flight.Leave(boarding.Leads);
    }

    /// <summary>Answers the request, or says that it fails, with the verdict saying how, or that its range must go forward as it came.</summary>
    public async ValueTask<RequestStep> FetchAsync(Exchange exchange, CancellationToken aborted)
    {
        if (failures.TryGet(exchange.Key.Hash, out var failed))
        {
            // The origin is not asked again so soon: nothing goes forward.
            exchange.Verdict = exchange.Verdict with { Forward = null, Hit = exchange.Stored is not null };
            return await FailedAsync(exchange, failed, aborted) ? RequestStep.Tell : RequestStep.Fail;
        }

        var alone = marks.Find(exchange.Key.Hash, exchange.Request.Headers) is not null;
        string? variant = null;
        bool? collapsed = null;
        for (var round = 1; ; round++)
        {
            if (exchange.Part is not null && (alone || round == MaxFlights))
            {
                return exchange.Pass(DeliveryReason.Range);
            }

            var boarding = Board(exchange, variant, alone || round == MaxFlights);
            var flight = boarding.Flight;
            try
            {
                if (boarding.Leads)
                {
                    Lead(flight, exchange);
                }

                var result = await HeadAsync(exchange, boarding, aborted);
                exchange.Verdict = exchange.Verdict with { Collapsed = boarding.Leads ? collapsed : true };
                collapsed = boarding.Leads ? collapsed : false;
                switch (result is null ? Taken.NotThis : await TakeAsync(exchange, boarding, result, aborted))
                {
                    case Taken.Answered:
                        return RequestStep.Tell;
                    case Taken.Failed when round == MaxFlights - 1 || boarding.Leads || exchange.Verdict.ForwardStatus != 500:
                        return RequestStep.Fail;
                    case Taken.GoAlone:
                        alone = true;
                        break;
                    default:
                        // What the other's head taught about Vary chooses the flight to join next.
                        variant = result is FlightResult.Arriving other ? other.Object.Head.Vary.TextFor(exchange.Fields) : variant;
                        break;
                }
            }
            finally
            {
                flight.Leave(boarding.Leads);
            }
        }
    }

    /// <summary>One person's credentials may travel in another's flight, which knows nothing of them, and never fetch for others.</summary>
    private Boarding Board(Exchange exchange, string? variant, bool alone)
    {
        var flightKey = variant is null ? KeyOf(exchange) : new FlightKey(exchange.Key.Own(), variant, exchange.Part is not null);
        return alone ? flights.Lone(flightKey)
            : exchange.Request.Headers.Contains(FieldId.Authorization) ? flights.TryJoin(flightKey) ?? flights.Lone(flightKey)
            : flights.JoinOrLead(flightKey);
    }

    /// <summary>Begins the flight's origin request, unless the object came in between the look-up and now. What it finds is the copy from now on.</summary>
    private void Lead(Flight flight, Exchange exchange)
    {
        var latest = store.Find(exchange.Key, exchange.Fields);
        if (latest is not null && latest != exchange.Stored)
        {
            exchange.Hold(latest);
            if (stale.Judge(latest.Head, exchange) == Reuse.Fresh)
            {
                flights.Remove(flight);
                flight.End();
                flight.Land(new FlightResult.Held(latest, false));
                exchange.Stored = latest;
                return;
            }
        }

        exchange.Stored = latest;
        exchange.Part = latest is null ? exchange.Part : null;
        _ = fetcher.RunAsync(flight, exchange.Route!, exchange.Upstream, exchange.Key.Own(), latest, exchange.Part);
    }

    /// <summary>The flight's head; null when another's took too long, whose place in the table is then free for a new leader.</summary>
    private async Task<FlightResult?> HeadAsync(Exchange exchange, Boarding boarding, CancellationToken aborted)
    {
        var head = boarding.Flight.Head;
        var waiting = boarding.Leads ? LeadersHeadAsync(exchange, boarding.Flight, aborted) : head.WaitAsync(options.CollapseWait, time, aborted);
        Interlocked.Increment(ref _aboard);
        try
        {
            return await waiting;
        }
        catch (TimeoutException)
        {
            meters.BoundHit(DeliveryReason.CollapseWait);
            flights.Remove(boarding.Flight);
            return null;
        }
        finally
        {
            Interlocked.Decrement(ref _aboard);
        }
    }

    /// <summary>The head, after the interim responses before it have gone to the leader's client.</summary>
    private static async Task<FlightResult> LeadersHeadAsync(Exchange exchange, Flight flight, CancellationToken aborted)
    {
        while (true)
        {
            // Asked first: all that came before the head is in the relay by the time that it lands.
            var landed = flight.Head.IsCompleted;
            while (flight.Interims.TryTake(out var status, out var fields))
            {
                await exchange.InformAsync(status, fields, aborted);
            }

            if (landed)
            {
                return await flight.Head;
            }

            await Task.WhenAny(flight.Head, flight.Interims.Came).WaitAsync(aborted);
        }
    }

    private async Task<Taken> TakeAsync(
        Exchange exchange, Boarding boarding, FlightResult result, CancellationToken aborted)
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
                using (alone.Response)
                {
                    exchange.Outcome = DeliveryOutcome.Miss;
                    exchange.Verdict = exchange.Verdict with { Detail = alone.Reason };
                    if (exchange.Part is not null && alone.Response.Status == 206)
                    {
                        return await ReplyWriter.PartAsync(exchange, alone.Response, aborted) ? Taken.Answered : Taken.GoAlone;
                    }

                    await replies.ThroughAsync(exchange, alone.Response, conditionsAreOurs: true, aborted);
                    return Taken.Answered;
                }

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

    private async Task<Taken> ArrivingAsync(Exchange exchange, Boarding boarding, FlightResult.Arriving arriving, CancellationToken aborted)
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

    private async Task<Taken> HeldAsync(Exchange exchange, bool leads, FlightResult.Held held, CancellationToken aborted)
    {
        exchange.Outcome = !held.Revalidated ? DeliveryOutcome.Hit : leads ? DeliveryOutcome.Revalidated : DeliveryOutcome.Collapsed;
        exchange.Verdict = held.Revalidated
            ? exchange.Verdict with { ForwardStatus = 304, Stored = held.Response.IsStored }
            : new CacheStatus { Hit = true };
        exchange.Hold(held.Response);
        await replies.StoredAsync(exchange, held.Response, held.Revalidated && leads, aborted);
        return Taken.Answered;
    }

    private async Task<Taken> SlicedAsync(Exchange exchange, bool leads, FlightResult.Sliced sliced, CancellationToken aborted)
    {
        exchange.Outcome = leads ? DeliveryOutcome.Miss : DeliveryOutcome.Collapsed;
        exchange.Verdict = exchange.Verdict with { ForwardStatus = 206, Stored = sliced.First.IsStored };
        exchange.Hold(sliced.Response);
        exchange.Hold(sliced.First);
        await replies.StoredAsync(exchange, sliced.Response, validated: leads, aborted);
        return Taken.Answered;
    }

    private async Task<bool> FailedAsync(Exchange exchange, FlightResult.Failed failed, CancellationToken aborted)
    {
        exchange.Verdict = exchange.Verdict with { ForwardStatus = failed.OriginStatus, Detail = failed.Reason };
        return exchange.Stored is { } stored && await stale.TryServeAsync(exchange, stored, failed.Reason, failed.OriginStatus, aborted);
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

    private FlightKey KeyOf(Exchange exchange) =>
        new(exchange.Key.Own(), store.FindAny(exchange.Key.Own()) is { } any ? any.Head.Vary.TextFor(exchange.Fields) : "", exchange.Part is not null);
}
