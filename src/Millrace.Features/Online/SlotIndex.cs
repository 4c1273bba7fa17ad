using System.Runtime.InteropServices;

namespace Millrace.Features.Online;

/// <summary>
/// Hash → slot: open addressing with linear probing, three quarters full at most. Whole hashes stand in it, so that a search reads next to no slot in vain; its owner compares keys.
/// Single writer.
/// </summary>
internal sealed class SlotIndex
{
    private const int Least = 16;

    private Place[] _places = new Place[Least];

    internal int Count { get; private set; }

    /// <summary>The next slot of a hash; −1 when there is none.</summary>
    /// <param name="hash">The hash.</param>
    /// <param name="at">Where the search stands; −1 begins it.</param>
    internal int Next(ulong hash, ref int at)
    {
        var places = _places;
        var mask = places.Length - 1;
        for (at = at < 0 ? (int)hash & mask : (at + 1) & mask; places[at].IsTaken; at = (at + 1) & mask)
        {
            if (places[at].Hash == hash)
            {
                return places[at].Slot;
            }
        }

        return -1;
    }

    internal void Add(ulong hash, int slot)
    {
        if (4 * (Count + 1) > 3 * _places.Length)
        {
            Grow();
        }

        Count++;
        Put(new Place(hash, slot));
    }

    /// <summary>Removes a slot that is there.</summary>
    internal void Remove(ulong hash, int slot)
    {
        var places = _places;
        var mask = places.Length - 1;
        var gap = (int)hash & mask;
        while (places[gap].Slot != slot)
        {
            gap = (gap + 1) & mask;
        }

        for (var at = (gap + 1) & mask; places[at].IsTaken; at = (at + 1) & mask)
        {
            if (LinearProbing.FillsGap(at, (int)places[at].Hash & mask, gap, mask))
            {
                places[gap] = places[at];
                gap = at;
            }
        }

        places[gap] = default;
        Count--;
    }

    private void Grow()
    {
        var before = _places;
        _places = new Place[2 * before.Length];
        foreach (ref readonly var place in before.AsSpan())
        {
            if (place.IsTaken)
            {
                Put(place);
            }
        }
    }

    private void Put(in Place place)
    {
        var mask = _places.Length - 1;
        var at = (int)place.Hash & mask;
        while (_places[at].IsTaken)
        {
            at = (at + 1) & mask;
        }

        _places[at] = place;
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly struct Place(ulong hash, int slot)
    {
        private readonly int _next = slot + 1;

        internal ulong Hash => hash;

        internal bool IsTaken => _next != 0;

        internal int Slot => _next - 1;
    }
}
