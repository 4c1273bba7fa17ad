using Millrace.Delivery.Eviction;

namespace Millrace.Delivery.Storage;

/// <summary>
/// What the memory tier keeps and lets go as a whole: an object, or a slice of a large one. Those who read it hold it (<see cref="Hold"/>), so that its
/// bytes stay in an account when it leaves the store under a slow reader: in the store's, else in the account of what arrives and lingers.
/// </summary>
internal abstract class StoredNode(ulong hash, MemoryAccount account) : EvictionNode(hash)
{
    private const int InStore = 1;
    private const int OneHolder = 2;

    // Bit 0: in the store; above it: how many hold it. One word, so that each byte is in exactly one account whatever races.
    private int _state;

    /// <summary>Whether the store has it now.</summary>
    public bool IsStored => (Volatile.Read(ref _state) & InStore) != 0;

    /// <summary>Keeps the bytes accounted until <see cref="LetGo"/>; call both equally often.</summary>
    public void Hold()
    {
        if (Interlocked.Add(ref _state, OneHolder) == OneHolder)
        {
            account.Take(Size);
        }
    }

    public void LetGo()
    {
        if (Interlocked.Add(ref _state, -OneHolder) == 0)
        {
            account.Return(Size);
        }
    }

    /// <summary>The store takes the bytes into its own account.</summary>
    public void Entered()
    {
        if (Interlocked.Or(ref _state, InStore) >= OneHolder)
        {
            account.Return(Size);
        }
    }

    /// <summary>The store lets go; readers may not have.</summary>
    public void Left()
    {
        if (Interlocked.And(ref _state, ~InStore) > InStore)
        {
            account.Take(Size);
        }
    }
}
