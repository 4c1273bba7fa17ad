using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Millrace.Features.Online;

/// <summary>How often and how much was added to one key.</summary>
internal struct BucketEntry<TKey> : IComparable<BucketEntry<TKey>>
    where TKey : struct, IComparable<TKey>
{
    internal TKey Key;
    internal int Times;
    internal long Amount;

    public readonly int CompareTo(BucketEntry<TKey> other) => Key.CompareTo(other.Key);

    /// <summary>Takes in one of the same key; false when the amounts do not fit 64 bits together, and both stay.</summary>
    internal bool TryAdd(in BucketEntry<TKey> other)
    {
        if (!EventAmount.Fit(Amount, other.Amount))
        {
            return false;
        }

        Times += other.Times;
        Amount += other.Amount;
        return true;
    }
}

/// <summary>Puts entries in the order of their keys, each key once, and again only where its amounts do not fit 64 bits together.</summary>
internal static class BucketEntries
{
    // Below this, clearing the counters costs more than comparing.
    private const int LeastCounted = 256;
    private const int DigitBits = 11;

    /// <summary>Merges the entries from <paramref name="sorted"/> on, which are in any order, into those before, which are in order.</summary>
    /// <returns>How many are left, at the front.</returns>
    internal static int Merge<TKey>(Span<BucketEntry<TKey>> entries, int sorted)
        where TKey : struct, IComparable<TKey>, IEquatable<TKey>
    {
        var added = entries.Length - sorted;
        if (added == 0)
        {
            return sorted;
        }

        var rented = ArrayPool<BucketEntry<TKey>>.Shared.Rent(2 * added);
        var tail = rented.AsSpan(0, added);
        entries[sorted..].CopyTo(tail);
        Sort(tail, rented.AsSpan(added, added));
        var left = MergeBackwards(entries, sorted, tail[..Unite(tail)]);
        ArrayPool<BucketEntry<TKey>>.Shared.Return(rented);
        return left;
    }

    /// <summary>From the back, so that no entry is overwritten before it has moved.</summary>
    private static int MergeBackwards<TKey>(Span<BucketEntry<TKey>> entries, int sorted, ReadOnlySpan<BucketEntry<TKey>> tail)
        where TKey : struct, IComparable<TKey>
    {
        var (a, b) = (sorted - 1, tail.Length - 1);
        var end = sorted + tail.Length;
        var at = end;
        while (b >= 0)
        {
            var order = a < 0 ? -1 : entries[a].Key.CompareTo(tail[b].Key);
            entries[--at] = order < 0 ? tail[b] : entries[a];
            if (order == 0 && !entries[at].TryAdd(tail[b]))
            {
                (entries[at], order) = (tail[b], -1);
            }

            a -= order >= 0 ? 1 : 0;
            b -= order <= 0 ? 1 : 0;
        }

        entries[at..end].CopyTo(entries[(a + 1)..]);
        return a + 1 + end - at;
    }

    /// <summary>Adds up what has one key; the entries are in order.</summary>
    private static int Unite<TKey>(Span<BucketEntry<TKey>> entries)
        where TKey : struct, IComparable<TKey>, IEquatable<TKey>
    {
        var last = 0;
        for (var i = 1; i < entries.Length; i++)
        {
            if (!entries[i].Key.Equals(entries[last].Key) || !entries[last].TryAdd(entries[i]))
            {
                entries[++last] = entries[i];
            }
        }

        return last + 1;
    }

    private static void Sort<TKey>(Span<BucketEntry<TKey>> entries, Span<BucketEntry<TKey>> scratch)
        where TKey : struct, IComparable<TKey>
    {
        if (entries.Length >= LeastCounted && (typeof(TKey) == typeof(int) || typeof(TKey) == typeof(long)))
        {
            SortByDigits(entries, scratch);
        }
        else
        {
            entries.Sort();
        }
    }

    /// <summary>Least digit first, over those bits only in which keys differ.</summary>
    [SkipLocalsInit]
    private static void SortByDigits<TKey>(Span<BucketEntry<TKey>> entries, Span<BucketEntry<TKey>> scratch)
        where TKey : struct, IComparable<TKey>
    {
        var (first, differing) = (Bits(entries[0].Key), 0UL);
        foreach (ref readonly var entry in entries)
        {
            differing |= Bits(entry.Key) ^ first;
        }

        Span<int> starts = stackalloc int[1 << DigitBits];
        var from = entries;
        var into = scratch;
        while (differing != 0)
        {
            var shift = BitOperations.TrailingZeroCount(differing);
            const ulong Mask = (1 << DigitBits) - 1;
            differing = shift + DigitBits >= 64 ? 0 : differing & ~(Mask << shift);
            starts.Clear();
            foreach (ref readonly var entry in from)
            {
                starts[(int)((Bits(entry.Key) >> shift) & Mask)]++;
            }

            var start = 0;
            foreach (ref var place in starts)
            {
                (place, start) = (start, start + place);
            }

            foreach (ref readonly var entry in from)
            {
                into[starts[(int)((Bits(entry.Key) >> shift) & Mask)]++] = entry;
            }

            var swap = from;
            from = into;
            into = swap;
        }

        if (from != entries)
        {
            from.CopyTo(entries);
        }
    }

    // With the sign turned over, the order of the bits is the order of the numbers.
    private static ulong Bits<TKey>(TKey key)
        where TKey : struct =>
        typeof(TKey) == typeof(int) ? (uint)(Unsafe.BitCast<TKey, int>(key) ^ int.MinValue) : (ulong)(Unsafe.BitCast<TKey, long>(key) ^ long.MinValue);
}
