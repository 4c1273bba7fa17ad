using Millrace.Delivery.Freshness;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Replies;

/// <summary>What a held copy is good for now: RFC 9111's rules and the contract (<see cref="ReuseRules"/>), and whether purges reach us.</summary>
internal sealed class Stale(PurgeTouch touch, PurgeLog purges, ReplyWriter replies, TimeProvider time)
{
    public Reuse Judge(ResponseHead head, Exchange exchange)
    {
        if (IsInDoubt(head, exchange) || IsForbidden(head, exchange.Route!))
        {
            return Reuse.Revalidate;
        }

        var reuse = ReuseRules.Judge(head.Directives, head.Freshness.Lifetime, head.Age(time), exchange.Directives, exchange.Route!.Contract);

        // A peer that has obeyed a purge would take what a soft one made stale for fresh: its freshness is in the fields, and they do not tell.
        return exchange.Mark is not null && reuse != Reuse.Fresh ? Reuse.Revalidate : reuse;
    }

    /// <summary>Whether purges may have been missed that the route's contract, or the peer that asks, must not be given a copy against.</summary>
    public bool IsInDoubt(ResponseHead head, Exchange exchange) =>
        IsOutOfTouch(head, exchange.Route!) || (exchange.Mark is { } mark && !exchange.HasReachedMark && head.Began.Heard?.Covers(mark) != true);

    /// <summary>Whether a purge has been acknowledged that takes the copy from everybody.</summary>
    public bool IsVoid(ResponseHead head) => purges.Judge(head.Began, head.Key, head.SurrogateKeys) == PurgeVerdict.Void;

    /// <summary>Whether the copy's lifetime has not run out; a request or a contract may want more than that.</summary>
    public bool IsFresh(ResponseHead head) => head.Age(time) < head.Freshness.Lifetime;

    /// <summary>Whether purges may have been missed, so that the copy is good for <c>available</c> routes only.</summary>
    public bool IsUnverified(ResponseHead head) => touch.IsUnverified(head.Began);

    /// <summary>Whether the route's contract forbids the copy because purges may have been missed (DESIGN §2).</summary>
    public bool IsOutOfTouch(ResponseHead head, Route route) => route.Contract.Kind != ContractKind.Available && IsUnverified(head);

    /// <summary>Whether the copy sets cookies that its route, changed since, would not store any more.</summary>
    private static bool IsForbidden(ResponseHead head, Route route) => head.Headers.Contains(FieldId.SetCookie) && route.SetCookie != SetCookieRule.Store;

    /// <summary>Lets the copy stand in for an origin that failed, where its directives and the contract allow.</summary>
    public async ValueTask<bool> TryServeAsync(
        Exchange exchange, CachedObject stored, DeliveryReason reason, int? originStatus, CancellationToken aborted)
    {
        var (head, route) = (stored.Head, exchange.Route!);
        if (!ReuseRules.MayServeOnError(head.Status, head.Directives, head.Freshness.Lifetime, head.Age(time), route.Contract)
            || IsOutOfTouch(head, route)
            || exchange.Mark is not null
            || IsForbidden(head, route)
            || IsVoid(head))
        {
            return false;
        }

        exchange.Outcome = DeliveryOutcome.Stale;
        exchange.Verdict = exchange.Verdict with { ForwardStatus = originStatus, Detail = IsUnverified(head) ? DeliveryReason.Unverified : reason };
        await replies.StoredAsync(exchange, stored, validated: false, aborted);
        return true;
    }
}
