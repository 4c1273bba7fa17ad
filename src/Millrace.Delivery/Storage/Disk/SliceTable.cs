namespace Millrace.Delivery.Storage.Disk;

/// <summary>A slice's slot in the index: 36 bytes.</summary>
internal struct SliceSlot
{
    public int Entry;
    public int Index;
    public RecordPlace Place;
    public int Next;
    public int Before;
    public int After;
    public bool Asked;
}

/// <summary>Slices by their entry's slot and their number, chained in buckets, and listed from their entry. Not safe for concurrent use.</summary>
internal sealed class SliceTable
{
    private const int SlotBytes = 36;

    private readonly Slab<SliceSlot> _slots = new();
    private int[] _buckets = new int[1024];

    public int Count => _slots.Count;

    public long Bytes => ((long)_slots.Highest * SlotBytes) + (_buckets.Length * sizeof(int));

    public ref SliceSlot this[int slot] => ref _slots[slot];

    public int Find(int entry, int index)
    {
        for (var slot = _buckets[Bucket(entry, index)]; slot != 0; slot = _slots[slot].Next)
        {
            ref var slice = ref _slots[slot];
            if (slice.Entry == entry && slice.Index == index)
            {
                return slot;
            }
        }

        return 0;
    }

    /// <summary>Adds a slice before <paramref name="first"/>, the entry's first so far, and returns its slot.</summary>
    public int Add(int entry, int index, int first)
    {
        if (_slots.Count >= _buckets.Length)
        {
            Grow();
        }

        var slot = _slots.Take();
        ref var bucket = ref _buckets[Bucket(entry, index)];
        _slots[slot] = new SliceSlot { Entry = entry, Index = index, Next = bucket, After = first };
        bucket = slot;
        if (first != 0)
        {
            _slots[first].Before = slot;
        }

        return slot;
    }

    /// <summary>Removes a slice and returns its entry's first slice, given what it was.</summary>
    public int Remove(int slot, int first)
    {
        var slice = _slots[slot];
        ref var link = ref _buckets[Bucket(slice.Entry, slice.Index)];
        while (link != slot)
        {
            link = ref _slots[link].Next;
        }

        link = slice.Next;
        if (slice.Before != 0)
        {
            _slots[slice.Before].After = slice.After;
        }

        if (slice.After != 0)
        {
            _slots[slice.After].Before = slice.Before;
        }

        _slots.Return(slot);
        return first == slot ? slice.After : first;
    }

    /// <summary>All slots in use.</summary>
    public IEnumerable<int> All()
    {
        for (var slot = 1; slot <= _slots.Highest; slot++)
        {
            if (_slots[slot].Entry != 0)
            {
                yield return slot;
            }
        }
    }

    private void Grow()
    {
        _buckets = new int[_buckets.Length * 2];
        foreach (var slot in All())
        {
            ref var bucket = ref _buckets[Bucket(_slots[slot].Entry, _slots[slot].Index)];
            _slots[slot].Next = bucket;
            bucket = slot;
        }
    }

    private int Bucket(int entry, int index)
    {
        var mixed = (((ulong)(uint)entry << 32) | (uint)index) * 0x9e37_79b9_7f4a_7c15;
        return (int)((mixed >> 32) & (ulong)(_buckets.Length - 1));
    }
}
