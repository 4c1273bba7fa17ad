namespace Millrace.Delivery.Purge;

/// <summary>What purges since its beginning have made of a response.</summary>
internal enum PurgeVerdict
{
    /// <summary>Nothing.</summary>
    Untouched,

    /// <summary>It is stale since it came (a soft purge): kept to be validated, and never shared on its way.</summary>
    Stale,

    /// <summary>It is no more.</summary>
    Void,
}
