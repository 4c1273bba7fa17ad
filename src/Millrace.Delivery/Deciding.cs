using Millrace.Delivery.Coalescing;
using Millrace.Delivery.Freshness;
using Millrace.Delivery.Replies;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery;

/// <summary>The steps that find a copy, in memory or on disk, and decide what becomes of the request.</summary>
internal sealed class Deciding(MemoryStore store, DiskShelf disk, Stale stale, Boarder boarder, Renewals renewals)
{
    public RequestStep LookUp(Exchange exchange)
    {
        exchange.Stored = store.Find(exchange.Key, exchange.Fields);
        if (exchange.Stored is { } stored)
        {
            exchange.Hold(stored);
            return RequestStep.Judge;
        }

        return disk.Objects?.MayHave(exchange.Key) == true ? RequestStep.Recall : Forward(exchange);
    }

    /// <summary>Brings what the disk has back to memory, unless something came there meanwhile.</summary>
    public async ValueTask<RequestStep> RecallAsync(Exchange exchange, CancellationToken aborted)
    {
        if (await FindOnDiskAsync(exchange, tidies: true, aborted) is not { } recalled)
        {
            return Forward(exchange);
        }

        return store.Recall(recalled) is { } current ? Found(exchange, current, recalled) : Forward(exchange);
    }

    /// <summary>Finds what the disk has, and leaves it there.</summary>
    public async ValueTask<RequestStep> PeekAsync(Exchange exchange, CancellationToken aborted) =>
        await FindOnDiskAsync(exchange, tidies: false, aborted) is { } lying ? Found(exchange, lying, lying) : Forward(exchange);

    /// <summary>Serves the copy when it may be reused; else notes in the verdict why the request goes on.</summary>
    public RequestStep Judge(Exchange exchange)
    {
        var stored = exchange.Stored!;
        var reuse = stale.Judge(stored.Head, exchange);
        switch (reuse)
        {
            case Reuse.Fresh:
                exchange.Outcome = DeliveryOutcome.Hit;
                exchange.Verdict = new CacheStatus { Hit = true, Detail = stale.IsUnverified(stored.Head) ? DeliveryReason.Unverified : exchange.Verdict.Detail };
                return RequestStep.Serve;

            case Reuse.MaxStale or Reuse.StaleWhileRevalidate:
                exchange.Outcome = DeliveryOutcome.Stale;
                exchange.Verdict = new CacheStatus { Hit = true, Detail = reuse == Reuse.MaxStale ? DeliveryReason.MaxStale : DeliveryReason.WhileRevalidate };
                return reuse == Reuse.MaxStale ? RequestStep.Serve : RequestStep.ServeAndRenew;

            default:
                // "request" is for a fresh response that the request did not want (RFC 9211 §2.2).
                exchange.Verdict = reuse == Reuse.RevalidateOnRequest
                    ? new CacheStatus { Forward = stale.IsFresh(stored.Head) ? "request" : "stale", Detail = DeliveryReason.RequestDirective }
                    : new CacheStatus { Forward = "stale", Detail = stale.IsInDoubt(stored.Head, exchange) ? DeliveryReason.Unverified : DeliveryReason.None };
                return Forward(exchange);
        }
    }

    public RequestStep Renew(Exchange exchange)
    {
        renewals.Begin(exchange, exchange.Stored!);
        return RequestStep.Serve;
    }

    /// <summary>The origin has another representation than the copy's by now: as if there had been none.</summary>
    public RequestStep Forget(Exchange exchange)
    {
        (exchange.Stored, exchange.Verdict) = (null, default);
        return Forward(exchange);
    }

    private ValueTask<CachedObject?> FindOnDiskAsync(Exchange exchange, bool tidies, CancellationToken aborted) =>
        disk.Objects?.RecallAsync(exchange.Key, exchange.Fields, exchange.Route!, tidies, aborted) ?? ValueTask.FromResult<CachedObject?>(null);

    private static RequestStep Found(Exchange exchange, CachedObject stored, CachedObject fromDisk)
    {
        exchange.Stored = stored;
        exchange.Hold(stored);
        exchange.Verdict = new CacheStatus { Detail = stored == fromDisk ? DeliveryReason.Disk : DeliveryReason.None };
        return RequestStep.Judge;
    }

    /// <summary>Which way a request goes that no copy can answer at once.</summary>
    private RequestStep Forward(Exchange exchange)
    {
        var request = exchange.Request;
        if (exchange.OnlyIfCached)
        {
            exchange.Verdict = default;
            return exchange.Fail(DeliveryReason.OnlyIfCached, 504);
        }

        exchange.Verdict = exchange.Verdict with { Forward = exchange.Verdict.Forward ?? MissOf(exchange) };
        return request.IsHead ? exchange.Pass(DeliveryReason.Head)
            : request.Headers.Contains(FieldId.Range) && !boarder.MayShareRanges(exchange) ? exchange.Pass(DeliveryReason.Range)
            : boarder.IsMarked(exchange) ? exchange.FetchAsItCame()
            : RequestStep.Fetch;
    }

    /// <summary>What is missing (RFC 9211 §2.2): the disk knows keys by their hashes and not what they vary by, so where it may have one nobody can tell.</summary>
    private string MissOf(Exchange exchange) =>
        store.Has(exchange.Key) ? "vary-miss" : disk.Objects?.MayHave(exchange.Key) == true ? "miss" : "uri-miss";
}
