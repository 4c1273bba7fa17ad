using Millrace.Delivery.Cacheability;
using Millrace.Delivery.Origins;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Replies;

/// <summary>What a 200 to a HEAD does to the copy that a GET would get (RFC 9111 §4.3.5): it renews the one it describes, and makes any other stale.</summary>
internal sealed class HeadUpdate(DeliveryOptions options, MemoryStore store, MemoryAccount account, PurgeLog purges, TimeProvider time)
{
    /// <summary>The moment to note before the HEAD is sent.</summary>
    public Beginning Now => purges.Now;

    /// <summary>Applies the answer; returns the renewed copy, or null when the copy was not renewed.</summary>
    /// <param name="copy">The copy.</param>
    /// <param name="request">The HEAD as the origin saw it.</param>
    /// <param name="response">Its 200.</param>
    /// <param name="began">When it was sent.</param>
    public CachedObject? Apply(CachedObject copy, UpstreamRequest request, OriginResponse response, Beginning began)
    {
        if (!copy.Body.IsComplete)
        {
            return null;
        }

        if (!Refreshing.Describes(copy.Head, copy.Body.Length ?? -1, response.Headers))
        {
            store.Put(new CachedObject(copy.Head.StaleFrom(copy.Head.Age(time)), copy.Body, account), supersedes: copy);
            return null;
        }

        var head = Refreshing.Refresh(copy.Head, response.Headers, request.Headers, response.Arrival, began);
        var reason = StorageRules.Judge(request.Headers, head, copy.Body.Length, options.MaxObjectBytes);
        if (reason != DeliveryReason.None)
        {
            if (!StorageRules.IsOfTheRequest(reason))
            {
                store.Drop(copy);
            }

            return null;
        }

        CachedObject renewed = new(head, copy.Body, account);
        return store.Put(renewed, supersedes: copy) ? renewed : null;
    }
}
