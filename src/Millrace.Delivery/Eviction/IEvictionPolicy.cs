namespace Millrace.Delivery.Eviction;

/// <summary>
/// What to keep: who may enter a store of bounded bytes, and who leaves for it. The store owns index and lock, the policy owns order and counters.
/// <para>
/// How a store calls it, all under its own lock, with reads drained first (<see cref="ReadBuffer.Drain"/>):
/// <list type="number">
/// <item>A hit: <see cref="ReadBuffer.Record"/>, without the lock. When it says that a drain is due, try the lock once (<c>TryEnter</c>) and drain.</item>
/// <item>A new object: <c>if (!policy.Admit(node)) { pass it unstored }</c>, then <c>while (policy.Bytes + node.Size &gt; capacity) unindex(policy.Evict(node))</c>,
/// then <c>policy.Insert(node)</c>. Nothing may come between the three, and <c>node.Size</c> is at most the capacity.</item>
/// <item>A new version of an object that is held (another body, a 304's new head): <c>policy.Replace(held, fresh)</c>, which keeps its standing, then
/// <c>while (policy.Bytes &gt; capacity) unindex(policy.Evict(null))</c>; the fresh node itself may be what leaves.</item>
/// <item>An object that must go (purge, invalidation): <c>policy.Remove(node)</c>.</item>
/// </list>
/// </para>
/// <para>No operation allocates beyond amortised growth of tables; all are O(1) or O(log n), amortised; the same calls give the same victims.</para>
/// </summary>
internal interface IEvictionPolicy
{
    /// <summary>Bytes of all nodes held.</summary>
    long Bytes { get; }

    int Count { get; }

    /// <summary>Takes note of a request that missed, and says whether its object may enter in place of those that would leave. Evicts nothing.</summary>
    bool Admit(EvictionNode incoming);

    /// <summary>Chooses who leaves next, and lets go of it. At least one node must be held.</summary>
    /// <param name="incoming">The admitted node that needs room, which is never the answer; null when replacements outgrew the capacity.</param>
    EvictionNode Evict(EvictionNode? incoming);

    /// <summary>Takes a node that was admitted, after room was made.</summary>
    void Insert(EvictionNode node);

    /// <summary>Takes note of a request for a node that is held.</summary>
    void Hit(EvictionNode node);

    /// <summary>Lets go of a node that is held, for a reason that says nothing about its worth.</summary>
    void Remove(EvictionNode node);

    /// <summary>Gives a new version of an object the place and the record of the one held, of which it lets go.</summary>
    void Replace(EvictionNode held, EvictionNode fresh);

    /// <summary>Recounts all internals; adds what does not add up. For tests after a soak.</summary>
    void CheckIntegrity(ICollection<string> faults);
}
