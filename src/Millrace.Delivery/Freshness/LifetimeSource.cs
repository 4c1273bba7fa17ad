namespace Millrace.Delivery.Freshness;

/// <summary>What a freshness lifetime was taken from.</summary>
internal enum LifetimeSource
{
    /// <summary>Nothing: there is none.</summary>
    None,

    /// <summary>s-maxage.</summary>
    SMaxage,

    /// <summary>max-age.</summary>
    MaxAge,

    /// <summary>Expires.</summary>
    Expires,

    /// <summary>A guess from Last-Modified (RFC 9111 §4.2.2).</summary>
    Heuristic,

    /// <summary>The route's own rules.</summary>
    Route,

    /// <summary>A soft purge cut it.</summary>
    Purge,
}
