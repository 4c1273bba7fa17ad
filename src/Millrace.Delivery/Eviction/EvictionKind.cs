namespace Millrace.Delivery.Eviction;

/// <summary>The policies that a store can be given.</summary>
internal enum EvictionKind
{
    /// <summary>Ours: knows size, fetch cost and predicted demand, and tunes itself (docs/decisions/0012).</summary>
    Default,
    Lru,
    Fifo,
    Sieve,
    S3Fifo,
    Gdsf,
    WTinyLfu,
}
