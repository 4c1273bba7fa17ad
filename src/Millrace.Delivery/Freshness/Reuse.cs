namespace Millrace.Delivery.Freshness;

/// <summary>What may be done with a stored response for one request.</summary>
internal enum Reuse
{
    /// <summary>Serve it: fresh.</summary>
    Fresh,

    /// <summary>Serve it though stale: the request said max-stale.</summary>
    MaxStale,

    /// <summary>Serve it stale and revalidate behind the reply (RFC 5861 §3).</summary>
    StaleWhileRevalidate,

    /// <summary>Ask the origin first, since it is stale.</summary>
    Revalidate,

    /// <summary>Ask the origin first, since the request wants so.</summary>
    RevalidateOnRequest,
}
