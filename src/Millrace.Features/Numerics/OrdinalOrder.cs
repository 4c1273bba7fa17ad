namespace Millrace.Features.Numerics;

/// <summary>Ids of what is sorted.</summary>
internal interface IIds
{
    string this[int item] { get; }
}

/// <summary>
/// Sorts by id, in ordinal order: the next few characters of each as one number, and those that are still equal by the characters after. Candidates of equal score are
/// many, and their ids near each other.
/// </summary>
internal static class OrdinalOrder
{
    /// <summary>Sorts each run of equal keys by id.</summary>
    /// <param name="keys">Equal ones side by side; of runs they are overwritten.</param>
    /// <param name="items">What they belong to.</param>
    /// <param name="ids">Its ids.</param>
    internal static void SortRuns<T>(Span<ulong> keys, Span<int> items, T ids)
        where T : IIds, allows ref struct => Runs(keys, items, ids, from: 0);

    private static void Runs<T>(Span<ulong> keys, Span<int> items, T ids, int from)
        where T : IIds, allows ref struct
    {
        for (int start = 0; start < keys.Length;)
        {
            int end = start + 1;
            while (end < keys.Length && keys[end] == keys[start]) end++;
            if (end - start > 1) Sort(keys[start..end], items[start..end], ids, from);
            start = end;
        }
    }

    /// <summary>Sorts ids that are equal before character <paramref name="from"/>.</summary>
    private static void Sort<T>(Span<ulong> keys, Span<int> items, T ids, int from)
        where T : IIds, allows ref struct
    {
        (int length, int bits) = (7, 9);
        if (!Pack(keys, items, ids, from, length, bits, out bool more))
        {
            (length, bits) = (3, 17);
            Pack(keys, items, ids, from, length, bits, out more);
        }

        keys.Sort(items);
        if (more) Runs(keys, items, ids, from + length);
    }

    /// <summary>
    /// Packs <paramref name="length"/> characters from <paramref name="from"/> on, the first highest, each one more than it is: what is behind the end is zero.
    /// </summary>
    /// <returns>False when a character needs more than <paramref name="bits"/>.</returns>
    private static bool Pack<T>(Span<ulong> keys, ReadOnlySpan<int> items, T ids, int from, int length, int bits, out bool more)
        where T : IIds, allows ref struct
    {
        more = false;
        ulong all = 0;
        for (int i = 0; i < keys.Length; i++)
        {
            string id = ids[items[i]];
            ulong key = 0;
            for (int at = from; at < from + length; at++)
            {
                ulong character = at < id.Length ? id[at] + 1UL : 0;
                all |= character;
                key = (key << bits) | character;
            }

            keys[i] = key;
            more |= id.Length > from + length;
        }

        return all >> bits == 0;
    }
}
