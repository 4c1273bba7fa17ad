using Millrace.Delivery.Eviction;

namespace Millrace.Delivery.Storage;

/// <summary>
/// What the memory tier holds: the policy that chooses, the index that finds, and the slices' maps, kept in step. Everything here but lookups is under the
/// store's lock.
/// </summary>
internal sealed class StoreContents(long capacityBytes, IEvictionPolicy policy)
{
    private long _bytes;
    private int _count;
    private long _evictions;

    public ObjectIndex Index { get; } = new();

    /// <summary>Bytes held, readable without the lock once published.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Objects held, readable without the lock once published; slices are not counted.</summary>
    public int Count => Volatile.Read(ref _count);

    public long Evictions => Volatile.Read(ref _evictions);

    /// <summary>Takes a new object, where the policy thinks more of it than of what would have to leave.</summary>
    public bool TryEnter(CachedObject fresh)
    {
        if (!TryMakeRoom(fresh))
        {
            return false;
        }

        policy.Insert(fresh);
        Enter(fresh);
        return true;
    }

    /// <summary>Takes a slice of an object that is here; the object itself may be what had to make room.</summary>
    public bool TryEnter(Slice slice)
    {
        if (!IsWanted(slice) || slice.Size > capacityBytes || !TryMakeRoom(slice) || !IsWanted(slice) || !slice.Map.TryAdd(slice))
        {
            return false;
        }

        policy.Insert(slice);
        slice.Entered();
        return true;
    }

    /// <summary>Puts an object in another's place, which keeps its standing; false when it outgrew the store and left itself.</summary>
    public bool TryReplace(CachedObject held, CachedObject fresh)
    {
        policy.Replace(held, fresh);

        // In this order a map of slices changes its owner and keeps its slices.
        Enter(fresh);
        Leave(held);
        while (policy.Bytes > capacityBytes)
        {
            Evicted(policy.Evict(null));
        }

        return fresh.IsHeld;
    }

    public void Remove(CachedObject? held)
    {
        if (held is not null)
        {
            policy.Remove(held);
            Leave(held);
        }
    }

    /// <summary>Removes what a bound of the store's own, and not the policy, has no place for.</summary>
    public void Evict(CachedObject held)
    {
        Remove(held);
        _evictions++;
    }

    /// <summary>Makes the figures readable without the lock.</summary>
    public void Publish()
    {
        Volatile.Write(ref _bytes, policy.Bytes);
        Volatile.Write(ref _count, Index.Count);
    }

    /// <summary>Recounts everything; adds what does not add up.</summary>
    public void CheckIntegrity(int maxVariants, ICollection<string> faults)
    {
        policy.CheckIntegrity(faults);
        Index.CheckIntegrity(maxVariants, faults);
        var objects = Index.All().ToList();
        var slices = objects.SelectMany(static held => held.Body.Slices?.Resident() ?? []).ToList();
        var bytes = objects.Sum(static held => held.Size) + slices.Sum(static slice => slice.Size);
        Expect(bytes == policy.Bytes && bytes == _bytes && bytes <= capacityBytes, $"bytes: held {bytes}, policy {policy.Bytes}, published {_bytes}, bound {capacityBytes}");
        Expect(objects.Count + slices.Count == policy.Count && _count == objects.Count, $"count: {objects.Count} and {slices.Count} slices, policy {policy.Count}, published {_count}");
        Expect(slices.TrueForAll(static slice => slice.IsHeld && slice.IsStored && slice.IsWhole), "a map has a slice that has left");
        Expect(objects.TrueForAll(static held => held.Body.Slices is not { } map || map.Owner == held), "a map has another owner");

        void Expect(bool holds, string fault)
        {
            if (!holds)
            {
                faults.Add(fault);
            }
        }
    }

    private static bool IsWanted(Slice slice) => slice.Map.Owner?.IsHeld == true;

    private bool TryMakeRoom(StoredNode fresh)
    {
        if (!policy.Admit(fresh))
        {
            return false;
        }

        while (policy.Bytes + fresh.Size > capacityBytes)
        {
            Evicted(policy.Evict(fresh));
        }

        return true;
    }

    private void Evicted(EvictionNode victim)
    {
        _evictions++;
        if (victim is Slice slice)
        {
            slice.Map.Remove(slice);
            slice.Left();
        }
        else
        {
            Leave((CachedObject)victim);
        }
    }

    /// <summary>Makes what the policy has taken findable.</summary>
    private void Enter(CachedObject fresh)
    {
        fresh.Entered();
        if (fresh.Body.Slices is { } map)
        {
            map.Owner = fresh;
        }

        Index.Add(fresh);
    }

    /// <summary>Makes what the policy has let go unfindable; the slices of what has no successor go with it.</summary>
    private void Leave(CachedObject held)
    {
        held.Left();
        Index.Remove(held);
        if (held.Body.Slices is { } map && map.Owner == held)
        {
            map.Owner = null;
            foreach (var slice in map.Resident())
            {
                policy.Remove(slice);
                map.Remove(slice);
                slice.Left();
            }
        }
    }
}
