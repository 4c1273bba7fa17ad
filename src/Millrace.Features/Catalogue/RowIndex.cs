using Millrace.Features.Numerics;
using Millrace.Features.Online;

namespace Millrace.Features.Catalogue;

/// <summary>
/// Item id → row: open addressing with linear probing over an array that freezes by sharing, so that a snapshot finds exactly the items of its own epoch even
/// when a row has since gone to another item. Half full at most. A place holds the whole hash beside the row, so that a search by hash reads no item, and one by id none in vain. Single writer.
/// </summary>
/// <param name="items">The items, whose ids are the keys.</param>
/// <param name="expected">How many are about to come.</param>
internal sealed class RowIndex(CowArray<CatalogueItem?> items, int expected = 0)
{
    private const int LeastBits = 8;

    private static readonly ulong Seed = (uint)"".GetHashCode(StringComparison.Ordinal) | ((ulong)(uint)"seed".GetHashCode(StringComparison.Ordinal) << 32);

    private CowArray<Place> _places = new();
    private int _bits = Math.Max(LeastBits, int.Log2(Math.Max(1, expected)) + 2);
    private int _count;

    /// <param name="id">The item.</param>
    /// <param name="hash">Its hash.</param>
    internal int Find(string id, ulong hash) => new Frozen(_places.Now, items.Now, _bits).Find(id, hash);

    /// <summary>The row of the item of this hash; −1 when there is none.</summary>
    internal int Find(ulong hash) => new Frozen(_places.Now, items.Now, _bits).Find(hash);

    /// <summary>Begins to load where the search for a hash begins.</summary>
    internal void Prefetch(ulong hash) => _places.Now.Prefetch(Home(hash, _bits));

    /// <summary>Adds the item that stands in <paramref name="row"/>; its id is new.</summary>
    internal void Add(int row)
    {
        if (2 * (_count + 1) > 1 << _bits)
        {
            Grow();
        }

        _count++;
        var hash = items.Read(row)!.Hash;
        _places.Edit(Seek(_places.Now, _bits, hash, default(Free))) = new Place(hash, row);
    }

    /// <summary>Adds the item that stands in <paramref name="row"/>; false when its id is there already.</summary>
    internal bool TryAdd(int row)
    {
        if (2 * (_count + 1) > 1 << _bits)
        {
            Grow();
        }

        var item = items.Read(row)!;
        var at = Seek(_places.Now, _bits, item.Hash, new OfId(items.Now, item.Id, item.Hash));
        if (_places.Read(at).IsTaken)
        {
            return false;
        }

        _places.Edit(at) = new Place(item.Hash, row);
        _count++;
        return true;
    }

    /// <summary>Removes the item that still stands in <paramref name="row"/>.</summary>
    internal void Remove(int row)
    {
        var mask = (1 << _bits) - 1;
        var gap = Seek(_places.Now, _bits, items.Read(row)!.Hash, new OfRow(row));

        // What follows the gap moves into it unless that would put it before its home (Knuth 6.4, algorithm R): no tombstones.
        for (var at = (gap + 1) & mask; _places.Read(at) is { IsTaken: true } place; at = (at + 1) & mask)
        {
            var home = Home(place.Hash, _bits);
            if (((at - home) & mask) >= ((at - gap) & mask))
            {
                _places.Edit(gap) = place;
                gap = at;
            }
        }

        _places.Edit(gap) = default;
        _count--;
    }

    /// <summary>What stands here now, for ever; <paramref name="frozen"/> are the items as frozen at the same time.</summary>
    internal Frozen Freeze(CowArray<CatalogueItem?>.Frozen frozen) => new(_places.Freeze(), frozen, _bits);

    /// <summary>What stands here now, to read until the next edit; <paramref name="shown"/> are the items as they stand.</summary>
    internal Frozen View(CowArray<CatalogueItem?>.Frozen shown) => new(_places.Now, shown, _bits);

    private void Grow()
    {
        var old = _places.Now;
        var size = 1 << _bits;
        _places = new CowArray<Place>();
        _bits++;
        for (var at = 0; at < size; at++)
        {
            if (old[at] is { IsTaken: true } place)
            {
                _places.Edit(Seek(_places.Now, _bits, place.Hash, default(Free))) = place;
            }
        }
    }

    /// <summary>The place at which the search for a hash ends: the first that is the one, or that is free.</summary>
    private static int Seek<TSought>(CowArray<Place>.Frozen places, int bits, ulong hash, TSought sought)
        where TSought : struct, ISought
    {
        var mask = (1 << bits) - 1;
        var at = Home(hash, bits);
        while (places[at] is { IsTaken: true } place && !sought.Is(place))
        {
            at = (at + 1) & mask;
        }

        return at;
    }

    // Mixed with a number that only this process knows: ids whose hashes differ cannot be chosen to crowd one place. Ids of one hash share it; who may make up ids may slow himself down.
    private static int Home(ulong hash, int bits) => (int)(StableHash.Mix(hash ^ Seed) >> (64 - bits));

    /// <summary>The index as one snapshot sees it.</summary>
    internal readonly struct Frozen(CowArray<Place>.Frozen places, CowArray<CatalogueItem?>.Frozen items, int bits)
    {
        /// <summary>The row of the item; −1 when there is none of that id.</summary>
        internal int Find(string id) => Find(id, ItemHash.Of(id));

        /// <inheritdoc cref="Find(string)"/>
        internal int Find(string id, ulong hash) => places[Seek(places, bits, hash, new OfId(items, id, hash))].Row;

        /// <summary>The rows of the items of these hashes, −1 for each that there is none of. All begin to load their places before any is looked at, so that their misses overlap.</summary>
        internal void Find(ReadOnlySpan<ulong> hashes, Span<int> rows)
        {
            rows = rows[..hashes.Length];
            foreach (var hash in hashes)
            {
                places.Prefetch(Home(hash, bits));
            }

            for (var i = 0; i < hashes.Length; i++)
            {
                rows[i] = Find(hashes[i]);
            }
        }

        /// <summary>The row of the item of this hash; −1 when there is none.</summary>
        internal int Find(ulong hash) => places[Seek(places, bits, hash, new OfHash(hash))].Row;
    }

    /// <summary>What a search looks for; structs, so that each has a loop of its own without a call.</summary>
    private interface ISought
    {
        /// <summary>Whether a place that is taken is the one.</summary>
        bool Is(Place place);
    }

    /// <summary>Nothing but a free place.</summary>
    private readonly struct Free : ISought
    {
        public bool Is(Place place) => false;
    }

    private readonly struct OfRow(int row) : ISought
    {
        public bool Is(Place place) => place.Row == row;
    }

    private readonly struct OfHash(ulong hash) : ISought
    {
        public bool Is(Place place) => place.Hash == hash;
    }

    private readonly struct OfId(CowArray<CatalogueItem?>.Frozen items, string id, ulong hash) : ISought
    {
        public bool Is(Place place) => place.Hash == hash && items[place.Row]!.Id == id;
    }

    /// <summary>A row, and its item's hash.</summary>
    internal readonly struct Place(ulong hash, int row)
    {
        private readonly int _next = row + 1;

        internal ulong Hash => hash;

        internal bool IsTaken => _next != 0;

        /// <summary>−1 where the place is free.</summary>
        internal int Row => _next - 1;
    }
}
