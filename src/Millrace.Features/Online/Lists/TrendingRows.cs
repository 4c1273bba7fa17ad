namespace Millrace.Features.Online;

/// <summary>Rows that rise.</summary>
internal static class TrendingRows
{
    /// <summary>
    /// So many events are added to what both windows had: of two items with the same ratio the one with more events has the greater rise, and three clicks out of nothing
    /// (3 / √13) rank below a hundred after seventy (30 / √180).
    /// </summary>
    internal const int Smoothing = 10;

    /// <summary>
    /// The rows whose count rose most from the window before to this one, at most <paramref name="most"/>: by (now − before) / √(now + before + <see cref="Smoothing"/>),
    /// which is how many standard deviations two Poisson counts of one rate are apart; then by count, last event and id. What did not rise is left out.
    /// </summary>
    /// <param name="now">Counts of the window.</param>
    /// <param name="twice">Counts of a window twice as long, which ends with it. The two move in steps of their own: before is what the longer one has beyond the shorter.</param>
    /// <param name="most">How many.</param>
    /// <param name="snapshot">Says which items are hidden.</param>
    internal static int[] Pick(ListedCounts.Frozen now, ListedCounts.Frozen twice, int most, FeatureSnapshot snapshot)
    {
        var rising = new PriorityQueue<Rise, Rise>(new WorstFirst(snapshot));
        for (var slot = 0; slot < now.Entries.Count; slot++)
        {
            var entry = now.Entries[slot];
            var before = Math.Max(0, twice.Count(entry.Row) - entry.Count);
            if (entry.Count <= before || snapshot.Item(entry.Row) is { Deleted: true } or { Ghost: true })
            {
                continue;
            }

            var rise = new Rise(Score(entry.Count, before), entry);
            if (rising.Count < most)
            {
                rising.Enqueue(rise, rise);
            }
            else
            {
                rising.EnqueueDequeue(rise, rise);
            }
        }

        var rows = new int[rising.Count];
        for (var i = rows.Length - 1; i >= 0; i--)
        {
            rows[i] = rising.Dequeue().Entry.Row;
        }

        return rows;
    }

    /// <summary>The rise, in standard deviations; correctly rounded operations alone, so that it is the same everywhere.</summary>
    internal static double Score(int now, int before) => (now - (double)before) / Math.Sqrt((double)now + before + Smoothing);

    private readonly record struct Rise(double Score, CountEntry Entry);

    private sealed class WorstFirst(FeatureSnapshot snapshot) : IComparer<Rise>
    {
        public int Compare(Rise x, Rise y)
        {
            var by = x.Score.CompareTo(y.Score);
            by = by != 0 ? by : x.Entry.Count.CompareTo(y.Entry.Count);
            by = by != 0 ? by : x.Entry.Last.CompareTo(y.Entry.Last);
            return by != 0 ? by : string.CompareOrdinal(snapshot.Item(y.Entry.Row).Id, snapshot.Item(x.Entry.Row).Id);
        }
    }
}
