namespace Millrace.Features.Online;

/// <summary>
/// The best entries of a count list in canonical order: count descending, last event descending, item id ordinal. Deleted items, and those that
/// only events have named, are left out, however often they were clicked, so that they take nobody's place.
/// </summary>
internal static class TopEntries
{
    /// <summary>Fills <paramref name="best"/> with the best entries, best first; returns how many.</summary>
    /// <param name="entries">The entries.</param>
    /// <param name="best">As many as are wanted.</param>
    /// <param name="snapshot">Where items are read.</param>
    /// <param name="hidden">Whether items that nobody may see are taken too: a selection that outlives the snapshot must not depend on them.</param>
    internal static int Select(CountList entries, Span<CountEntry> best, FeatureSnapshot snapshot, bool hidden = false)
    {
        if (best.Length == 0) return 0;
        int taken = 0;
        for (int chunk = 0; chunk < entries.ScanCount; chunk++)
        {
            foreach (ref readonly CountEntry entry in entries.Scan(chunk))
            {
                if (taken < best.Length && (hidden || !Hidden(entry, snapshot)))
                {
                    best[taken] = entry;
                    Up(best, taken++, snapshot);
                }
                else if (taken == best.Length && Better(entry, best[0], snapshot) && (hidden || !Hidden(entry, snapshot)))
                {
                    best[0] = entry;
                    Down(best, taken, snapshot);
                }
            }
        }

        for (int end = taken - 1; end > 0; end--)
        {
            (best[0], best[end]) = (best[end], best[0]);
            Down(best, end, snapshot);
        }

        return taken;
    }

    private static bool Hidden(in CountEntry entry, FeatureSnapshot snapshot) => snapshot.Item(entry.Row) is { Deleted: true } or { Ghost: true };

    private static bool Better(in CountEntry x, in CountEntry y, FeatureSnapshot snapshot)
    {
        if (x.Count != y.Count) return x.Count > y.Count;
        if (x.Last != y.Last) return x.Last > y.Last;
        return string.CompareOrdinal(snapshot.Item(x.Row).Id, snapshot.Item(y.Row).Id) < 0;
    }

    /// <summary>A heap whose root is the worst of the best.</summary>
    private static void Up(Span<CountEntry> heap, int at, FeatureSnapshot snapshot)
    {
        while (at > 0)
        {
            int parent = (at - 1) / 2;
            if (!Better(heap[parent], heap[at], snapshot)) return;
            (heap[parent], heap[at]) = (heap[at], heap[parent]);
            at = parent;
        }
    }

    private static void Down(Span<CountEntry> heap, int count, FeatureSnapshot snapshot)
    {
        int at = 0;
        while (true)
        {
            int worst = (2 * at) + 1;
            if (worst >= count) return;
            if (worst + 1 < count && Better(heap[worst], heap[worst + 1], snapshot)) worst++;
            if (!Better(heap[at], heap[worst], snapshot)) return;
            (heap[at], heap[worst]) = (heap[worst], heap[at]);
            at = worst;
        }
    }
}
