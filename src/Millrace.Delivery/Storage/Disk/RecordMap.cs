using System.Diagnostics.CodeAnalysis;

namespace Millrace.Delivery.Storage.Disk;

/// <summary>From keys to the places of heads and slices. Not safe for concurrent use: <see cref="DiskIndex"/> holds the lock.</summary>
internal sealed class RecordMap
{
    private readonly EntryTable _entries = new();
    private readonly SliceTable _slices = new();

    public SegmentTable Segments { get; } = new();

    /// <summary>The tables themselves, to be recounted.</summary>
    public (EntryTable Entries, SliceTable Slices) Tables => (_entries, _slices);

    public int Entries => _entries.Count;

    public int Slices => _slices.Count;

    public long Bytes => _entries.Bytes + _slices.Bytes;

    /// <summary>The key's variants, newest first, as many as there is room for.</summary>
    public int Find(UInt128 key, Span<DiskEntry> into)
    {
        var found = 0;
        for (var slot = _entries.First(key); slot != 0 && found < into.Length; slot = _entries[slot].Next)
        {
            ref var entry = ref _entries[slot];
            if (!entry.IsVisible || entry.Key != key)
            {
                continue;
            }

            var at = found++;
            for (; at > 0 && into[at - 1].Generation < entry.Generation; at--)
            {
                into[at] = into[at - 1];
            }

            into[at] = entry.Describe();
        }

        return found;
    }

    public bool IsVisible(UInt128 key, ulong variant, ulong generation) =>
        _entries.Find(key, variant, generation) is not 0 and var slot && _entries[slot].IsVisible;

    /// <summary>Whether a newer version than the record's is held.</summary>
    public bool HasNewer(in DiskRecord record)
    {
        for (var slot = _entries.First(record.Key); slot != 0; slot = _entries[slot].Next)
        {
            ref var entry = ref _entries[slot];
            if (entry.IsVisible && entry.Generation > record.Generation && entry.Is(record.Key, record.Variant))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The place of a head (<paramref name="slice"/> null) or slice, its segment leased, both marked as asked for.</summary>
    public bool TryLease(in DiskEntry entry, int? slice, out RecordPlace place, [NotNullWhen(true)] out Segment? segment)
    {
        (place, segment) = (default, null);
        var slot = _entries.Find(entry.Key, entry.Variant, entry.Generation);
        if (slot == 0 || !_entries[slot].IsVisible)
        {
            return false;
        }

        _entries[slot].Asked = true;
        if (slice is { } index)
        {
            if (_slices.Find(slot, index) is not (not 0 and var found))
            {
                return false;
            }

            _slices[found].Asked = true;
            place = _slices[found].Place;
        }
        else
        {
            place = _entries[slot].Head;
        }

        segment = Segments.Lease(place);
        return true;
    }

    /// <summary>Enters a head or a slice, in the place of an earlier copy. A head takes the place of its variant's older versions.</summary>
    public void Enter(in DiskRecord record, in RecordPlace place)
    {
        var slot = _entries.Find(record.Key, record.Variant, record.Generation);
        if (slot == 0)
        {
            slot = _entries.Add(record.Key, record.Variant, record.Generation);
        }

        if (record.Kind == RecordKind.Slice)
        {
            EnterSlice(slot, record.SliceIndex, place);
            return;
        }

        ref var entry = ref _entries[slot];
        Segments.Repoint(entry.Head, place);
        (entry.Head, entry.BodyLength, entry.SliceBytes) = (place, record.BodyLength, record.SliceBytes);
        entry.IsInline = record.PayloadBytes > record.HeadBytes || record.BodyLength == 0;
        RemoveVersions(record.Key, record.Variant, record.Generation - 1, visibleOnly: true);
    }

    public bool Spares(in DiskRecord record, in RecordPlace place)
    {
        if (!TryFind(record, place, out var slot, out var slice))
        {
            return false;
        }

        ref var asked = ref slice == 0 ? ref _entries[slot].Asked : ref _slices[slice].Asked;
        var was = asked;
        asked = false;
        return was;
    }

    public void Drop(in DiskRecord record, in RecordPlace place)
    {
        if (!TryFind(record, place, out var slot, out var slice))
        {
            return;
        }

        if (slice == 0)
        {
            RemoveEntry(slot);
        }
        else
        {
            RemoveSlice(slot, slice);
        }
    }

    public void Move(in DiskRecord record, in RecordPlace from, in RecordPlace to)
    {
        if (!TryFind(record, from, out var slot, out var slice))
        {
            return;
        }

        Segments.Repoint(from, to);
        if (slice == 0)
        {
            _entries[slot].Head = to;
        }
        else
        {
            _slices[slice].Place = to;
        }
    }

    /// <summary>Bytes on disk of an entry, with its slices.</summary>
    public long BytesOf(in DiskEntry entry)
    {
        var slot = _entries.Find(entry.Key, entry.Variant, entry.Generation);
        var bytes = slot == 0 ? 0L : _entries[slot].Head.Bytes;
        for (var slice = slot == 0 ? 0 : _entries[slot].FirstSlice; slice != 0; slice = _slices[slice].After)
        {
            bytes += _slices[slice].Place.Bytes;
        }

        return bytes;
    }

    /// <summary>Does what a removal's record says.</summary>
    public void Obey(in DiskRecord removal)
    {
        if (removal.Kind == RecordKind.Clearing)
        {
            RemoveAll(removal.Generation);
        }
        else
        {
            Remove(removal.Key, removal.Kind == RecordKind.VariantRemoval ? removal.Variant : null, removal.Generation);
        }
    }

    /// <summary>Removes a key's versions up to a generation, of one variant or of all. Returns how many there were.</summary>
    public int Remove(UInt128 key, ulong? variant, ulong upTo) => RemoveVersions(key, variant, upTo, visibleOnly: false);

    public void RemoveAll(ulong upTo) => RemoveSlots(slot => _entries[slot].Generation <= upTo);

    /// <summary>Removes slices whose head has not come and will not.</summary>
    public void RemoveHeadless() => RemoveSlots(slot => !_entries[slot].IsVisible);

    public void RemoveHeadless(UInt128 key, ulong variant, ulong generation)
    {
        if (_entries.Find(key, variant, generation) is not 0 and var slot && !_entries[slot].IsVisible)
        {
            RemoveEntry(slot);
        }
    }

    public void RemoveSlice(in DiskEntry entry, int index, in RecordPlace place)
    {
        var slot = _entries.Find(entry.Key, entry.Variant, entry.Generation);
        if (slot != 0 && _slices.Find(slot, index) is not 0 and var slice && _slices[slice].Place == place)
        {
            RemoveSlice(slot, slice);
        }
    }

    /// <summary>Removes whatever lies in a segment: little, when it was walked before.</summary>
    public void Forget(uint segment)
    {
        if (!Segments.IsLive(segment))
        {
            return;
        }

        RemoveSlots(slot => _entries[slot].Head.Segment == segment);
        foreach (var slice in _slices.All().Where(slice => _slices[slice].Place.Segment == segment).ToList())
        {
            RemoveSlice(_slices[slice].Entry, slice);
        }
    }

    public List<DiskEntry> Where(Func<DiskEntry, bool> picks) =>
        [.. _entries.All().Where(slot => _entries[slot].IsVisible).Select(slot => _entries[slot].Describe()).Where(picks)];

    /// <summary>The slots of what a record holds, if the index points to that very record; slice 0 for a head.</summary>
    private bool TryFind(in DiskRecord record, in RecordPlace place, out int slot, out int slice)
    {
        slot = _entries.Find(record.Key, record.Variant, record.Generation);
        slice = slot != 0 && record.Kind == RecordKind.Slice ? _slices.Find(slot, record.SliceIndex) : 0;
        return record.Kind switch
        {
            RecordKind.Head => slot != 0 && _entries[slot].Head == place,
            RecordKind.Slice => slice != 0 && _slices[slice].Place == place,
            _ => false,
        };
    }

    private void EnterSlice(int slot, int index, in RecordPlace place)
    {
        ref var entry = ref _entries[slot];
        var slice = _slices.Find(slot, index);
        if (slice == 0)
        {
            slice = _slices.Add(slot, index, entry.FirstSlice);
            entry.FirstSlice = slice;
            entry.Slices++;
        }

        Segments.Repoint(_slices[slice].Place, place);
        _slices[slice].Place = place;
    }

    private int RemoveVersions(UInt128 key, ulong? variant, ulong upTo, bool visibleOnly)
    {
        var removed = 0;
        for (var slot = _entries.First(key); slot != 0;)
        {
            ref var entry = ref _entries[slot];
            var next = entry.Next;
            if (entry.Key == key && (variant is null || entry.Variant == variant) && entry.Generation <= upTo && (entry.IsVisible || !visibleOnly))
            {
                RemoveEntry(slot);
                removed++;
            }

            slot = next;
        }

        return removed;
    }

    private void RemoveSlots(Func<int, bool> picks)
    {
        foreach (var slot in _entries.All().Where(picks).ToList())
        {
            RemoveEntry(slot);
        }
    }

    private void RemoveEntry(int slot)
    {
        while (_entries[slot].FirstSlice is not 0 and var slice)
        {
            RemoveSlice(slot, slice);
        }

        Segments.Repoint(_entries[slot].Head, default);
        _entries.Remove(slot);
    }

    private void RemoveSlice(int slot, int slice)
    {
        Segments.Repoint(_slices[slice].Place, default);
        ref var entry = ref _entries[slot];
        entry.FirstSlice = _slices.Remove(slice, entry.FirstSlice);
        entry.Slices--;
    }
}
