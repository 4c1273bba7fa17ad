using System.Numerics;
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
            var (low, high) = i < 64 ? (1UL << i, 0UL) : (0UL, 1UL << i);
            foreach (var id in ids)
            {
                if (id == 0)
                {
                    break;
                }

                ref var entry = ref Take(id);
                entry.Weight += weights[i];
                (entry.Low, entry.High) = (entry.Low | low, entry.High | high);
            }
        }
    }

    /// <summary>The weight of the items that have a value.</summary>
    internal long Of(uint id) => Find(id).Weight;

    /// <summary>The weight of the items that have any of a candidate's values, of which there is one at least.</summary>
    internal long Of(CellRow row, CatalogueState.Frozen values)
    {
        ref readonly var first = ref Find(row[values.At]);
        var (sum, low, high) = (first.Weight, first.Low, first.High);
        for (var at = values.At + 1; at < values.At + values.Cells && row[at] is var id and not 0; at++)
        {
            // What shares two values counts once.
            ref readonly var entry = ref Find(id);
            sum += entry.Weight - Weight(entry.Low & low, 0) - Weight(entry.High & high, 64);
            (low, high) = (low | entry.Low, high | entry.High);
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

    private long Weight(ulong items, int from)
    {
        long sum = 0;
        for (; items != 0; items &= items - 1)
        {
            sum += _weights[from + BitOperations.TrailingZeroCount(items)];
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

        /// <summary>A bit for each of the first 64 items that has the value.</summary>
        internal ulong Low;

        /// <summary>A bit for each of the others.</summary>
        internal ulong High;
    }
}
