using System.Collections.Concurrent;
using Millrace.Features.Definitions;

namespace Millrace.Features.Online;

/// <summary>Lists that are picked from one snapshot, each at the first call and then kept with it: any thread asks.</summary>
internal sealed class SnapshotLists(FeatureSnapshot snapshot)
{
    private readonly ConcurrentDictionary<Key, int[]> _rows = new();
    private readonly ConcurrentDictionary<Key, Dictionary<uint, int[]>> _byValue = new();

    private enum Kind
    {
        Popular,
        Trending,
        Unproven,
        ByValue,
    }

    /// <summary>The rows counted most, at most <paramref name="most"/>: by count, last event, then id.</summary>
    internal ReadOnlySpan<int> Popular(ListedCounts.Frozen counts, int most)
    {
        var key = new Key(Kind.Popular, counts, null, most);
        return _rows.TryGetValue(key, out var rows) ? rows : _rows.GetOrAdd(key, RowsOf(counts.Entries, most));
    }

    /// <inheritdoc cref="TrendingRows.Pick"/>
    internal ReadOnlySpan<int> Trending(ListedCounts.Frozen now, ListedCounts.Frozen twice, int most)
    {
        var key = new Key(Kind.Trending, now, twice, most);
        return _rows.TryGetValue(key, out var rows) ? rows : _rows.GetOrAdd(key, TrendingRows.Pick(now, twice, most, snapshot));
    }

    /// <inheritdoc cref="UnprovenRows.Pick"/>
    internal ReadOnlySpan<int> Unproven(TimeSpan within, WindowedSums.Frozen? trials)
    {
        var key = new Key(Kind.Unproven, trials, null, within.Ticks);
        return _rows.TryGetValue(key, out var rows) ? rows : _rows.GetOrAdd(key, UnprovenRows.Pick(within, trials, snapshot));
    }

    /// <inheritdoc cref="RowsByValue.Of"/>
    internal Dictionary<uint, int[]> ByValue(CatalogueState.Frozen values, ListedCounts.Frozen popular)
    {
        var key = new Key(Kind.ByValue, values, popular, RowsByValue.MostListed);
        return _byValue.TryGetValue(key, out var rows) ? rows : _byValue.GetOrAdd(key, RowsByValue.Of(values, Popular(popular, RowsByValue.MostListed), snapshot));
    }

    private int[] RowsOf(CountList entries, int most)
    {
        Span<CountEntry> best = new CountEntry[Math.Min(most, entries.Count)];
        var rows = new int[TopEntries.Select(entries, best, snapshot)];
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i] = best[i].Row;
        }

        return rows;
    }

    /// <summary>States are told apart as objects: a snapshot has one of each.</summary>
    private readonly record struct Key(Kind Kind, FrozenState? Of, FrozenState? With, long Most);
}
