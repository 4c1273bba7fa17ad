using Millrace.Features.Numerics;

namespace Millrace.Features.Online;

/// <summary>New items that have been tried least.</summary>
internal static class UnprovenRows
{
    /// <summary>
    /// All items born within <paramref name="within"/> before the snapshot's time, of which <see cref="FeatureSnapshot.Recent"/> holds the newest: those with fewest trials
    /// first, and of as many trials each epoch others. What is shown gains trials and makes room for what was not; what a ranking passes over does not stand in its way for ever.
    /// </summary>
    /// <param name="within">How old an item may be.</param>
    /// <param name="trials">Counts of what a trial is; null takes the newest first, then by id.</param>
    /// <param name="snapshot">Where they are read.</param>
    internal static int[] Pick(TimeSpan within, WindowedSums.Frozen? trials, FeatureSnapshot snapshot)
    {
        var from = snapshot.Time - within;
        int[] rows = [.. snapshot.Recent.TakeWhile(row => snapshot.Item(row).Born > from)];
        if (trials is null)
        {
            return rows;
        }

        ulong turn = StableHash.Mix((ulong)snapshot.Epoch);
        return [.. rows.OrderBy(row => trials.Sum(snapshot.Cells(row))).ThenBy(row => StableHash.Mix(snapshot.Item(row).Hash ^ turn))];
    }
}
