using Millrace.Features.Numerics;

namespace Millrace.Features.Online;

/// <summary>A row together with the hash of a value.</summary>
internal readonly record struct CrossKey(ulong Value, int Row) : IComparable<CrossKey>
{
    public int CompareTo(CrossKey other) => Value != other.Value ? Value.CompareTo(other.Value) : Row.CompareTo(other.Row);

    /// <summary>Where a table of 2^<paramref name="bits"/> places looks first.</summary>
    internal int Home(int bits) => (int)(StableHash.Mix(Value + ((ulong)(uint)Row * 0x9E3779B97F4A7C15)) >> (64 - bits));
}

/// <summary>(row, value) → count: open addressing with linear probing over an array that freezes by sharing. Half full at most. Single writer.</summary>
internal sealed class CrossTable
{
    private const int LeastBits = 8;

    private CowArray<Entry> _places = new();
    private int _bits = LeastBits;

    internal int Count { get; private set; }

    /// <summary>The count of a key; 0 when there is none.</summary>
    internal int Find(CrossKey key) => new Frozen(_places.Now, _bits).Find(key);

    /// <summary>Adds to the count of a key, which stays above 0 or leaves at 0.</summary>
    /// <returns>The new count.</returns>
    internal int Add(CrossKey key, int count)
    {
        if (2 * (Count + 1) > 1 << _bits)
        {
            Grow();
        }

        var at = PlaceOf(key);
        ref var entry = ref _places.Edit(at);
        if (entry.Count == 0)
        {
            entry = new Entry { Value = key.Value, Row = key.Row };
            Count++;
        }

        entry.Count += count;
        var left = entry.Count;
        if (left == 0)
        {
            Remove(at);
        }

        return left;
    }

    /// <summary>What stands here now, for ever.</summary>
    internal Frozen Freeze() => new(_places.Freeze(), _bits);

    /// <summary>What stands here now, to read until the next edit.</summary>
    internal Frozen View() => new(_places.Now, _bits);

    private int PlaceOf(CrossKey key)
    {
        var mask = (1 << _bits) - 1;
        var at = key.Home(_bits);
        while (_places.Read(at) is { Count: > 0 } entry && entry.Key != key)
        {
            at = (at + 1) & mask;
        }

        return at;
    }

    private void Remove(int gap)
    {
        var mask = (1 << _bits) - 1;
        for (var at = (gap + 1) & mask; _places.Read(at) is { Count: > 0 } entry; at = (at + 1) & mask)
        {
            if (LinearProbing.FillsGap(at, entry.Key.Home(_bits), gap, mask))
            {
                _places.Edit(gap) = entry;
                gap = at;
            }
        }

        _places.Edit(gap) = default;
        Count--;
    }

    private void Grow()
    {
        var old = new Frozen(_places.Now, _bits);
        _places = new CowArray<Entry>();
        _bits++;
        foreach (var (key, count) in old.All)
        {
            _places.Edit(PlaceOf(key)) = new Entry { Value = key.Value, Row = key.Row, Count = count };
        }
    }

    /// <summary>The table as one snapshot sees it.</summary>
    internal readonly struct Frozen(CowArray<Entry>.Frozen places, int bits)
    {
        internal int Find(CrossKey key)
        {
            var mask = (1 << bits) - 1;
            for (var at = key.Home(bits); places[at] is { Count: > 0 } entry; at = (at + 1) & mask)
            {
                if (entry.Key == key)
                {
                    return entry.Count;
                }
            }

            return 0;
        }

        /// <summary>Begins to load where the search for a key begins.</summary>
        internal void Prefetch(CrossKey key) => places.Prefetch(key.Home(bits));

        /// <summary>All counts, in no order.</summary>
        internal IEnumerable<(CrossKey Key, int Count)> All
        {
            get
            {
                for (var at = 0; at < 1 << bits; at++)
                {
                    if (places[at] is { Count: > 0 } entry)
                    {
                        yield return (entry.Key, entry.Count);
                    }
                }
            }
        }
    }

    /// <summary>Sixteen bytes: as a field, a key would be as many without the count.</summary>
    internal struct Entry
    {
        internal ulong Value;
        internal int Row;
        internal int Count;

        internal readonly CrossKey Key => new(Value, Row);
    }
}
