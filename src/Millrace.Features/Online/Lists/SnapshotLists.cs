using System.Collections.Concurrent;
using Millrace.Features.Definitions;

namespace Millrace.Features.Online;

/// <summary>Lists that are picked from one snapshot, each once, by the first thread that asks, which others wait for; then kept with it.</summary>
internal sealed class SnapshotLists(FeatureSnapshot snapshot)
{
    private readonly ConcurrentDictionary<Key, Lazy<int[]>> _rows = new();
    private readonly ConcurrentDictionary<Key, Lazy<Dictionary<uint, int[]>>> _byValue = new();

    private enum Kind
    {
        Popular,
        Trending,
        Unproven,
        ByValue,
    }

    /// <summary>The rows counted most, at most <paramref name="most"/>: by count, last event, then id.</summary>
    internal ReadOnlySpan<int> Popular(ListedCounts.Frozen counts, int most) => Rows(new Key(Kind.Popular, counts, null, most));

    /// <inheritdoc cref="TrendingRows.Pick"/>
    internal ReadOnlySpan<int> Trending(ListedCounts.Frozen now, ListedCounts.Frozen twice, int most) => Rows(new Key(Kind.Trending, now, twice, most));

    /// <inheritdoc cref="UnprovenRows.Pick"/>
    internal ReadOnlySpan<int> Unproven(TimeSpan within, WindowedSums.Frozen? trials) => Rows(new Key(Kind.Unproven, trials, null, within.Ticks));

    /// <inheritdoc cref="RowsByValue.Of"/>
    internal Dictionary<uint, int[]> ByValue(CatalogueState.Frozen values, ListedCounts.Frozen popular)
    {
        var key = new Key(Kind.ByValue, values, popular, RowsByValue.MostListed);
        return _byValue.TryGetValue(key, out var rows) ? rows.Value : Sort(key);
    }

    // What a list is picked from stands in its key: a closure is made where one is picked, and not at each look.
    private int[] Rows(Key key) => _rows.TryGetValue(key, out var rows) ? rows.Value : PickOnce(key);

    private int[] PickOnce(Key key) => _rows.GetOrAdd(key, new Lazy<int[]>(() => Pick(key))).Value;

    private int[] Pick(Key key) => key.Kind switch
    {
        Kind.Popular => RowsOf(((ListedCounts.Frozen)key.Of!).Entries, (int)key.Most),
        Kind.Trending => TrendingRows.Pick((ListedCounts.Frozen)key.Of!, (ListedCounts.Frozen)key.With!, (int)key.Most, snapshot),
        Kind.Unproven => UnprovenRows.Pick(new TimeSpan(key.Most), (WindowedSums.Frozen?)key.Of, snapshot),
        _ => throw new InvalidOperationException($"{key.Kind} is no list of rows"),
    };

    private Dictionary<uint, int[]> Sort(Key key) => _byValue.GetOrAdd(key, new Lazy<Dictionary<uint, int[]>>(
        () => RowsByValue.Of((CatalogueState.Frozen)key.Of!, Popular((ListedCounts.Frozen)key.With!, RowsByValue.MostListed), snapshot))).Value;

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
