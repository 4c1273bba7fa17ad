using System.Numerics;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>How much of a person's history has each value of an attribute: weights in whole numbers, so that no order leaves a trace. Reused from decision to decision.</summary>
internal sealed class ValueTally
{
    private const int MostEntries = PersonItems.Most * ItemValues.Most;

    // Less than half full.
    private const int Places = 1024;

    // Apart from the entries, so that these 8 KB alone are cleared for each history, and a value that is not there is told by one load.
    private readonly Place[] _places = new Place[Places];

    // The first one is that of no value.
    private readonly Entry[] _entries = new Entry[1 + MostEntries];
    private readonly long[] _weights = new long[PersonItems.Most];
    private readonly uint[] _values = new uint[MostEntries];
    private int _count;

    /// <summary>The weight of the items that have any value.</summary>
    internal long Total { get; private set; }

    /// <summary>Counts the items of a history.</summary>
    internal void Fill(FeatureSnapshot snapshot, CatalogueState.Frozen values, ReadOnlySpan<int> rows, ReadOnlySpan<long> weights)
    {
        Array.Clear(_places);
        weights.CopyTo(_weights);
        (Total, _count) = (0, 0);

        // All rows are read before any value is looked for: a branch that nobody foretells would otherwise wait for the row it came from.
        for (var i = 0; i < rows.Length; i++)
        {
            values.Of(snapshot.Cells(rows[i])).CopyTo(_values.AsSpan(i * values.Cells));
        }

        for (var i = 0; i < rows.Length; i++)
        {
            var ids = _values.AsSpan(i * values.Cells, values.Cells);
            Total += ids[0] == 0 ? 0 : weights[i];
            var (low, high) = i < 64 ? (1UL << i, 0UL) : (0UL, 1UL << i);
            for (var k = 0; k < ids.Length && ids[k] != 0; k++)
            {
                ref var entry = ref Take(ids[k]);
                entry.Weight += weights[i];
                (entry.Low, entry.High) = (entry.Low | low, entry.High | high);
            }
        }
    }

    /// <summary>The weight of the items that have any of each candidate's values; NaN for a candidate that has none.</summary>
    internal void Weigh(in FeatureRead read, CatalogueState.Frozen values, Span<double> weights)
    {
        // What has fewer values has its first ones.
        var most = values.Cells;
        while (most > 1 && !read.Column(values.At + most - 1).ContainsAnyExcept(0u))
        {
            most--;
        }

        var first = read.Column(values.At)[..weights.Length];
        var second = most > 1 ? read.Column(values.At + 1)[..weights.Length] : default;
        for (var i = 0; i < weights.Length; i++)
        {
            ref readonly var one = ref Find(first[i]);
            var weight = one.Weight;
            if (most > 1)
            {
                // What shares two values counts once.
                ref readonly var other = ref Find(second[i]);
                weight += other.Weight - Weight(one.Low & other.Low, 0) - Weight(one.High & other.High, 64);
                if (most > 2 && second[i] != 0)
                {
                    weight += Others(read.Row(i), values.At, most, one.Low | other.Low, one.High | other.High);
                }
            }

            weights[i] = first[i] == 0 ? double.NaN : weight;
        }
    }

    /// <summary>The values of the greatest weights, greatest first, then by value; returns how many there are.</summary>
    /// <param name="values">As many as are wanted.</param>
    /// <param name="weights">At least as long.</param>
    internal int Best(Span<uint> values, Span<long> weights)
    {
        var count = 0;
        foreach (ref readonly var place in _places.AsSpan())
        {
            if (place.Id == 0)
            {
                continue;
            }

            var weight = _entries[place.Entry].Weight;
            var at = count;
            while (at > 0 && (weights[at - 1] < weight || (weights[at - 1] == weight && values[at - 1] > place.Id)))
            {
                at--;
            }

            if (at == values.Length)
            {
                continue;
            }

            count = Math.Min(count + 1, values.Length);
            for (var i = count - 1; i > at; i--)
            {
                (values[i], weights[i]) = (values[i - 1], weights[i - 1]);
            }

            (values[at], weights[at]) = (place.Id, weight);
        }

        return count;
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

    /// <summary>What a candidate's values behind its second add.</summary>
    /// <param name="row">The candidate.</param>
    /// <param name="at">Where its values begin.</param>
    /// <param name="most">How many it has at most.</param>
    /// <param name="low">Which of the first 64 items have its first two.</param>
    /// <param name="high">Which of the others have.</param>
    private long Others(CellRow row, int at, int most, ulong low, ulong high)
    {
        long sum = 0;
        for (var k = 2; k < most && row[at + k] is var id and not 0; k++)
        {
            ref readonly var entry = ref Find(id);
            sum += entry.Weight - Weight(entry.Low & low, 0) - Weight(entry.High & high, 64);
            (low, high) = (low | entry.Low, high | entry.High);
        }

        return sum;
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

    // A place that is free is that of no value: so is the one that 0 is looked for at.
    private ref readonly Entry Find(uint id) => ref _entries[PlaceOf(id).Entry];

    private ref Entry Take(uint id)
    {
        ref var place = ref PlaceOf(id);
        if (place.Id == 0)
        {
            place = new Place { Id = id, Entry = ++_count };
            _entries[_count] = default;
        }

        return ref _entries[place.Entry];
    }

    private ref Place PlaceOf(uint id)
    {
        // One branch, which is nearly always foretold, and not one for a free place and another for the value.
        var at = (int)(id * 0x9E3779B1u >> 22);
        while ((_places[at].Id != 0) & (_places[at].Id != id))
        {
            at = (at + 1) & (Places - 1);
        }

        return ref _places[at];
    }

    private struct Place
    {
        /// <summary>The value; 0 where the place is free.</summary>
        internal uint Id;

        /// <summary>Its entry; 0, that of no value, where the place is free.</summary>
        internal int Entry;
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
