namespace Millrace.Delivery.Observing;

/// <summary>What the plane knows of a URL, and what it would do with a request for it now: found by walking the request's own steps, up to the answer.</summary>
public sealed record CacheExplanation
{
    /// <summary>The URL's key.</summary>
    public required string Key { get; init; }

    /// <summary>Its name in records and logs.</summary>
    public required ulong KeyHash { get; init; }

    /// <summary>The pattern of the route, or null when none matches.</summary>
    public required string? Route { get; init; }

    /// <summary>The route's contract: available, bounded, strict; null without a route.</summary>
    public required string? Contract { get; init; }

    /// <summary>How far past freshness the contract lets a copy go; null for as far as it takes.</summary>
    public required TimeSpan? ContractPast { get; init; }

    /// <summary>What its route does with answers that set cookies: pass, strip, store; null without a route.</summary>
    public required string? SetCookie { get; init; }

    /// <summary>What a request would get: serve, serveAndRenew, fetch, pass or fail.</summary>
    public required string Now { get; init; }

    /// <summary>Why it would not be a plain hit or miss.</summary>
    public required DeliveryReason Reason { get; init; }

    /// <summary>Why its last answer was not stored, while that is remembered.</summary>
    public required DeliveryReason NotStored { get; init; }

    /// <summary>How many purges this node has obeyed: the control offset that comes next.</summary>
    public required long PurgesObeyed { get; init; }

    /// <summary>The copies that are held, newest first.</summary>
    public required IReadOnlyList<HeldExplanation> Held { get; init; }
}

/// <summary>What is known of one copy.</summary>
public sealed record HeldExplanation
{
    /// <summary>Where: memory.</summary>
    public required string Tier { get; init; }

    /// <summary>Whether the request that was asked about selects it.</summary>
    public required bool Selected { get; init; }

    /// <summary>Its status.</summary>
    public required int Status { get; init; }

    /// <summary>Bytes that it takes, with overhead.</summary>
    public required long Bytes { get; init; }

    /// <summary>Since when.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>Fresh until when; in the past when it is stale.</summary>
    public required DateTimeOffset FreshUntil { get; init; }

    /// <summary>Its age (RFC 9111 §4.2.3).</summary>
    public required TimeSpan Age { get; init; }

    /// <summary>Its freshness lifetime.</summary>
    public required TimeSpan Lifetime { get; init; }

    /// <summary>Where the lifetime comes from: sMaxage, maxAge, expires, heuristic, none; route, where its rules changed it; purge, where a soft one cut it.</summary>
    public required string LifetimeFrom { get; init; }

    /// <summary>The request fields that it varies by, with the values that select it.</summary>
    public required IReadOnlyList<KeyValuePair<string, string?>> Vary { get; init; }

    /// <summary>Its purge tags.</summary>
    public required IReadOnlyList<string> SurrogateKeys { get; init; }

    /// <summary>Its entity tag, or null.</summary>
    public required string? ETag { get; init; }

    /// <summary>When its content was last changed, as the origin says, or null.</summary>
    public required string? LastModified { get; init; }

    /// <summary>The control offset at which its origin request began: a purge from there on is news to it.</summary>
    public required long Began { get; init; }

    /// <summary>What purges since have made of it: untouched, stale or void.</summary>
    public required string Purged { get; init; }

    /// <summary>Whether purges may have been missed.</summary>
    public required bool Unverified { get; init; }
}
