namespace Millrace.Delivery.Storage.Disk;

/// <summary>A head's slot in the index: 72 bytes.</summary>
internal struct EntrySlot
{
    public ulong KeyLow;
    public ulong KeyHigh;
    public ulong Variant;
    public ulong Generation;
    public long BodyLength;
    public RecordPlace Head;
    public int SliceBytes;
    public int Next;
    public int FirstSlice;
    public int Slices;
    public bool Asked;
    public bool IsInline;

    public readonly UInt128 Key => new(KeyHigh, KeyLow);

    /// <summary>Slices may come before their head; until it comes nobody sees them.</summary>
    public readonly bool IsVisible => !Head.IsNowhere;

    public readonly bool Is(UInt128 key, ulong variant) => Key == key && Variant == variant;

    public readonly DiskEntry Describe() => new(Key, Variant, Generation, BodyLength, SliceBytes, Slices, IsInline);
}

/// <summary>Entries by key, chained in buckets. Every variant and every generation of a key is in its key's chain. Not safe for concurrent use.</summary>
internal sealed class EntryTable
{
    private const int SlotBytes = 72;

    private readonly Slab<EntrySlot> _slots = new();
    private int[] _buckets = new int[1024];

    public int Count => _slots.Count;

    public long Bytes => ((long)_slots.Highest * SlotBytes) + (_buckets.Length * sizeof(int));

    public ref EntrySlot this[int slot] => ref _slots[slot];

    /// <summary>The first slot of the key's chain, which holds other keys too; 0 for none.</summary>
    public int First(UInt128 key) => _buckets[Bucket((ulong)key)];

    public int Find(UInt128 key, ulong variant, ulong generation)
    {
        for (var slot = First(key); slot != 0; slot = _slots[slot].Next)
        {
            ref var entry = ref _slots[slot];
            if (entry.Generation == generation && entry.Is(key, variant))
            {
                return slot;
            }
        }

        return 0;
    }

    public int Add(UInt128 key, ulong variant, ulong generation)
    {
        if (_slots.Count >= _buckets.Length)
        {
            Grow();
        }

        var slot = _slots.Take();
        ref var bucket = ref _buckets[Bucket((ulong)key)];
        _slots[slot] = new EntrySlot { KeyLow = (ulong)key, KeyHigh = (ulong)(key >> 64), Variant = variant, Generation = generation, Next = bucket };
        bucket = slot;
        return slot;
    }

    public void Remove(int slot)
    {
        ref var link = ref _buckets[Bucket(_slots[slot].KeyLow)];
        while (link != slot)
        {
            link = ref _slots[link].Next;
        }

        link = _slots[slot].Next;
        _slots.Return(slot);
    }

    /// <summary>All slots in use.</summary>
    public IEnumerable<int> All()
    {
        for (var slot = 1; slot <= _slots.Highest; slot++)
        {
            // A slot returned is all zero, and no generation is zero.
            if (_slots[slot].Generation != 0)
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
            ref var bucket = ref _buckets[Bucket(_slots[slot].KeyLow)];
            _slots[slot].Next = bucket;
            bucket = slot;
        }
    }

    // Keys are hashes already.
    private int Bucket(ulong keyLow) => (int)(keyLow & (ulong)(_buckets.Length - 1));
}
