using System.Runtime.CompilerServices;
using Millrace.Features.Numerics;

namespace Millrace.Features.Online;

/// <summary>
/// (row, row) → slot: open addressing with linear probing, three quarters full at most. A pair and its reverse have one home, so that counting both ways costs one miss of the
/// cache. Single writer, not frozen.
/// </summary>
internal sealed class PairSlots
{
    private const int LeastBits = 8;

    private Entry[] _places = new Entry[1 << LeastBits];
    private int _bits = LeastBits;

    internal int Count { get; private set; }

    /// <summary>How many places there are.</summary>
    internal int Capacity => _places.Length;

    /// <summary>The slot of a pair; −1 when there is none.</summary>
    internal int Find(int from, int to) => _places[PlaceOf(from, to)].Slot - 1;

    /// <summary>Begins to load where the search for a pair, or its reverse, begins.</summary>
    internal void Prefetch(int from, int to) => Cache.Prefetch(ref Unsafe.As<Entry, byte>(ref _places[Home(from, to)]));

    /// <summary>Gives a pair its slot, or another one.</summary>
    internal void Set(int from, int to, int slot)
    {
        ref var entry = ref _places[PlaceOf(from, to)];
        if (entry.Slot > 0)
        {
            entry.Slot = slot + 1;
            return;
        }

        if (4 * (Count + 1L) > 3L << _bits)
        {
            Resize(_bits + 1);
            entry = ref _places[PlaceOf(from, to)];
        }

        entry = new Entry { From = from, To = to, Slot = slot + 1 };
        Count++;
    }

    /// <summary>Removes a pair that is there.</summary>
    internal void Remove(int from, int to)
    {
        var mask = _places.Length - 1;
        var gap = PlaceOf(from, to);
        for (var at = (gap + 1) & mask; _places[at] is { Slot: > 0 } entry; at = (at + 1) & mask)
        {
            if (LinearProbing.FillsGap(at, Home(entry.From, entry.To), gap, mask))
            {
                _places[gap] = entry;
                gap = at;
            }
        }

        _places[gap] = default;
        Count--;
    }

    /// <summary>Gives memory back once an eighth of it would do.</summary>
    internal void Trim()
    {
        var bits = _bits;
        while (bits > LeastBits && 8L * Count < 1L << bits)
        {
            bits--;
        }

        if (bits < _bits)
        {
            Resize(bits);
        }
    }

    private int PlaceOf(int from, int to)
    {
        var mask = _places.Length - 1;
        var at = Home(from, to);
        while (_places[at] is { Slot: > 0 } entry && (entry.From != from || entry.To != to))
        {
            at = (at + 1) & mask;
        }

        return at;
    }

    // Rows are small and close together: added or combined bit by bit they would fall on few places.
    private int Home(int from, int to) =>
        (int)(StableHash.Mix(((ulong)(uint)Math.Min(from, to) << 32) | (uint)Math.Max(from, to)) >> (64 - _bits));

    private void Resize(int bits)
    {
        var old = _places;
        (_places, _bits) = (new Entry[1 << bits], bits);
        foreach (ref readonly var entry in old.AsSpan())
        {
            if (entry.Slot > 0)
            {
                _places[PlaceOf(entry.From, entry.To)] = entry;
            }
        }
    }

    private struct Entry
    {
        internal int From;
        internal int To;

        /// <summary>One more than the slot; 0 where nothing stands.</summary>
        internal int Slot;
    }
}
