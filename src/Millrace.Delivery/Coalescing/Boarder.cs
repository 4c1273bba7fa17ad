using Millrace.Delivery.Freshness;
using Millrace.Delivery.Replies;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Coalescing;

/// <summary>Puts requests for what is not held aboard a flight, theirs or another's, until each has its answer.</summary>
internal sealed class Boarder(
    int sliceBytes, MemoryStore store, FlightTable flights, PassMarks marks, KeyMemo<FlightResult.Failed> failures, Fetcher fetcher,
    HeadWait heads, FlightAnswers answers, Stale stale)
{
    /// <summary>A request boards so many flights at most; the last is its own, and answers whatever happens.</summary>
    private const int MaxFlights = 4;

    /// <summary>Requests that have boarded and wait for a head.</summary>
    public int Aboard => heads.Aboard;

    /// <summary>
    /// Whether a request for ranges may be answered by a fetch for all who want the object, and notes the slice to ask for: of what is not held, and of what
    /// is held in slices. What is held whole is validated whole.
    /// </summary>
    public bool MayShareRanges(Exchange exchange)
    {
        var (request, stored) = (exchange.Request, exchange.Stored);
        if (request.Headers.Contains(FieldId.Authorization))
        {
            return false;
        }

        var isWhole = stored is { Body.Slices: null };
        exchange.Part = isWhole || marks.Find(exchange.Key.Hash, request.Headers) is not (null or DeliveryReason.TooLarge) ? null : PartFill.SliceFor(request, sliceBytes);
        return isWhole || exchange.Part is not null;
    }

    /// <summary>Whether the object, of which no copy is here, was lately found unshareable: the request goes alone, with its own conditions.</summary>
    public bool IsMarked(Exchange exchange) =>
        exchange.Stored is null && exchange.Part is null && marks.Find(exchange.Key.Hash, exchange.Request.Headers) is not null and not DeliveryReason.None;

    /// <summary>
    /// Answers the request, or says that it fails, with the verdict saying how, or that its range must go forward as it came. The answer to one that
    /// goes alone is kept all the same when it may be by now.
    /// </summary>
    public async ValueTask<RequestStep> FetchAsync(Exchange exchange, CancellationToken aborted)
    {
        exchange.Verdict = exchange.Verdict with { Detail = exchange.IsAsItCame ? DeliveryReason.None : exchange.Verdict.Detail };

        // What is too large to be kept whole is kept by slices all the same.
        var alone = exchange.IsAsItCame || (marks.Find(exchange.Key.Hash, exchange.Request.Headers) is { } mark && (mark != DeliveryReason.TooLarge || exchange.Part is null));
        if (!exchange.IsAsItCame && failures.TryGet(exchange.Key.Hash, out var failed))
        {
            // The origin is not asked again so soon: nothing goes forward.
            exchange.Verdict = exchange.Verdict with { Forward = null, Hit = exchange.Stored is not null };
            return await answers.FailedAsync(exchange, failed, aborted) ? RequestStep.Tell : RequestStep.Fail;
        }

        string? variant = null;
        bool? collapsed = null;
        var inVain = 0;
        for (var round = 1; ; round++)
        {
            // Who waited in vain for a slow origin goes on waiting with the others: alone, all would be at it at once.
            var isLast = round - inVain >= MaxFlights;
            if (exchange.Part is not null && (alone || isLast))
            {
                return exchange.Pass(DeliveryReason.Range);
            }

            var boarding = Board(exchange, variant, alone || isLast);
            var flight = boarding.Flight;
            try
            {
                if (boarding.Leads)
                {
                    Lead(flight, exchange);
                }

                var result = await heads.ForAsync(exchange, boarding, patient: inVain >= MaxFlights - 1, aborted);
                exchange.Verdict = exchange.Verdict with { Collapsed = boarding.Leads ? collapsed : true };
                collapsed = boarding.Leads ? collapsed : false;
                if (result is null)
                {
                    inVain++;
                    continue;
                }

                switch (await answers.TakeAsync(exchange, boarding, result, aborted))
                {
                    case Taken.Answered:
                        return RequestStep.Tell;
                    case Taken.Failed when round - inVain == MaxFlights - 1 || boarding.Leads || exchange.Verdict.ForwardStatus != 500:
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
        var key = FlightKey.Of(exchange, store, variant);
        return alone ? flights.Lone(key)
            : exchange.Request.Headers.Contains(FieldId.Authorization) ? flights.TryJoin(key) ?? flights.Lone(key)
            : flights.JoinOrLead(key);
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
                flights.Land(flight, new FlightResult.Held(latest, false));
                exchange.Stored = latest;
                return;
            }
        }

        exchange.Stored = latest;
        exchange.Part = latest is { Body.Slices: null } ? null : exchange.Part;
        FetchOrder order = new(exchange.Route!, exchange.Upstream, exchange.Key.Own())
        {
            Stored = latest, Part = exchange.Part, AsItCame = exchange.IsAsItCame && latest is null, InClientsCoding = exchange.IsAsItCame,
        };

        // Not awaited on purpose: it never throws, and outlives a leader who leaves while others wait.
        _ = fetcher.RunAsync(flight, order);
    }
}
