using Millrace.Delivery.Eviction;

namespace Millrace.Delivery.Storage;

/// <summary>
/// What the memory tier keeps and lets go as a whole: an object, or a slice of a large one. Those who read it hold it (<see cref="Hold"/>), so that its
/// bytes stay in an account when it leaves the store under a slow reader (<see cref="Storage.Residence"/>).
/// </summary>
internal abstract class StoredNode(ulong hash, Residence residence) : EvictionNode(hash)
{
    private volatile bool _isStored;

    /// <summary>Whether the store has it now.</summary>
    public bool IsStored => _isStored;

    protected Residence Residence => residence;

    /// <summary>Keeps the bytes accounted until <see cref="LetGo"/>; call both equally often.</summary>
    public void Hold() => residence.Hold();

    public void LetGo() => residence.LetGo();

    /// <summary>The store takes the bytes into its own account.</summary>
    public void Entered()
    {
        _isStored = true;
        residence.Enter();
    }

    /// <summary>The store lets go; readers may not have.</summary>
    public void Left()
    {
        _isStored = false;
        residence.Leave();
    }
}
