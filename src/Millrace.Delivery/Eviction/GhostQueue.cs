using System.Runtime.InteropServices;

namespace Millrace.Delivery.Eviction;

/// <summary>Names and sizes of objects that have left, first in, first out, as if they still took their bytes. Allocates only as it grows.</summary>
/// <param name="capacityBytes">The bytes that they would take at most.</param>
/// <param name="maxCount">How many are remembered at most: each costs about 60 bytes of memory.</param>
internal sealed class GhostQueue(long capacityBytes, int maxCount)
{
    private const int None = -1;

    private readonly Dictionary<ulong, int> _slots = [];
    private Ghost[] _ghosts = new Ghost[16];
    private int _used;
    private int _free = None;
    private int _oldest = None;
    private int _newest = None;

    public int Count => _slots.Count;

    public long Bytes { get; private set; }

    /// <summary>Remembers an object; the oldest are forgotten for it. One that could not fit alone is not remembered.</summary>
    public void Add(ulong hash, long size)
    {
        if (size > capacityBytes || maxCount == 0)
        {
            return;
        }

        ref var slot = ref CollectionsMarshal.GetValueRefOrAddDefault(_slots, hash, out var known);
        if (known)
        {
            return;
        }

        slot = Take();
        _ghosts[slot] = new Ghost { Hash = hash, Size = size, Older = _newest, Newer = None };
        if (_newest == None)
        {
            _oldest = slot;
        }
        else
        {
            _ghosts[_newest].Newer = slot;
        }

        _newest = slot;
        Bytes += size;
        while (Bytes > capacityBytes || _slots.Count > maxCount)
        {
            Remove(_ghosts[_oldest].Hash);
        }
    }

    /// <summary>Forgets an object; whether it was remembered.</summary>
    public bool Remove(ulong hash)
    {
        if (!_slots.Remove(hash, out var slot))
        {
            return false;
        }

        var ghost = _ghosts[slot];
        Bytes -= ghost.Size;
        if (ghost.Older == None)
        {
            _oldest = ghost.Newer;
        }
        else
        {
            _ghosts[ghost.Older].Newer = ghost.Newer;
        }

        if (ghost.Newer == None)
        {
            _newest = ghost.Older;
        }
        else
        {
            _ghosts[ghost.Newer].Older = ghost.Older;
        }

        _ghosts[slot].Newer = _free;
        _free = slot;
        return true;
    }

    /// <summary>Walks and recounts; adds what does not add up.</summary>
    public void CheckIntegrity(ICollection<string> faults)
    {
        var (count, bytes) = (0, 0L);
        for (var slot = _oldest; slot != None && count <= Count; slot = _ghosts[slot].Newer)
        {
            count++;
            bytes += _ghosts[slot].Size;
            if (!_slots.TryGetValue(_ghosts[slot].Hash, out var indexed) || indexed != slot)
            {
                faults.Add($"ghosts: slot {slot} is not indexed");
            }
        }

        if (count != Count || bytes != Bytes || bytes > capacityBytes || count > maxCount)
        {
            faults.Add($"ghosts: counted {count} of {bytes} bytes, accounted {Count} of {Bytes}, bounds {maxCount} and {capacityBytes}");
        }
    }

    private int Take()
    {
        if (_free != None)
        {
            var slot = _free;
            _free = _ghosts[slot].Newer;
            return slot;
        }

        if (_used == _ghosts.Length)
        {
            Array.Resize(ref _ghosts, 2 * _used);
        }

        return _used++;
    }

    private struct Ghost
    {
        public ulong Hash;
        public long Size;
        public int Older;
        public int Newer;
    }
}
