using Millrace.Features.Catalogue;
using Millrace.Features.Definitions;
using Millrace.Journal;

namespace Millrace.Features.Online;

/// <summary>
/// Everything that deciders read about items, at one epoch: immutable, shared by all requests, free of locks. Rows number items in the
/// order in which this folder met them; nothing that is answered depends on them.
/// </summary>
public sealed class FeatureSnapshot
{
    private readonly CowArray<CatalogueItem?>.Frozen _items;
    private readonly RowIndex.Frozen _index;
    private readonly RowStore.Frozen _words;
    private readonly FrozenState[] _states;
    private readonly Dictionary<string, ListedCounts.Frozen[]> _segments;
    private SnapshotLists? _lists;

    internal FeatureSnapshot(
        CowArray<CatalogueItem?>.Frozen items,
        RowIndex.Frozen index,
        RowStore.Frozen words,
        FrozenState[] states,
        Dictionary<string, ListedCounts.Frozen[]> segments)
    {
        _items = items;
        _index = index;
        _words = words;
        _states = states;
        _segments = segments;
    }

    /// <summary>Lists that are picked from it, once each.</summary>
    internal SnapshotLists Lists => _lists ?? Interlocked.CompareExchange(ref _lists, new SnapshotLists(this), null) ?? _lists;

    /// <summary>Numbered by its folder, on from the last epoch that was recorded; 0 is an empty snapshot where none ever was.</summary>
    public required long Epoch { get; init; }

    /// <summary>The positions that it folds.</summary>
    public required Cut Cut { get; init; }

    /// <summary>The first event of a partition that it does not fold.</summary>
    public long NextEvent(int partition)
    {
        foreach (ref readonly var next in Cut.Next.AsSpan())
        {
            if (next.Stream == JournalStream.Events && next.Partition == partition)
            {
                return next.Offset;
            }
        }

        return 0;
    }

    /// <summary>Where its windows end.</summary>
    public required UnixMicros Time { get; init; }

    public required FeatureSet Features { get; init; }

    /// <summary>Sixteen hexadecimal digits that are equal where equal facts give equal values: recorded with the epoch.</summary>
    public required string Definitions { get; init; }

    /// <summary>How many rows there are: at least the items, deleted ones too.</summary>
    public required int Rows { get; init; }

    /// <summary>Words of one row.</summary>
    internal int Words { get; init; }

    /// <summary>So many of them, from the first on, are all that reading takes.</summary>
    internal int Served { get; init; }

    /// <summary>Rows of the newest published items, newest first.</summary>
    internal int[] Recent { get; init; } = [];

    /// <summary>The catalogue's entry; null for an item that no fact up to this epoch names.</summary>
    public CatalogueItem? Find(string id) => RowOf(id) is var row and >= 0 && Item(row) is { Ghost: false } item ? item : null;

    internal int RowOf(string id) => _index.Find(id);

    /// <summary>The row of an item by its hash; −1 when there is none.</summary>
    internal int RowOf(ulong hash) => _index.Find(hash);

    /// <summary><see cref="RowOf(ulong)"/> of each hash, at less than the price of one after the other.</summary>
    internal void RowsOf(ReadOnlySpan<ulong> hashes, Span<int> rows) => _index.Find(hashes, rows);

    /// <summary>Begins to load words of a row.</summary>
    internal void Prefetch(int row, int first, int count) => _words.Prefetch(row, first, count);

    /// <summary>Begins to load what reading takes of some rows: where they stand of all, then what stands there.</summary>
    internal void PrefetchServed(ReadOnlySpan<int> rows)
    {
        foreach (var row in rows)
        {
            _words.PrefetchPlace(row);
        }

        foreach (var row in rows)
        {
            _words.Prefetch(row, 0, Served);
        }
    }

    /// <inheritdoc cref="RowStore.Frozen.Gather"/>
    internal void Gather(ReadOnlySpan<int> rows, int cells, Span<uint> into, int stride) => _words.Gather(rows, cells, into, stride);

    /// <summary>The words of a row.</summary>
    internal ReadOnlySpan<long> Row(int row) => _words[row];

    /// <summary>The cells of a row.</summary>
    internal ReadOnlySpan<uint> Cells(int row) => _words[row].Cells();

    internal CatalogueItem Item(int row) => _items[row]!;

    /// <summary>The catalogue's item of a row; null when only events name one, or none stands there.</summary>
    internal CatalogueItem? Known(int row) => _items[row] is { Ghost: false } item ? item : null;

    /// <summary>Rows whose items are not those of an earlier snapshot of the same folder; all that hold one when there is none. Deleted and left ones are among them.</summary>
    internal IEnumerable<int> ItemsChangedSince(FeatureSnapshot? before) => _items.ChangedSince(before?._items ?? default);

    internal FrozenState State(int index) => _states[index];

    internal T State<T>(StateKey key)
        where T : FrozenState => (T)_states[Features.States.IndexOf(key)];

    /// <summary>The rows most clicked within <paramref name="window"/>, at most <paramref name="most"/>: by count, last click, then id.</summary>
    /// <remarks>Selected once per snapshot, window and length, at the first call.</remarks>
    internal ReadOnlySpan<int> Popular(TimeSpan window, int most)
    {
        int state = Features.PopularState(window);
        return state < 0 ? [] : Lists.Popular((ListedCounts.Frozen)_states[state], most);
    }

    /// <summary>The rows whose clicks rose most from the window before to this one; empty where no list of the window and of twice its length is kept.</summary>
    internal ReadOnlySpan<int> Trending(TimeSpan window, int most)
    {
        var (now, twice) = (Features.PopularState(window), Features.PopularState(2 * window));
        return now < 0 || twice < 0 ? [] : Lists.Trending((ListedCounts.Frozen)_states[now], (ListedCounts.Frozen)_states[twice], most);
    }

    /// <summary>The rows most clicked within the segment, of the ladder's list; empty for a segment that has none.</summary>
    internal ReadOnlySpan<int> SegmentList(string segment, int most) =>
        _segments.TryGetValue(segment, out var lists) ? Lists.Popular(lists[0], most) : [];

    /// <summary>The rows most clicked within the segment and <paramref name="window"/>; empty for a segment that has no such list.</summary>
    internal ReadOnlySpan<int> SegmentList(string segment, TimeSpan window, int most) =>
        Features.SegmentWindows.IndexOf(window) is >= 0 and var at && _segments.TryGetValue(segment, out var lists) ? Lists.Popular(lists[at + 1], most) : [];

    /// <summary>The neighbours of an item by co-occurrence; null when it has none.</summary>
    internal CountList? Neighbours(int row) => ((SessionPairs.Frozen)_states[Features.Similar]).Of(row);

    /// <summary>The snapshot as text that depends on content alone: equal snapshots, equal lines.</summary>
    internal IEnumerable<string> Canonical()
    {
        var items = new CanonicalItems(Rows, row => _items[row]?.Id, _words);
        yield return $"time {Time}";
        foreach (var item in items.Taken.Select(Item).OrderBy(item => item.Id, StringComparer.Ordinal).Where(item => !item.Ghost))
        {
            yield return Describe(item);
        }

        yield return $"recent {string.Join(',', Recent.Select(row => Item(row).Id))}";
        for (var i = 0; i < _states.Length; i++)
        {
            foreach (var line in _states[i].Canonical(items))
            {
                yield return $"{Features.States[i]} {line}";
            }
        }

        foreach (var (segment, lists) in _segments.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            foreach (var line in lists.SelectMany(list => list.Canonical(items)))
            {
                yield return $"segment {segment} {line}";
            }
        }
    }

    /// <summary>One state's lines, for tests.</summary>
    internal IEnumerable<string> Canonical(StateKey key) => _states[Features.States.IndexOf(key)].Canonical(new CanonicalItems(Rows, row => _items[row]?.Id, _words));

    private static string Describe(CatalogueItem item) => $"{item.Id} {item.Provider} {item.Kind} {item.Published} {item.Expires} {item.FirstSeen} {item.Deleted}";
}
