namespace Millrace.Delivery.Routes;

/// <summary>What becomes of answers that set cookies (decision 0011).</summary>
public enum SetCookieRule
{
    /// <summary>They go to the one who asked, and are not stored.</summary>
    Pass,

    /// <summary>They are stored without the field, which goes to the one who asked, as if the origin had said <c>private="Set-Cookie"</c>.</summary>
    Strip,

    /// <summary>They are stored whole, as RFC 9111 §7.3 permits: everybody gets the cookies that one request brought about.</summary>
    Store,
}
