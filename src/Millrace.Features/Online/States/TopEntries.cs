using System.Buffers;
using Millrace.Features.Numerics;

namespace Millrace.Features.Online;

/// <summary>
/// The best entries of a count list in canonical order: count descending, last event descending, item id ordinal. Deleted items, and those that
/// only events have named, are left out, however often they were clicked, so that they take nobody's place.
/// </summary>
internal static class TopEntries
{
    // Some are hidden: rather than to ask for all that is counted, a few more are taken than are wanted.
    private const int Slack = 32;
    private const int CountBits = 24;
    private const int AgeBits = 64 - CountBits;
    private const ulong MostCount = (1UL << CountBits) - 1;
    private const ulong MostAge = (1UL << AgeBits) - 1;

    /// <summary>Fills <paramref name="best"/> with the best entries, best first; returns how many.</summary>
    /// <param name="entries">The entries.</param>
    /// <param name="best">As many as are wanted.</param>
    /// <param name="snapshot">Where items are read.</param>
    /// <param name="hidden">Whether items that nobody may see are taken too: a selection that outlives the snapshot must not depend on them.</param>
    internal static int Select(CountList entries, Span<CountEntry> best, FeatureSnapshot snapshot, bool hidden = false)
    {
        if (best.Length == 0) return 0;
        ulong[] keys = ArrayPool<ulong>.Shared.Rent(entries.Count);
        int[] slots = ArrayPool<int>.Shared.Rent(entries.Count);
        int taken = 0;
        for (int most = best.Length + (hidden ? 0 : Slack); ; most = entries.Count)
        {
            int sorted = Sort(entries, keys.AsSpan(0, entries.Count), slots.AsSpan(0, entries.Count), most, snapshot);
            for (int i = taken = 0; i < sorted && taken < best.Length; i++)
            {
                ref readonly CountEntry entry = ref entries[slots[i]];
                if (hidden || !Hidden(entry, snapshot)) best[taken++] = entry;
            }

            if (taken == best.Length || sorted == entries.Count) break;
        }

        ArrayPool<ulong>.Shared.Return(keys);
        ArrayPool<int>.Shared.Return(slots);
        return taken;
    }

    /// <summary>Brings the slots of the best <paramref name="most"/> to the front, best first, with those that only ties tell from them.</summary>
    private static int Sort(CountList entries, Span<ulong> keys, Span<int> slots, int most, FeatureSnapshot snapshot)
    {
        long newest = long.MinValue;
        int at = 0;
        for (int chunk = 0; chunk < entries.ScanCount; chunk++)
        {
            foreach (ref readonly CountEntry entry in entries.Scan(chunk)) newest = Math.Max(newest, entry.Last);
        }

        for (int chunk = 0; chunk < entries.ScanCount; chunk++)
        {
            foreach (ref readonly CountEntry entry in entries.Scan(chunk)) (keys[at], slots[at]) = (Key(entry, newest), at++);
        }

        int taken = SmallestKeys.Select(keys, slots, most);
        for (int start = 0; start < taken;)
        {
            int end = start + 1;
            while (end < taken && keys[end] == keys[start]) end++;
            if (end - start > 1) SortRun(entries, keys[start..end], slots[start..end], snapshot);
            start = end;
        }

        return taken;
    }

    private static void SortRun(CountList entries, Span<ulong> keys, Span<int> slots, FeatureSnapshot snapshot)
    {
        if (keys[0] == 0 || (keys[0] & MostAge) == MostAge) SortWhole(entries, slots, snapshot);
        else OrdinalOrder.SortRuns(keys, slots, new EntryIds(entries, snapshot));
    }

    /// <summary>Count descending, then last event: in one number, as far as both fit into it; counts that do not are equal, since their ages may not tell them apart.</summary>
    private static ulong Key(in CountEntry entry, long newest) =>
        (ulong)entry.Count >= MostCount ? 0 : ((MostCount - (ulong)entry.Count) << AgeBits) | Math.Min(MostAge, (ulong)(newest - entry.Last));

    private static void SortWhole(CountList entries, Span<int> slots, FeatureSnapshot snapshot) => slots.Sort((x, y) =>
    {
        (CountEntry one, CountEntry other) = (entries[x], entries[y]);
        int by = other.Count.CompareTo(one.Count);
        by = by != 0 ? by : other.Last.CompareTo(one.Last);
        return by != 0 ? by : string.CompareOrdinal(snapshot.Item(one.Row).Id, snapshot.Item(other.Row).Id);
    });

    private static bool Hidden(in CountEntry entry, FeatureSnapshot snapshot) => snapshot.Item(entry.Row) is { Deleted: true } or { Ghost: true };

    private readonly struct EntryIds(CountList entries, FeatureSnapshot snapshot) : IIds
    {
        public string this[int item] => snapshot.Item(entries[item].Row).Id;
    }
}
