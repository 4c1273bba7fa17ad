using Millrace.Features.Images;
using Millrace.Features.Numerics;
using Millrace.Features.Online;

namespace Millrace.Features.Catalogue;

/// <summary>
/// Gives items their rows. The catalogue's items and those learnt from events have a bound each, so that ids that somebody made up never take the place of an
/// acknowledged item. At its bound a kind gives up the row of a deleted, or of its oldest learnt, item that no count refers to any more. Single writer.
/// </summary>
/// <param name="maxItems">The most items of the catalogue, deleted ones included.</param>
/// <param name="maxLearnt">The most items that only events name.</param>
/// <param name="uses">Who refers to a row.</param>
/// <param name="leaving">Told of each row that its item is about to leave; says whether anything is lost with it.</param>
internal sealed class ItemRows(int maxItems, int maxLearnt, RowUses uses, Func<int, CatalogueItem, bool> leaving)
{
    /// <summary>So many rows are tried for one that is free: a bounded price for each change at the bound.</summary>
    private const int Tries = 64;

    private readonly CowArray<CatalogueItem?> _items = new();
    private readonly Leavers _deleted = new();
    private readonly Leavers _learnt = new();
    private readonly Stack<int> _free = new();
    private RowIndex? _index;
    private int _catalogued;
    private int _learntCount;

    /// <summary>Rows given so far; some may be empty.</summary>
    internal int Count { get; private set; }

    private RowIndex Index => _index ??= new RowIndex(_items);

    internal int Find(string id) => Index.Find(id, ItemHash.Of(id));

    /// <param name="id">The item.</param>
    /// <param name="hash">Its hash.</param>
    internal int Find(string id, ulong hash) => Index.Find(id, hash);

    /// <summary>The row of an item of this hash; −1 when there is none.</summary>
    internal int Find(ulong hash) => Index.Find(hash);

    /// <summary>Begins to load where <see cref="Find(ulong)"/> will look.</summary>
    internal void PrefetchPlace(ulong hash) => Index.Prefetch(hash);

    /// <summary>Begins to load where <see cref="Read"/> will look.</summary>
    internal void PrefetchRow(int row) => _items.Now.Prefetch(row);

    internal CatalogueItem? Read(int row) => _items.Read(row);

    /// <summary>Puts an item of the catalogue in its row; −1 when there is no place for it.</summary>
    internal int Put(CatalogueItem item)
    {
        var row = Find(item.Id);
        var before = row < 0 ? null : Read(row);
        if (before is null or { Learnt: true })
        {
            if (_catalogued >= maxItems && !GiveUp(_deleted, static item => item is { Learnt: false, Deleted: true }, out _))
            {
                return -1;
            }

            _catalogued++;
            _learntCount -= before is null ? 0 : 1;
        }

        row = Set(row, item);
        if (item.Deleted)
        {
            _deleted.Add(row);
        }

        return row;
    }

    /// <summary>Puts an item that only events name in a row; −1 when there is no place for it.</summary>
    /// <param name="item">The item.</param>
    /// <param name="bounded">Whether the bound left something out: the item, or what was known of an older one that made room.</param>
    internal int Learn(CatalogueItem item, out bool bounded)
    {
        var row = Find(item.Id);
        bounded = false;
        if (row < 0)
        {
            if (_learntCount >= maxLearnt && !GiveUp(_learnt, static item => item.Learnt, out bounded))
            {
                return -1;
            }

            _learntCount++;
        }

        row = Set(row, item);
        _learnt.Add(row);
        return row;
    }

    internal (CowArray<CatalogueItem?>.Frozen Items, RowIndex.Frozen Index) Freeze()
    {
        var items = _items.Freeze();
        return (items, Index.Freeze(items));
    }

    /// <summary>What else than the items decides which row is given next: rows that are free, and those that may have to leave.</summary>
    internal RowOrder Order() => new(Count, [.. _free.Reverse()], _deleted.InOrder(), _learnt.InOrder());

    /// <summary>Fills this, which is empty, with what a snapshot held.</summary>
    /// <param name="order">As <see cref="Order"/> said.</param>
    /// <param name="itemOf">The item of a row, called for each but the free ones in ascending order.</param>
    /// <exception cref="FeatureSnapshotException">More than the bounds allow, or an item twice.</exception>
    internal void Restore(RowOrder order, Func<int, CatalogueItem> itemOf)
    {
        Count = order.Rows;
        Array.ForEach(order.Free, _free.Push);
        var free = new HashSet<int>(order.Free);
        _index = new RowIndex(_items, order.Rows);
        for (var row = 0; row < Count; row++)
        {
            if (free.Contains(row))
            {
                continue;
            }

            var item = itemOf(row);
            _items.Edit(row) = item;
            if (!_index.TryAdd(row))
            {
                throw new FeatureSnapshotException(FeatureSnapshotFault.Duplicate, "an item twice");
            }

            _ = item.Learnt ? _learntCount++ : _catalogued++;
            if (_catalogued > maxItems || _learntCount > maxLearnt)
            {
                throw new FeatureSnapshotException(FeatureSnapshotFault.Oversized, $"more than {maxItems} items, or {maxLearnt} that are learnt");
            }
        }

        Array.ForEach(order.Deleted, _deleted.Add);
        Array.ForEach(order.Learnt, _learnt.Add);
    }

    /// <summary>What stands here now, to read until the next edit.</summary>
    internal (CowArray<CatalogueItem?>.Frozen Items, RowIndex.Frozen Index) View() => (_items.Now, Index.View(_items.Now));

    private int Set(int row, CatalogueItem item)
    {
        var known = row >= 0;
        if (!known)
        {
            row = _free.TryPop(out var free) ? free : Count++;
        }

        _items.Edit(row) = item;
        if (!known)
        {
            Index.Add(row);
        }

        return row;
    }

    /// <returns>Whether there is room now.</returns>
    private bool GiveUp(Leavers leavers, Func<CatalogueItem, bool> may, out bool lost)
    {
        for (var tries = Math.Min(Tries, leavers.Count); tries > 0; tries--)
        {
            var row = leavers.Take();
            if (Read(row) is not { } item || !may(item))
            {
                continue;
            }

            if (uses.Any(row))
            {
                leavers.Add(row);
                continue;
            }

            lost = leaving(row, item);
            Index.Remove(row);
            _items.Edit(row) = null;
            _free.Push(row);
            _ = item.Learnt ? _learntCount-- : _catalogued--;
            return true;
        }

        lost = true;
        return false;
    }

    /// <summary>Rows that may have to leave, oldest first, each once.</summary>
    private sealed class Leavers
    {
        private readonly Queue<int> _order = new();
        private readonly HashSet<int> _waiting = [];

        internal int Count => _order.Count;

        internal int[] InOrder() => [.. _order];

        internal void Add(int row)
        {
            if (_waiting.Add(row))
            {
                _order.Enqueue(row);
            }
        }

        internal int Take()
        {
            var row = _order.Dequeue();
            _waiting.Remove(row);
            return row;
        }
    }
}

/// <summary>Which rows are given next.</summary>
/// <param name="Rows">Rows given so far.</param>
/// <param name="Free">Those that are free, the next one last.</param>
/// <param name="Deleted">Those that may have to leave for an item of the catalogue, the first one first.</param>
/// <param name="Learnt">Those that may have to leave for a learnt item, the first one first.</param>
internal sealed record RowOrder(int Rows, int[] Free, int[] Deleted, int[] Learnt);
