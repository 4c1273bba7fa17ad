using System.Runtime.InteropServices;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>How much of a person's history has each value of an attribute: weights in whole numbers, so that no order leaves a trace. Reused from decision to decision.</summary>
internal sealed class ValueTally
{
    private const int MostEntries = PersonItems.Most * ItemValues.Most;

    // Less than half full.
    private const int Places = 1024;

    // A value, and the number of its entry from 1. Apart from the entries, so that little is cleared for each history, and a value that is not there is told by one load.
    private readonly uint[] _ids = new uint[Places];
    private readonly short[] _places = new short[Places];

    // The first one is that of no value.
    private readonly Entry[] _entries = new Entry[1 + MostEntries];
    private readonly long[] _weights = new long[PersonItems.Most];
    private int _count;

    /// <summary>The weight of the items that have any value.</summary>
    internal long Total { get; private set; }

    /// <summary>Counts the items of a history.</summary>
    internal void Fill(FeatureSnapshot snapshot, CatalogueState.Frozen values, ReadOnlySpan<int> rows, ReadOnlySpan<long> weights)
    {
        Array.Clear(_ids);
        weights.CopyTo(_weights);
        (Total, _count) = (0, 0);
        for (var i = 0; i < rows.Length; i++)
        {
            var ids = values.Of(snapshot.Cells(rows[i]));
            Total += ids[0] == 0 ? 0 : weights[i];
            var bit = i < 64 ? new UInt128(0, 1UL << i) : new UInt128(1UL << (i - 64), 0);
            foreach (var id in ids)
            {
                if (id == 0)
                {
                    break;
                }

                ref var entry = ref Take(id);
                entry.Weight += weights[i];
                entry.Items |= bit;
            }
        }
    }

    /// <summary>The weight of the items that have any of the values; −1 when there are no values.</summary>
    internal long Of(ReadOnlySpan<uint> ids)
    {
        if (ids[0] == 0)
        {
            return -1;
        }

        ref readonly var first = ref Find(ids[0]);
        var (sum, items) = (first.Weight, first.Items);
        for (var i = 1; i < ids.Length && ids[i] != 0; i++)
        {
            // What shares two values counts once.
            ref readonly var entry = ref Find(ids[i]);
            sum += entry.Weight - Weight(entry.Items & items);
            items |= entry.Items;
        }

        return sum;
    }

    /// <summary>The greatest weight of one value.</summary>
    internal long Top()
    {
        long top = 0;
        foreach (ref readonly var entry in _entries.AsSpan(1, _count))
        {
            top = Math.Max(top, entry.Weight);
        }

        return top;
    }

    private long Weight(UInt128 items)
    {
        long sum = 0;
        for (; items != UInt128.Zero; items &= items - UInt128.One)
        {
            sum += _weights[(int)UInt128.TrailingZeroCount(items)];
        }

        return sum;
    }

    private ref readonly Entry Find(uint id)
    {
        var place = PlaceOf(id);
        return ref _entries[_ids[place] == 0 ? 0 : _places[place]];
    }

    private ref Entry Take(uint id)
    {
        var place = PlaceOf(id);
        if (_ids[place] == 0)
        {
            (_ids[place], _places[place]) = (id, (short)++_count);
            _entries[_count] = default;
        }

        return ref _entries[_places[place]];
    }

    private int PlaceOf(uint id)
    {
        var at = (int)(id * 0x9E3779B1u >> 22);
        while (_ids[at] is not 0 and var taken && taken != id)
        {
            at = (at + 1) & (Places - 1);
        }

        return at;
    }

    private struct Entry
    {
        internal long Weight;
        internal UInt128 Items;
    }
}
