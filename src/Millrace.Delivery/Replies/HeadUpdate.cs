using Millrace.Delivery.Cacheability;
using Millrace.Delivery.Origins;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Replies;

/// <summary>What a 200 to a HEAD does to the copy that a GET would get (RFC 9111 §4.3.5): it renews the one that it describes, and makes stale the one that it contradicts.</summary>
internal sealed class HeadUpdate(DeliveryOptions options, MemoryStore store, DiskShelf disk, PurgeLog purges, TimeProvider time)
{
    /// <summary>The moment to note before the HEAD is sent.</summary>
    public Beginning Now => purges.Now;

    /// <summary>Applies the answer, which itself goes to its client as it came.</summary>
    /// <param name="copy">The copy.</param>
    /// <param name="route">Its route.</param>
    /// <param name="request">The HEAD as the origin saw it.</param>
    /// <param name="response">Its 200.</param>
    /// <param name="began">When it was sent.</param>
    public void Apply(CachedObject copy, Route route, UpstreamRequest request, OriginResponse response, Beginning began)
    {
        if (!copy.Body.IsComplete || Refreshing.Describes(copy.Head, copy.Body.Length ?? -1, response.Headers) is not { } describes)
        {
            return;
        }

        var head = describes ? Refreshing.Refresh(copy.Head, route, response.Headers, request.Headers, response.Arrival, began) : copy.Head.StaleFrom(copy.Head.Age(time));
        var length = copy.Body.Slices is null ? copy.Body.Length : null;
        var reason = describes ? StorageRules.Judge(request.Headers, head, length, route.MaxObjectBytes ?? options.MaxObjectBytes) : DeliveryReason.None;
        if (reason == DeliveryReason.None)
        {
            CachedObject updated = new(head, copy);
            store.Put(updated, out var isVoid, supersedes: copy);
            if (!isVoid)
            {
                disk.Objects?.Renew(updated);
            }
        }
        else if (!StorageRules.IsOfTheRequest(reason))
        {
            store.Drop(copy);
            disk.Objects?.Remove(copy.Key);
        }
    }
}
