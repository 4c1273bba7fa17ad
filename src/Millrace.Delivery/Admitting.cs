using Millrace.Delivery.Origins;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Replies;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;
using Millrace.Delivery.Tiers;

namespace Millrace.Delivery;

/// <summary>The steps before anything is looked up: whether the request is one of ours, and under which key.</summary>
internal sealed class Admitting(DeliveryOptions options, Func<RouteTable> routes, CatchingUp catchingUp, TimeProvider time)
{
    private readonly TierArrivals _arrivals = new(options.Peers);

    /// <summary>Finds the route by host and path.</summary>
    public RequestStep FindRoute(Exchange exchange)
    {
        var request = exchange.Request;
        exchange.Route = routes().Find(request.Authority, request.Target, out var changed);
        if (!changed.IsEmpty)
        {
            request.SetTarget(changed);
        }

        return exchange.Route is not { } route ? exchange.Fail(DeliveryReason.NoRoute, 404)
            : !route.Takes(request.MethodName) ? exchange.Fail(DeliveryReason.MethodNotAllowed, 405)
            : RequestStep.Guard;
    }

    /// <summary>Refuses loops, and drops the fields that never go forward.</summary>
    public RequestStep Guard(Exchange exchange)
    {
        _arrivals.Note(exchange.Request);
        if (OriginFields.HasPassed(exchange.Request, options.Name, options.Instance))
        {
            return exchange.Fail(DeliveryReason.Loop, 508);
        }

        UpstreamFields.Strip(exchange.Request);
        if (!exchange.Route!.ObeyRequestDirectives && (exchange.Request.IsGet || exchange.Request.IsHead))
        {
            exchange.Request.Headers.Remove(FieldId.CacheControl);
            exchange.Request.Headers.Remove(FieldId.Pragma);
        }

        exchange.Route!.RequestFields.Apply(exchange.Request.Headers);
        return RequestStep.Key;
    }

    /// <summary>Takes the tag out, forms the key, and reads what the request asks of caches.</summary>
    public RequestStep FormKey(Exchange exchange)
    {
        var (request, route) = (exchange.Request, exchange.Route!);
        exchange.Key.Begin(request.IsSecure, request.Authority);
        if (route.Signing is { } signing
            && UrlSignature.Verify(signing, exchange.Key.Authority, request.Target, route.TagParameter, time.GetUtcNow()) is var refusal and not DeliveryReason.None)
        {
            exchange.Key.Clear();
            return exchange.Fail(refusal, 403);
        }

        exchange.Tag = route.Rewrite.Write(request.Target, exchange.Key.Writer);
        exchange.Directives = RequestDirectives.Parse(request.Headers);
        var reason = ReasonToPass(exchange);
        if (reason != DeliveryReason.None && !exchange.OnlyIfCached)
        {
            return exchange.Pass(reason);
        }

        if (route.AskPlain)
        {
            exchange.TakeCodings();
        }

        return exchange.Mark is null ? RequestStep.LookUp : RequestStep.CatchUp;
    }

    /// <summary>Waits until the purges that the peer who asks has obeyed are obeyed here too.</summary>
    public async ValueTask<RequestStep> CatchUpAsync(Exchange exchange, CancellationToken aborted)
    {
        var hop = exchange.Request.Tier!.Value;
        exchange.HasReachedMark = await catchingUp.ReachAsync(hop.Purges!.Value, hop.IsByPeer, hop.Timeout, aborted);
        return RequestStep.LookUp;
    }

    /// <summary>Why no copy can answer the request, or <see cref="DeliveryReason.None"/>.</summary>
    private static DeliveryReason ReasonToPass(Exchange exchange)
    {
        var request = exchange.Request;
        return !exchange.Route!.Cacheable ? DeliveryReason.NotCacheable
            : !request.IsGet && !request.IsHead ? DeliveryReason.Method
            : request.Body is not null || request.Headers.Contains(FieldId.IfMatch) || request.Headers.Contains(FieldId.IfUnmodifiedSince) ? DeliveryReason.RequestForm
            : exchange.Directives.NoStore ? DeliveryReason.RequestNoStore
            : DeliveryReason.None;
    }
}
