using Millrace.Delivery.Freshness;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Cacheability;

/// <summary>
/// RFC 9111 §3 for a shared cache, with three rules of prudence: no Set-Cookie (unless the origin excepts the field from what is stored, or the route
/// says otherwise), no guessed freshness for requests with cookies, and no answer that speaks of one request rather than of the resource (decision 0011).
/// </summary>
internal static class CacheabilityRules
{
    /// <summary>Final status codes whose rules for caches this cache knows and obeys (§3, must-understand). 206 and 304 are handled elsewhere.</summary>
    private static readonly HashSet<int> Understood =
        [200, 203, 204, 300, 301, 302, 303, 307, 308, 400, 403, 404, 405, 410, 414, 451, 500, 501, 502, 503, 504];

    /// <summary>
    /// Status codes that say something of this request, its client or its connection. Kept for others, they would lend one client's trouble, or
    /// attack, to all ("cache-poisoned denial of service", Nguyen et al., CCS 2019).
    /// </summary>
    private static readonly HashSet<int> OfOneRequest = [401, 407, 408, 411, 412, 413, 415, 416, 417, 421, 425, 426, 428, 429, 431, 511];

    /// <summary>Why the response to a GET may not be stored, or <see cref="DeliveryReason.None"/>.</summary>
    /// <param name="request">The fields that the origin saw.</param>
    /// <param name="status">The status.</param>
    /// <param name="response">The fields that would be stored.</param>
    /// <param name="directives">What the response says to this cache.</param>
    /// <param name="freshness">How long it is fresh.</param>
    /// <param name="mayHaveCookies">Whether the route stores what sets cookies.</param>
    public static DeliveryReason Judge(
        HeaderList request, int status, HeaderList response, ResponseDirectives directives, FreshnessRules freshness, bool mayHaveCookies = false)
    {
        var understood = Understood.Contains(status);
        if (directives.NoStore && !(directives.MustUnderstand && understood))
        {
            // §5.2.2.3: one who understands the status may overlook a no-store that stands there for those who do not.
            return DeliveryReason.NoStore;
        }

        if (directives.Private)
        {
            return DeliveryReason.Private;
        }

        if (status is < 200 or 206 or 304 or > 599 || OfOneRequest.Contains(status) || (directives.MustUnderstand && !understood))
        {
            return DeliveryReason.Status;
        }

        if (request.Contains(FieldId.Authorization) && !(directives.Public || directives.MustRevalidate || directives.SMaxAge is not null))
        {
            return DeliveryReason.Authorization;
        }

        if (response.Contains(FieldId.SetCookie) && !mayHaveCookies)
        {
            return DeliveryReason.SetCookie;
        }

        if (VariesByAnything(response))
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

    /// <summary>
    /// Whether Vary has a <c>*</c>, or a member that is no field's name (<c>Accept-Encoding; User-Agent</c> is seen): nobody knows what it varies by then,
    /// and taken for the name of a field that no request has, it would select for everybody.
    /// </summary>
    private static bool VariesByAnything(HeaderList response)
    {
        foreach (var member in response.Members(FieldId.Vary))
        {
            if (member.SequenceEqual("*"u8) || !Syntax.IsToken(member))
            {
                return true;
            }
        }

        return false;
    }
}
