using Millrace.Delivery.Cacheability;
using Millrace.Delivery.Keys;
using Millrace.Delivery.Origins;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Replies;

/// <summary>
/// What a 200 to a HEAD does to the copies that a GET in its place could have got (RFC 9111 §4.3.5): it renews those that it describes, and makes stale
/// those that it contradicts, in memory and on disk. What it says to one person alone says nothing of them.
/// </summary>
internal sealed class HeadUpdate(DeliveryOptions options, MemoryStore store, DiskShelf disk, PurgeLog purges, TimeProvider time)
{
    /// <summary>The moment to note before the HEAD is sent.</summary>
    public Beginning Now => purges.Now;

    /// <summary>Applies the answer, which itself goes to its client as it came.</summary>
    /// <param name="key">The key that was asked for.</param>
    /// <param name="route">Its route.</param>
    /// <param name="request">The HEAD as the origin saw it.</param>
    /// <param name="response">Its 200.</param>
    /// <param name="began">When it was sent.</param>
    public void Apply(CacheKey key, Route route, UpstreamRequest request, OriginResponse response, Beginning began)
    {
        foreach (var copy in store.VariantsOf(key))
        {
            if (copy.Body.IsComplete && copy.Head.Vary.Matches(request.Headers))
            {
                Apply(copy, route, request, response, began);
            }
        }
    }

    private void Apply(CachedObject copy, Route route, UpstreamRequest request, OriginResponse response, Beginning began)
    {
        var describes = Refreshing.Describes(copy.Head, copy.Body.Length!.Value, response.Headers);
        var head = describes ? Refreshing.Refresh(copy.Head, route, response.Headers, request.Headers, response.Arrival, began) : copy.Head.StaleFrom(copy.Head.Age(time));
        if (!describes && (ReferenceEquals(head, copy.Head) || IsOfTheRequest(copy.Key, route, request, response, began)))
        {
            // It is stale already, or was contradicted by what is one person's own.
            return;
        }

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

    /// <summary>Whether a GET's answer with these fields would be kept from others because of who asked.</summary>
    private static bool IsOfTheRequest(CacheKey key, Route route, UpstreamRequest request, OriginResponse response, Beginning began)
    {
        var head = ResponseHead.Of(key, route, 200, response.Headers, request.Headers, response.Arrival, began);
        return StorageRules.IsOfTheRequest(StorageRules.Judge(request.Headers, head, null, long.MaxValue));
    }
}
