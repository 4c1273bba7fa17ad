using Millrace.Delivery.Requests;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Cacheability;

/// <summary>Whether a head may be kept: RFC 9111 §3, then this cache's own bounds.</summary>
internal static class StorageRules
{
    /// <summary>Why the response may not be stored, or <see cref="DeliveryReason.None"/>.</summary>
    /// <param name="sent">The fields that the origin saw.</param>
    /// <param name="head">The head, with all that the origin said.</param>
    /// <param name="length">The body's length in bytes, if known.</param>
    /// <param name="maxBytes">The largest body that is kept.</param>
    public static DeliveryReason Judge(HeaderList sent, ResponseHead head, long? length, long maxBytes)
    {
        var reason = CacheabilityRules.Judge(sent, head.Status, head.Headers, head.Directives, head.Freshness, head.MayHaveCookies);
        return reason != DeliveryReason.None ? reason
            : length > maxBytes ? DeliveryReason.TooLarge
            : head.SurrogateKeys.Length > SurrogateKeys.Max ? DeliveryReason.TooManyKeys
            : DeliveryReason.None;
    }

    /// <summary>Whether a refusal comes of who asked and not of what was answered: it says nothing about the copy that others may have.</summary>
    public static bool IsOfTheRequest(DeliveryReason reason) => reason is DeliveryReason.Authorization or DeliveryReason.Cookie;
}
