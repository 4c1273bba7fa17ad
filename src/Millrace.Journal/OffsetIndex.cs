namespace Millrace.Journal;

/// <summary>
/// Hash → offsets in memory: what <c>FindAsync</c> asks of facts that no sidecar index covers yet. Open addressing, at most half full; the hashes are uniform already.
/// Not thread-safe.
/// </summary>
internal sealed class OffsetIndex
{
    private const int LeastEntries = 1 << 9;
    private Entry[] _entries;
    private int[] _places; // One past the newest entry's index; 0 where there is none.

    /// <param name="expected">Room for so many entries is made at once.</param>
    public OffsetIndex(int expected = LeastEntries)
    {
        var room = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(expected, LeastEntries));
        (_entries, _places) = (new Entry[room], new int[room * 2]);
    }

    public int Count { get; private set; }

    /// <summary>All entries in the order in which they came.</summary>
    public ReadOnlySpan<Entry> Entries => _entries.AsSpan(0, Count);

    public void Add(ulong hash, long offset)
    {
        if (Count == _entries.Length)
        {
            Grow();
        }

        ref var place = ref PlaceOf(hash);
        _entries[Count++] = new Entry(hash, offset, place - 1);
        place = Count;
    }

    /// <summary>Adds the offsets under <paramref name="hash"/> to <paramref name="into"/>, oldest first.</summary>
    public void Find(ulong hash, List<long> into)
    {
        var start = into.Count;
        for (var i = PlaceOf(hash) - 1; i >= 0; i = _entries[i].Previous)
        {
            into.Add(_entries[i].Offset);
        }

        into.Reverse(start, into.Count - start);
    }

    /// <summary>Forgets all entries and keeps the room.</summary>
    public void Clear()
    {
        Count = 0;
        Array.Clear(_places);
    }

    private void Grow()
    {
        Array.Resize(ref _entries, _entries.Length * 2);
        _places = new int[_entries.Length * 2];
        for (var i = 0; i < Count; i++)
        {
            PlaceOf(_entries[i].Hash) = i + 1;
        }
    }

    /// <summary>Where the newest entry under a hash is, or would be.</summary>
    private ref int PlaceOf(ulong hash)
    {
        var mask = _places.Length - 1;
        var at = (int)hash & mask;
        while (_places[at] is var newest and not 0 && _entries[newest - 1].Hash != hash)
        {
            at = (at + 1) & mask;
        }

        return ref _places[at];
    }

    /// <param name="Hash">The key's hash.</param>
    /// <param name="Offset">The fact's offset.</param>
    /// <param name="Previous">The index of the entry before with the same hash; -1 when there is none.</param>
    internal readonly record struct Entry(ulong Hash, long Offset, int Previous);
}
