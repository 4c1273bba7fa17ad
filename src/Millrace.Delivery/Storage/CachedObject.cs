using Millrace.Delivery.Keys;

namespace Millrace.Delivery.Storage;

/// <summary>
/// A response that this cache can give to many: a head, and a body that is busy (arriving, read along by any number), complete in memory (immutable), or
/// in slices of which some are in memory, some on disk and some at the origin.
/// </summary>
internal sealed class CachedObject : StoredNode
{
    /// <summary>The node, its head, the key and the body, without their arrays. This and what follows: <c>bench store-memory</c>, docs/results/delivery.md.</summary>
    private const int ObjectBytes = 120 + 232 + 40 + 40 + 56;

    /// <summary>In the index: the map's node, the array of variants, and a share of the buckets.</summary>
    private const int IndexBytes = 64 + 32 + 12;

    /// <summary>At the policy: a place in its heap, and four words of its sketch, each with the room to grow.</summary>
    private const int PolicyBytes = 10 + 42;

    /// <summary>A surrogate key's set and its slot in the index, as if no other object bore it; its place in the head.</summary>
    private const int SurrogateBytes = 240;

    public CachedObject(ResponseHead head, ObjectBody body, MemoryAccount account)
        : base(head.Key.ShortHash, new Residence(account))
    {
        (Head, Body) = (head, body);
        if (body.IsComplete)
        {
            Seal();
            Residence.Bytes = Size;
        }
    }

    /// <summary>A new head over the bytes of another object, which stay in the account that they are in.</summary>
    public CachedObject(ResponseHead head, CachedObject original)
        : base(head.Key.ShortHash, original.Residence)
    {
        (Head, Body, FetchCost) = (head, original.Body, original.FetchCost);
        Seal();
    }

    /// <summary>What is known of it. A soft purge replaces it by one that is stale, so a reader takes it once.</summary>
    public ResponseHead Head { get; private set; }

    public CacheKey Key => Head.Key;

    public ObjectBody Body { get; }

    /// <summary>Makes it stale from this age on; false when it is stale already.</summary>
    public bool MakeStale(TimeSpan age)
    {
        var stale = Head.StaleFrom(age);
        var changed = !ReferenceEquals(stale, Head);
        Head = stale;
        return changed;
    }

    /// <summary>The whole body is here, after so long a fetch, if anybody knows.</summary>
    public void Complete(TimeSpan? took)
    {
        Body.Complete();
        Seal();
        Residence.Bytes = Size;
        FetchCost = took is { } known ? CostOf(known) : 0;
    }

    /// <summary>Settles what the object costs: within a twentieth of what it takes, and more where it shares surrogate keys with others.</summary>
    private void Seal() => Size = ObjectBytes + IndexBytes + PolicyBytes + MemoryCost.OfArray(Head.Key.Bytes.Length) + Head.Headers.MemoryBytes + Head.Vary.MemoryBytes
        + Head.SurrogateKeys.Sum(static key => SurrogateBytes + MemoryCost.OfArray(2L * key.Length)) + Body.MemoryBytes;
}
