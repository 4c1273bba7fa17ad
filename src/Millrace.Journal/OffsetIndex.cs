using System.Runtime.InteropServices;

namespace Millrace.Journal;

/// <summary>Hash → offsets in memory: what <c>FindAsync</c> asks of facts that no sidecar index covers yet. Not thread-safe.</summary>
internal sealed class OffsetIndex
{
    private readonly Dictionary<ulong, int> _newest = [];
    private readonly List<Entry> _entries = [];

    public int Count => _entries.Count;

    /// <summary>All entries in the order in which they came.</summary>
    public ReadOnlySpan<Entry> Entries => CollectionsMarshal.AsSpan(_entries);

    public void Add(ulong hash, long offset)
    {
        ref var newest = ref CollectionsMarshal.GetValueRefOrAddDefault(_newest, hash, out var known);
        _entries.Add(new Entry(hash, offset, known ? newest : -1));
        newest = _entries.Count - 1;
    }

    /// <summary>Adds the offsets under <paramref name="hash"/> to <paramref name="into"/>, oldest first.</summary>
    public void Find(ulong hash, List<long> into)
    {
        var start = into.Count;
        for (var i = _newest.GetValueOrDefault(hash, -1); i >= 0; i = _entries[i].Previous)
        {
            into.Add(_entries[i].Offset);
        }

        into.Reverse(start, into.Count - start);
    }

    public void Clear()
    {
        _newest.Clear();
        _entries.Clear();
    }

    /// <param name="Hash">The key's hash.</param>
    /// <param name="Offset">The fact's offset.</param>
    /// <param name="Previous">The index of the entry before with the same hash; -1 when there is none.</param>
    internal readonly record struct Entry(ulong Hash, long Offset, int Previous);
}
