namespace Millrace.Delivery.Routes;

/// <summary>What a route promises when its origin cannot confirm a stale copy (DESIGN §2).</summary>
public enum ContractKind
{
    /// <summary>Serve the stale copy, however old, and say so in <c>Cache-Status</c>.</summary>
    Available,

    /// <summary>Serve the stale copy at most a stated time past its freshness.</summary>
    Bounded,

    /// <summary>Revalidate or fail.</summary>
    Strict,
}
