using System.Diagnostics.CodeAnalysis;

namespace Millrace.Delivery.Storage.Disk;

/// <summary>
/// What is held on disk, what is on its way there, and what is to be unsaid there: one structure under one lock, so that a removal meets each
/// copy in exactly one of these places. Nothing here touches a file.
/// </summary>
internal sealed class DiskIndex(DiskOptions options, DiskCounts counts, ulong firstGeneration)
{
    private readonly Lock _gate = new();
    private readonly RecordMap _map = new();
    private readonly FillTable _fills = new(options.MaxFills, firstGeneration);
    private readonly DiskRemovals _removals = new(options.MaxRemovals);
    private volatile bool _ready;

    /// <summary>Whether the files have been read; until then nothing is found.</summary>
    public bool IsReady => _ready;

    public bool IsFull => Read(map => map.Entries + map.Slices) >= options.MaxIndexEntries;

    public (int Entries, int Slices, long Bytes) Size => Read(static map => (map.Entries, map.Slices, map.Bytes));

    public bool HasRemovals
    {
        get
        {
            lock (_gate)
            {
                return !_removals.IsEmpty;
            }
        }
    }

    /// <summary>Bytes on disk of an entry, with its slices.</summary>
    public long BytesOf(in DiskEntry entry)
    {
        lock (_gate)
        {
            return _map.BytesOf(entry);
        }
    }

    public int Find(UInt128 key, Span<DiskEntry> into)
    {
        if (!_ready)
        {
            return 0;
        }

        lock (_gate)
        {
            return _map.Find(key, into);
        }
    }

    /// <summary>Where the head lies, in a segment that the caller must let go.</summary>
    public bool TryLeaseHead(in DiskEntry entry, out RecordPlace place, [NotNullWhen(true)] out Segment? segment)
    {
        lock (_gate)
        {
            (place, segment) = (default, null);
            return _ready && _map.TryLease(entry, null, out place, out segment);
        }
    }

    /// <summary>Where the slice lies, in a segment that the caller must let go.</summary>
    public bool TryLeaseSlice(in DiskEntry entry, int slice, out RecordPlace place, [NotNullWhen(true)] out Segment? segment)
    {
        lock (_gate)
        {
            (place, segment) = (default, null);
            return _ready && _map.TryLease(entry, slice, out place, out segment);
        }
    }

    /// <summary>Enters a fill with a generation of its own, or with that of the entry that it adds to; false when there are too many, or the entry has gone.</summary>
    public bool TryBegin(DiskFill fill)
    {
        lock (_gate)
        {
            if (_fills.IsFull)
            {
                counts.Hit(DiskReason.FillsFull);
                return false;
            }

            if (fill.Extends && !_map.IsVisible(fill.Key, fill.Variant, fill.Generation))
            {
                return false;
            }

            return _fills.Add(fill);
        }
    }

    /// <summary>Forgets a fill whose last record is done, and what it leaves without a head.</summary>
    public void End(DiskFill fill)
    {
        lock (_gate)
        {
            _fills.Remove(fill);
            if (!fill.Extends)
            {
                _map.RemoveHeadless(fill.Key, fill.Variant, fill.Generation);
            }
        }
    }

    /// <summary>Whether a fill's record may still be written.</summary>
    public bool MayWrite(DiskFill fill, in DiskRecord record)
    {
        lock (_gate)
        {
            return MayEnter(fill, record);
        }
    }

    /// <summary>Enters what the writer has written.</summary>
    public void Enter(DiskFill fill, in DiskRecord record, in RecordPlace place)
    {
        lock (_gate)
        {
            if (MayEnter(fill, record))
            {
                _map.Enter(record, place);
            }
        }
    }

    /// <summary>Enters what a start finds in the files, in the order in which it was written.</summary>
    public void Replay(in DiskRecord record, in RecordPlace place)
    {
        lock (_gate)
        {
            if (record.IsRemoval)
            {
                _map.Obey(record);
            }
            else if (record.Kind is RecordKind.Head or RecordKind.Slice && !_map.HasNewer(record))
            {
                _map.Enter(record, place);
            }
        }
    }

    /// <summary>Whether the index points to a record that was asked for since it came there; that counts once.</summary>
    public bool Spares(in DiskRecord record, in RecordPlace place)
    {
        lock (_gate)
        {
            return _map.Spares(record, place);
        }
    }

    /// <summary>Forgets a record, if the index still points there.</summary>
    public void Drop(in DiskRecord record, in RecordPlace place)
    {
        lock (_gate)
        {
            _map.Drop(record, place);
        }
    }

    /// <summary>Points to a record's copy in place of the record, if the index still points there.</summary>
    public void Move(in DiskRecord record, in RecordPlace from, in RecordPlace to)
    {
        lock (_gate)
        {
            _map.Move(record, from, to);
        }
    }

    public void Add(Segment segment)
    {
        lock (_gate)
        {
            _map.Segments.Add(segment);
        }
    }

    /// <summary>Forgets a segment and whatever still lies in it.</summary>
    public void Retire(Segment segment)
    {
        lock (_gate)
        {
            _map.Forget(segment.Id);
            _map.Segments.Remove(segment);
        }

        segment.LetGo();
    }

    /// <summary>The files have been read: what was removed meanwhile goes, and the rest is found from now on.</summary>
    public void Open()
    {
        lock (_gate)
        {
            _map.RemoveHeadless();
            foreach (var removal in _removals.Records())
            {
                _map.Obey(removal);
            }

            _ready = true;
        }
    }

    /// <summary>The files are about to be closed: nothing is found from now on.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _ready = false;
        }
    }

    /// <summary>Removes a key and what is on its way of it.</summary>
    public void Remove(UInt128 key)
    {
        lock (_gate)
        {
            Remove(key, null, _fills.Generation);
        }
    }

    /// <summary>Removes one version of a variant, and older ones.</summary>
    public void Remove(in DiskEntry entry)
    {
        lock (_gate)
        {
            Remove(entry.Key, entry.Variant, entry.Generation);
        }
    }

    /// <summary>Removes the entries that <paramref name="dooms"/> picks. It runs under the lock.</summary>
    public int RemoveWhere(Func<DiskEntry, bool> dooms)
    {
        lock (_gate)
        {
            var doomed = _map.Where(dooms);
            foreach (var entry in doomed)
            {
                Remove(entry);
            }

            return doomed.Count;
        }
    }

    public void RemoveAll()
    {
        lock (_gate)
        {
            _fills.VoidAll();
            _map.RemoveAll(_fills.Generation);
            _removals.AddAll(_fills.Generation);
        }
    }

    /// <summary>Forgets one slice, where it was found damaged.</summary>
    public void RemoveSlice(in DiskEntry entry, int slice, in RecordPlace place)
    {
        lock (_gate)
        {
            _map.RemoveSlice(entry, slice, place);
        }
    }

    /// <summary>The removals to write; they count as written from now on.</summary>
    public List<DiskRecord> TakeRemovals()
    {
        lock (_gate)
        {
            List<DiskRecord> records = [.. _removals.Records()];
            _removals.Clear();
            return records;
        }
    }

    /// <summary>Recounts everything; returns what does not add up.</summary>
    public IReadOnlyList<string> CheckIntegrity() => Read(RecordMapCheck.Faults);

    private void Remove(UInt128 key, ulong? variant, ulong upTo)
    {
        var voided = _fills.Void(key, variant, upTo);

        // What the index does not hold is not on disk either, in a form that a start would find: nothing is to be unsaid.
        if ((_map.Remove(key, variant, upTo) > 0 || voided || !_ready) && !_removals.TryAdd(key, variant, upTo))
        {
            counts.Hit(DiskReason.RemovalsFull);
            RemoveAll();
        }
    }

    private bool MayEnter(DiskFill fill, in DiskRecord record) =>
        !fill.IsVoid
        && (fill.Extends ? _map.IsVisible(record.Key, record.Variant, record.Generation) : !_map.HasNewer(record));

    private T Read<T>(Func<RecordMap, T> read)
    {
        lock (_gate)
        {
            return read(_map);
        }
    }
}
