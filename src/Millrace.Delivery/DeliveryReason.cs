namespace Millrace.Delivery;

/// <summary>Why a response was not stored, not served from memory, or failed: one closed set for Cache-Status, problems, logs, metrics and the sink.</summary>
public enum DeliveryReason
{
    /// <summary>Nothing to explain.</summary>
    None,

    /// <summary>The method is not GET or HEAD.</summary>
    Method,

    /// <summary>The request said no-store.</summary>
    RequestNoStore,

    /// <summary>The request asked for validation (no-cache, max-age, min-fresh).</summary>
    RequestDirective,

    /// <summary>A GET with a body, or with If-Match or If-Unmodified-Since.</summary>
    RequestForm,

    /// <summary>A range of an object that is not held.</summary>
    Range,

    /// <summary>HEAD of an object that is not held.</summary>
    Head,

    /// <summary>The object was lately found uncacheable.</summary>
    HitForMiss,

    /// <summary>The route stores nothing.</summary>
    NotCacheable,

    /// <summary>The response said no-store.</summary>
    NoStore,

    /// <summary>The response said private.</summary>
    Private,

    /// <summary>The request was authorized and the response does not say that others may have it (RFC 9111 §3.5).</summary>
    Authorization,

    /// <summary>The response sets a cookie.</summary>
    SetCookie,

    /// <summary>The request had cookies and the response states no freshness.</summary>
    Cookie,

    /// <summary>Vary: *.</summary>
    VaryStar,

    /// <summary>The status code is not one whose caching is understood.</summary>
    Status,

    /// <summary>Neither freshness nor validator.</summary>
    NoFreshness,

    /// <summary>The body passes MaxObjectBytes.</summary>
    TooLarge,

    /// <summary>Bodies that arrive or linger fill FillBytes: this one was not kept.</summary>
    NoRoom,

    /// <summary>More surrogate keys than are indexed.</summary>
    TooManyKeys,

    /// <summary>A purge came after the origin request began.</summary>
    Purged,

    /// <summary>Served stale while another request revalidates (RFC 5861 §3).</summary>
    WhileRevalidate,

    /// <summary>The request accepts a stale copy (max-stale).</summary>
    MaxStale,

    /// <summary>Waiting for another's request took longer than CollapseWait.</summary>
    CollapseWait,

    /// <summary>Purges have been out of touch for longer than their lease, so the copy may have been voided.</summary>
    Unverified,

    /// <summary>A hit whose head came from the disk tier.</summary>
    Disk,

    /// <summary>More access log lines than MaxQueued wait, or the disk refused one.</summary>
    AccessLog,

    /// <summary>No route matches.</summary>
    NoRoute,

    /// <summary>The request has passed here before (RFC 8586).</summary>
    Loop,

    /// <summary>The route does not take the method.</summary>
    MethodNotAllowed,

    /// <summary>The route wants signed URLs, and this one is not.</summary>
    SignatureMissing,

    /// <summary>The URL's signature is by none of the route's keys.</summary>
    SignatureInvalid,

    /// <summary>The URL's signature was good until a time that is past.</summary>
    SignatureExpired,

    /// <summary>only-if-cached and nothing usable is held.</summary>
    OnlyIfCached,

    /// <summary>More than MaxRequests in hand.</summary>
    Overloaded,

    /// <summary>The request is malformed.</summary>
    BadRequest,

    /// <summary>The request's head passes the front door's bounds.</summary>
    HeadTooLarge,

    /// <summary>The request's body passes the front door's bound.</summary>
    BodyTooLarge,

    /// <summary>The client sends, or takes what is sent, too slowly.</summary>
    SlowClient,

    /// <summary>More connections than the front door takes, or than it takes from one client.</summary>
    TooManyConnections,

    /// <summary>More HTTP/2 control frames than a connection may send.</summary>
    TooManyFrames,

    /// <summary>No connection to the origin.</summary>
    OriginUnreachable,

    /// <summary>The origin took too long.</summary>
    OriginTimeout,

    /// <summary>The origin answered 500, 502, 503 or 504.</summary>
    OriginError,

    /// <summary>The origin's response is malformed or ended early.</summary>
    OriginBroken,

    /// <summary>Every connection to the origin was in use for as long as a request may wait.</summary>
    OriginBusy,

    /// <summary>The origin is not asked for the moment: nearly everything failed.</summary>
    OriginCircuitOpen,

    /// <summary>The origin has another representation than the one whose parts were being put together.</summary>
    Changed,

    /// <summary>The client went away.</summary>
    ClientGone,

    /// <summary>A fault of ours.</summary>
    Internal,
}
