namespace Millrace.Features.Numerics;

/// <summary>The smallest of many keys, with what they belong to.</summary>
internal static class SmallestKeys
{
    // Below this a sort is as fast.
    private const int Small = 32;

    /// <summary>
    /// Brings the smallest <paramref name="most"/> keys to the front, ascending, and with them all others that equal the greatest of those: whoever breaks ties otherwise
    /// needs them. Pairs of equal keys stand in no particular order.
    /// </summary>
    /// <returns>How many stand there.</returns>
    internal static int Select(Span<ulong> keys, Span<int> items, int most)
    {
        if (most <= 0) return 0;
        int taken = keys.Length;
        if (most < keys.Length)
        {
            Partition(keys, items, most - 1);
            ulong greatest = keys[most - 1];
            taken = most;
            for (int i = most; i < keys.Length; i++)
            {
                if (keys[i] == greatest) Swap(keys, items, taken++, i);
            }
        }

        keys[..taken].Sort(items[..taken]);
        return taken;
    }

    /// <summary>A key that orders as numbers do, greatest first; equal where they are equal, of zeros of either sign too. No NaN.</summary>
    internal static ulong Descending(double number)
    {
        long bits = BitConverter.DoubleToInt64Bits(number + 0.0);
        return bits < 0 ? (ulong)bits : ~((ulong)bits | (1UL << 63));
    }

    /// <summary>Quickselect: key <paramref name="nth"/> comes to its place, none before it is greater and none behind it smaller. Sorts what does not shrink fast enough.</summary>
    private static void Partition(Span<ulong> keys, Span<int> items, int nth)
    {
        int turns = 2 * int.Log2(keys.Length);
        while (keys.Length > Small && turns-- > 0)
        {
            ulong pivot = Median(keys[0], keys[keys.Length / 2], keys[^1]);
            int low = 0;
            int high = keys.Length - 1;
            while (low <= high)
            {
                while (keys[low] < pivot) low++;
                while (keys[high] > pivot) high--;
                if (low <= high) Swap(keys, items, low++, high--);
            }

            // Between the two stand keys that equal the pivot.
            if (nth > high && nth < low) return;
            int from = nth <= high ? 0 : low;
            int length = nth <= high ? high + 1 : keys.Length - low;
            keys = keys.Slice(from, length);
            items = items.Slice(from, length);
            nth -= from;
        }

        keys.Sort(items);
    }

    private static ulong Median(ulong a, ulong b, ulong c) => Math.Max(Math.Min(a, b), Math.Min(Math.Max(a, b), c));

    private static void Swap(Span<ulong> keys, Span<int> items, int i, int j)
    {
        (keys[i], keys[j]) = (keys[j], keys[i]);
        (items[i], items[j]) = (items[j], items[i]);
    }
}
