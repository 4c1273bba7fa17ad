using Millrace.Delivery.Eviction;
using Millrace.Delivery.Keys;

namespace Millrace.Delivery.Storage;

/// <summary>
/// A response that this cache can give to many: a head, and a body that is busy (arriving, read along by any number) or complete (immutable). Those who
/// read it hold it (<see cref="Hold"/>), so that its bytes stay in an account when it leaves the store under a slow reader: in the store's, else in the
/// account of what arrives and lingers.
/// </summary>
internal sealed class CachedObject : EvictionNode
{
    /// <summary>
    /// What an object costs beside its texts and its body: objects, arrays, its slot in the map. An estimate for 64-bit .NET 10, rounded up; nobody has
    /// measured it.
    /// </summary>
    public const int FixedBytes = 768;

    /// <summary>A surrogate key's string, its set and its slot in the index.</summary>
    private const int SurrogateBytes = 192;

    private const int InStore = 1;
    private const int OneHolder = 2;

    private readonly MemoryAccount _account;

    // Bit 0: in the store; above it: how many hold it. One word, so that each byte is in exactly one account whatever races.
    private int _state;

    public CachedObject(ResponseHead head, ObjectBody body, MemoryAccount account)
        : base(head.Key.ShortHash)
    {
        (_account, Head, Body) = (account, head, body);
        if (body.IsComplete)
        {
            Seal();
        }
    }

    /// <summary>What is known of it. A soft purge replaces it by one that is stale, so a reader takes it once.</summary>
    public ResponseHead Head { get; private set; }

    public CacheKey Key => Head.Key;

    public ObjectBody Body { get; }

    /// <summary>Whether the store has it now.</summary>
    public bool IsStored => (Volatile.Read(ref _state) & InStore) != 0;

    /// <summary>The whole body is here.</summary>
    public void Complete()
    {
        Body.Complete();
        Seal();
    }

    /// <summary>Settles what the object costs.</summary>
    private void Seal() => Size = FixedBytes + Head.Key.Bytes.Length + Head.Headers.MemoryBytes + Head.Vary.MemoryBytes
        + Head.SurrogateKeys.Sum(static key => SurrogateBytes + (2L * key.Length)) + Body.MemoryBytes;

    /// <summary>Makes it stale from this age on; false when it is stale already.</summary>
    public bool MakeStale(TimeSpan age)
    {
        var stale = Head.StaleFrom(age);
        var changed = !ReferenceEquals(stale, Head);
        Head = stale;
        return changed;
    }

    /// <summary>Keeps the bytes accounted until <see cref="LetGo"/>; call both equally often.</summary>
    public void Hold()
    {
        if (Interlocked.Add(ref _state, OneHolder) == OneHolder)
        {
            _account.Take(Size);
        }
    }

    public void LetGo()
    {
        if (Interlocked.Add(ref _state, -OneHolder) == 0)
        {
            _account.Return(Size);
        }
    }

    /// <summary>The store takes the bytes into its own account.</summary>
    public void Entered()
    {
        if (Interlocked.Or(ref _state, InStore) >= OneHolder)
        {
            _account.Return(Size);
        }
    }

    /// <summary>The store lets go; readers may not have.</summary>
    public void Left()
    {
        if (Interlocked.And(ref _state, ~InStore) > InStore)
        {
            _account.Take(Size);
        }
    }
}
