using System.Runtime.CompilerServices;

namespace Millrace.Features.Online;

/// <summary>One counted row: how often within the window, and when last.</summary>
internal struct CountEntry
{
    internal int Row;
    internal int Count;
    internal long Last;
}

/// <summary>
/// The rows that a window counts now, compact and in no order, editable by one writer and frozen by sharing: chunks of 32 entries are
/// copied when touched after a freeze, the first of them with the list and no longer than it needs to be.
/// </summary>
internal sealed class CountList
{
    private const int Bits = 5;
    private const int Size = 1 << Bits;
    private const int Least = 4;

    /// <summary>So many of the best are kept beside a list that is longer: what sources of candidates take of one item's neighbours.</summary>
    internal const int MostBest = 100;

    /// <summary>No chunk has more entries.</summary>
    internal const int MostScanned = Size;

    private readonly long _owner;

    // The first chunk, which is all that most lists have, is as long as need be; the others are whole. Either array is the writer's own once it was written to.
    private CountEntry[] _first;
    private Chunk[] _rest;
    private bool _ownsFirst;
    private bool _ownsRest;
    private CountEntry[]? _best;

    internal CountList(long owner)
    {
        _owner = owner;
        (_first, _ownsFirst) = ([], true);
        (_rest, _ownsRest) = ([], true);
    }

    private CountList(long owner, CountList from)
    {
        _owner = owner;
        _first = from._first;
        _rest = from._rest;
        Count = from.Count;
        Total = from.Total;
    }

    internal int Count { get; private set; }

    /// <summary>The sum of all counts.</summary>
    internal long Total { get; private set; }

    /// <summary>This list when the writer owns it already, else a copy that it owns.</summary>
    internal CountList Own(long owner) => _owner == owner ? this : new CountList(owner, this);

    internal ref readonly CountEntry this[int slot] => ref (slot < Size ? ref _first[slot] : ref _rest[(slot >> Bits) - 1].Entries[slot & (Size - 1)]);

    /// <summary>The entries of chunk <paramref name="chunk"/>, for a scan without index arithmetic per entry.</summary>
    internal ReadOnlySpan<CountEntry> Scan(int chunk) =>
        (chunk == 0 ? _first : _rest[chunk - 1].Entries).AsSpan(0, Math.Min(Size, Count - (chunk << Bits)));

    /// <summary>Begins to load an entry.</summary>
    internal void Prefetch(int slot) => Cache.Prefetch(ref Unsafe.As<CountEntry, byte>(ref Unsafe.AsRef(in this[slot])));

    internal int ScanCount => (Count + Size - 1) >> Bits;

    /// <summary>
    /// The best <see cref="MostBest"/> entries by count, last event and id, best first: of a list that is frozen, since the writer goes on with a copy. Selected at the first
    /// call and kept for as long as the list is, by whichever of its readers comes first.
    /// </summary>
    internal ReadOnlySpan<CountEntry> Best(FeatureSnapshot snapshot)
    {
        if (_best is { } best)
        {
            return best;
        }

        best = new CountEntry[Math.Min(MostBest, Count)];
        TopEntries.Select(this, best, snapshot, hidden: true);
        return _best = best;
    }

    internal int Append(int row, int count, long last)
    {
        int slot = Count++;
        Edit(slot) = new CountEntry { Row = row, Count = count, Last = last };
        Total += count;
        return slot;
    }

    internal void Add(int slot, int count, long last)
    {
        ref CountEntry entry = ref Edit(slot);
        entry.Count += count;
        entry.Last = Math.Max(entry.Last, last);
        Total += count;
    }

    /// <summary>Takes <paramref name="count"/> off; true when nothing is left, and the caller then removes the slot.</summary>
    internal bool Subtract(int slot, int count)
    {
        ref CountEntry entry = ref Edit(slot);
        entry.Count -= count;
        Total -= count;
        return entry.Count == 0;
    }

    /// <summary>Removes a slot by moving the last entry into it.</summary>
    /// <returns>The row that moved into <paramref name="slot"/>; −1 when the slot was the last.</returns>
    internal int RemoveAt(int slot)
    {
        var last = --Count;
        var row = -1;
        if (slot != last)
        {
            var moved = this[last];
            Edit(slot) = moved;
            row = moved.Row;
        }

        Shrink();
        return row;
    }

    /// <summary>Gives memory back once a quarter of it would do.</summary>
    private void Shrink()
    {
        if (_rest.Length > 4 && ScanCount <= _rest.Length / 4)
        {
            Array.Resize(ref _rest, _rest.Length / 2);
            _ownsRest = true;
        }
        else if (_first.Length > Least && Count <= _first.Length / 4)
        {
            Array.Resize(ref _first, _first.Length / 2);
            _ownsFirst = true;
        }
    }

    private ref CountEntry Edit(int slot)
    {
        if (slot < Size)
        {
            if (slot >= _first.Length)
            {
                Array.Resize(ref _first, Math.Max(Least, 2 * _first.Length));
                _ownsFirst = true;
            }
            else if (!_ownsFirst)
            {
                (_first, _ownsFirst) = ((CountEntry[])_first.Clone(), true);
            }

            return ref _first[slot];
        }

        var index = (slot >> Bits) - 1;
        if (index >= _rest.Length)
        {
            Array.Resize(ref _rest, Math.Max(2, _rest.Length * 2));
            _ownsRest = true;
        }

        if (_rest[index] is { } own && own.Owner == _owner)
        {
            return ref own.Entries[slot & (Size - 1)];
        }

        if (!_ownsRest)
        {
            (_rest, _ownsRest) = ((Chunk[])_rest.Clone(), true);
        }

        var copy = new Chunk(_owner);
        _rest[index]?.Entries.AsSpan().CopyTo(copy.Entries);
        _rest[index] = copy;
        return ref copy.Entries[slot & (Size - 1)];
    }

    private sealed class Chunk(long owner)
    {
        internal readonly long Owner = owner;
        internal readonly CountEntry[] Entries = new CountEntry[Size];
    }
}
