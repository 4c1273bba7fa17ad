using Millrace.Delivery.Freshness;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Cacheability;

/// <summary>RFC 9111 §3 for a shared cache, with two rules of prudence: no Set-Cookie, and no guessed freshness for requests with cookies.</summary>
internal static class CacheabilityRules
{
    /// <summary>Final status codes that this cache understands (§3, must-understand). 206 and 304 are handled elsewhere or not at all.</summary>
    private static readonly HashSet<int> Understood =
        [200, 203, 204, 300, 301, 302, 303, 307, 308, 400, 403, 404, 405, 410, 414, 451, 500, 501, 502, 503, 504];

    /// <summary>Why the response to a GET may not be stored, or <see cref="DeliveryReason.None"/>.</summary>
    public static DeliveryReason Judge(HeaderList request, int status, HeaderList response, ResponseDirectives directives, FreshnessRules freshness)
    {
        if (directives.NoStore)
        {
            return DeliveryReason.NoStore;
        }

        if (directives.Private)
        {
            return DeliveryReason.Private;
        }

        if (!Understood.Contains(status))
        {
            return DeliveryReason.Status;
        }

        if (request.Contains(FieldId.Authorization) && !(directives.Public || directives.MustRevalidate || directives.SMaxAge is not null))
        {
            return DeliveryReason.Authorization;
        }

        if (response.Contains(FieldId.SetCookie) || response.Contains(FieldId.SetCookie2))
        {
            return DeliveryReason.SetCookie;
        }

        if (response.Members(FieldId.Vary).Contains("*"u8))
        {
            return DeliveryReason.VaryStar;
        }

        if (!freshness.Explicit && request.Contains(FieldId.Cookie) && !directives.Public)
        {
            return DeliveryReason.Cookie;
        }

        var validator = status == 200 && (response.Contains(FieldId.ETag) || response.Contains(FieldId.LastModified));
        return freshness.Lifetime > TimeSpan.Zero || validator ? DeliveryReason.None : DeliveryReason.NoFreshness;
    }
}
