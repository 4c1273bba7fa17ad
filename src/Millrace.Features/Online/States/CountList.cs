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
/// copied when touched after a freeze.
/// </summary>
internal sealed class CountList
{
    private const int Bits = 5;
    private const int Size = 1 << Bits;

    private Chunk[] _chunks;
    private readonly long _owner;

    internal CountList(long owner)
    {
        _owner = owner;
        _chunks = [];
    }

    private CountList(long owner, CountList from)
    {
        _owner = owner;
        _chunks = (Chunk[])from._chunks.Clone();
        Count = from.Count;
        Total = from.Total;
    }

    internal int Count { get; private set; }

    /// <summary>The sum of all counts.</summary>
    internal long Total { get; private set; }

    /// <summary>This list when the writer owns it already, else a copy that it owns.</summary>
    internal CountList Own(long owner) => _owner == owner ? this : new CountList(owner, this);

    internal ref readonly CountEntry this[int slot] => ref _chunks[slot >> Bits].Entries[slot & (Size - 1)];

    /// <summary>The entries of chunk <paramref name="chunk"/>, for a scan without index arithmetic per entry.</summary>
    internal ReadOnlySpan<CountEntry> Scan(int chunk) => _chunks[chunk].Entries.AsSpan(0, Math.Min(Size, Count - (chunk << Bits)));

    internal int ScanCount => (Count + Size - 1) >> Bits;

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

    /// <summary>Gives chunks back once a quarter of them would do.</summary>
    private void Shrink()
    {
        if (_chunks.Length > 4 && ScanCount <= _chunks.Length / 4)
        {
            Array.Resize(ref _chunks, _chunks.Length / 2);
        }
    }

    private ref CountEntry Edit(int slot)
    {
        int index = slot >> Bits;
        if (index >= _chunks.Length) Array.Resize(ref _chunks, Math.Max(2, _chunks.Length * 2));
        ref Chunk chunk = ref _chunks[index];
        if (chunk is null || chunk.Owner != _owner)
        {
            var copy = new Chunk(_owner);
            chunk?.Entries.AsSpan().CopyTo(copy.Entries);
            chunk = copy;
        }

        return ref chunk.Entries[slot & (Size - 1)];
    }

    private sealed class Chunk(long owner)
    {
        internal readonly long Owner = owner;
        internal readonly CountEntry[] Entries = new CountEntry[Size];
    }
}
