namespace Millrace.Delivery.Eviction;

/// <summary>Makes policies.</summary>
internal static class EvictionPolicies
{
    /// <param name="kind">Which one.</param>
    /// <param name="capacityBytes">The bytes that the store may hold.</param>
    /// <param name="demand">What the default asks for predictions; the others know nothing of them.</param>
    public static IEvictionPolicy Create(EvictionKind kind, long capacityBytes, IDemand? demand = null) => kind switch
    {
        EvictionKind.Lru => new LruPolicy(),
        EvictionKind.Fifo => new FifoPolicy(),
        EvictionKind.Sieve => new SievePolicy(),
        EvictionKind.S3Fifo => new S3FifoPolicy(capacityBytes),
        EvictionKind.Gdsf => new GdsfPolicy(),
        EvictionKind.WTinyLfu => new WTinyLfuPolicy(capacityBytes),
        EvictionKind.Default => new DefaultPolicy(capacityBytes, demand),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such policy"),
    };
}
