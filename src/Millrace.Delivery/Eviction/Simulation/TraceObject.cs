namespace Millrace.Delivery.Eviction.Simulation;

/// <summary>An object of a trace, as a policy sees it.</summary>
internal sealed class TraceObject : EvictionNode
{
    public TraceObject(ulong hash, long size)
        : base(hash) => Size = size;

    /// <summary>The present request for it.</summary>
    public long Used { get; set; }

    /// <summary>The next request for it, for policies that know the future; <see cref="long.MaxValue"/> when there is none.</summary>
    public long NextUse { get; set; }
}
