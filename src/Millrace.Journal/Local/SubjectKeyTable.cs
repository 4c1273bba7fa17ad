using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Millrace.Journal.Local;

/// <summary>
/// The live keys in memory, about 150 bytes each: by owner and by id. Their bytes stand in pages that never move, so that no copy of one outlives it. Not thread-safe.
/// </summary>
internal sealed class SubjectKeyTable
{
    private const int PageKeys = 1024;
    private readonly Dictionary<UInt128, long> _ids = [];
    private readonly Dictionary<long, Entry> _entries = [];
    private readonly List<byte[]> _pages = [];
    private readonly Stack<int> _free = [];

    public int Count => _ids.Count;

    /// <summary>Which round of use it is; <see cref="Unused"/> asks for keys that were not used since one.</summary>
    public int Round { get; set; }

    /// <returns>0 when the owner has no key.</returns>
    public long IdOf(UInt128 owner) => _ids.GetValueOrDefault(owner);

    /// <summary>The owner of a key; the default when it is not here.</summary>
    public UInt128 OwnerOf(long id) => _entries.TryGetValue(id, out var entry) ? entry.Owner : default;

    /// <summary>The bytes of a key that is here, for use: notes that it was used in this round.</summary>
    public Span<byte> Use(long id)
    {
        ref var entry = ref CollectionsMarshal.GetValueRefOrNullRef(_entries, id);
        entry.Used = Round;
        return SecretAt(entry.Place);
    }

    /// <summary>The bytes of a key; empty when it is not here.</summary>
    public ReadOnlySpan<byte> Secret(long id) => _entries.TryGetValue(id, out var entry) ? SecretAt(entry.Place) : [];

    /// <summary>Makes room for a key whose bytes the caller writes. Where damage left two for one owner, the newer one seals.</summary>
    public Span<byte> Add(long id, UInt128 owner)
    {
        if (_free.Count == 0)
        {
            Grow();
        }

        var place = _free.Pop();
        _ids[owner] = id;
        _entries.Add(id, new Entry(owner, place, Round));
        return SecretAt(place);
    }

    /// <summary>Forgets a key and its bytes.</summary>
    public void Remove(long id)
    {
        if (!_entries.Remove(id, out var entry))
        {
            return;
        }

        CryptographicOperations.ZeroMemory(SecretAt(entry.Place));
        _free.Push(entry.Place);
        if (_ids.GetValueOrDefault(entry.Owner) == id)
        {
            _ids.Remove(entry.Owner);
        }
    }

    /// <summary>The keys up to an id that were last used before a round.</summary>
    public IEnumerable<long> Unused(long upTo, int round) => _entries.Where(e => e.Key <= upTo && e.Value.Used < round).Select(e => e.Key);

    private void Grow()
    {
        var first = _pages.Count * PageKeys;
        _pages.Add(GC.AllocateArray<byte>(PageKeys * SubjectKeyFile.SecretBytes, pinned: true));
        for (var place = first + PageKeys - 1; place >= first; place--)
        {
            _free.Push(place);
        }
    }

    private Span<byte> SecretAt(int place) => _pages[place / PageKeys].AsSpan(place % PageKeys * SubjectKeyFile.SecretBytes, SubjectKeyFile.SecretBytes);

    private record struct Entry(UInt128 Owner, int Place, int Used);
}
