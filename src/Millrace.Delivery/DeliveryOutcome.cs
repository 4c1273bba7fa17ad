namespace Millrace.Delivery;

/// <summary>How a response came about. The wire words are <see cref="DeliveryWords.Wire(DeliveryOutcome)"/>.</summary>
public enum DeliveryOutcome
{
    /// <summary>From the store, fresh.</summary>
    Hit,

    /// <summary>From the origin, by this request.</summary>
    Miss,

    /// <summary>From the store, past its freshness.</summary>
    Stale,

    /// <summary>From the store, after the origin said 304.</summary>
    Revalidated,

    /// <summary>From the origin, the cache standing aside.</summary>
    Bypass,

    /// <summary>From another request's origin response.</summary>
    Collapsed,

    /// <summary>A response of ours that says what went wrong.</summary>
    Error,
}
