namespace Millrace.Delivery.Eviction;

/// <summary>
/// What an <see cref="IEvictionPolicy"/> sees of a stored object, and the room in which it keeps what it knows about it: a store's entry derives from
/// this, so that no operation of a policy allocates. A node that has left may enter again.
/// </summary>
/// <param name="hash">Of the object's key, 64 well-mixed bits: what sketches, ghosts and predictions go by.</param>
internal class EvictionNode(ulong hash)
{
    public ulong Hash { get; } = hash;

    /// <summary>Bytes that the store accounts for the object; settled before it enters.</summary>
    public long Size { get; protected set; }

    /// <summary>What a miss on the object costs beside one on another: the origin's time in milliseconds; 0 where nobody knows. Settled before it enters.</summary>
    public float FetchCost { get; protected set; }

    /// <summary>The cost of a fetch that took so long. None is for nothing.</summary>
    protected static float CostOf(TimeSpan took) => Math.Max((float)took.TotalMilliseconds, 0.001f);

    /// <summary>Whether a policy holds the node now. Changes under the store's lock only.</summary>
    public bool IsHeld => Queue is not null || HeapIndex >= 0;

    // The rest belongs to the policy that holds the node.
    internal EvictionQueue? Queue;
    internal EvictionNode? Newer;
    internal EvictionNode? Older;
    internal int HeapIndex = -1;

    /// <summary>Requests since some moment that the policy chooses, up to a bound that it chooses.</summary>
    internal int Visits;

    /// <summary>The heap's order: least first, among equals the least stamp.</summary>
    internal double Priority;
    internal long Stamp;
}
