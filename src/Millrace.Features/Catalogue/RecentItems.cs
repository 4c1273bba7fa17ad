namespace Millrace.Features.Catalogue;

/// <summary>
/// All items that may be shown now, newest first by birth then id, of which a snapshot takes the first <paramref name="most"/>: what is pushed out by newer ones comes
/// back when those go. An item waits for its publication and leaves when it expires; each has at most one entry in either order.
/// </summary>
internal sealed class RecentItems(int most)
{
    private SortedSet<Entry> _live = new(NewestFirst.Instance);
    private SortedSet<(long At, int Row)> _due = [];
    private int[]? _frozen = [];

    /// <summary>Puts an item in its place, or takes it out.</summary>
    /// <param name="row">Its row.</param>
    /// <param name="before">What it was; null when it is new.</param>
    /// <param name="after">What it is; null when it leaves.</param>
    /// <param name="now">The folder's time, Unix µs: <see cref="Advance"/> has been called with it.</param>
    internal void Change(int row, CatalogueItem? before, CatalogueItem? after, long now)
    {
        if (before is not null)
        {
            Remove(row, before);
        }

        if (after is null or { Deleted: true } or { Ghost: true } || (after.Expires is { } expires && expires.Value <= now))
        {
            return;
        }

        if (after.Born.Value > now)
        {
            _due.Add((after.Born.Value, row));
            return;
        }

        Add(row, after);
    }

    /// <summary>When <see cref="Advance"/> will next have something to do, Unix µs.</summary>
    internal long Due => _due.Count > 0 ? _due.Min.At : long.MaxValue;

    /// <summary>Lets in what has been published by <paramref name="now"/>, and takes out what has expired.</summary>
    internal void Advance(long now, Func<int, CatalogueItem?> itemOf)
    {
        while (_due.Count > 0 && _due.Min is var next && next.At <= now)
        {
            _due.Remove(next);
            if (itemOf(next.Row) is { } item)
            {
                Change(next.Row, item, item, now);
            }
        }
    }

    /// <summary>Fills this, which is empty, at once: <see cref="Change"/> for each takes ten times as long.</summary>
    internal void Restore(int rows, Func<int, CatalogueItem?> itemOf, long now)
    {
        var (live, due) = (new List<Entry>(rows), new List<(long, int)>());
        for (var row = 0; row < rows; row++)
        {
            if (itemOf(row) is not { Deleted: false, Ghost: false } item || item.Expires?.Value <= now)
            {
                continue;
            }

            if (item.Born.Value > now)
            {
                due.Add((item.Born.Value, row));
                continue;
            }

            live.Add(new Entry(item.Born.Value, item.Id, row));
            if (item.Expires is { } expires)
            {
                due.Add((expires.Value, row));
            }
        }

        (_live, _due, _frozen) = (new SortedSet<Entry>(live, NewestFirst.Instance), new SortedSet<(long, int)>(due), null);
    }

    /// <summary>Rows, newest first.</summary>
    internal int[] Freeze() => _frozen ??= [.. _live.Take(most).Select(entry => entry.Row)];

    private void Add(int row, CatalogueItem item)
    {
        _live.Add(new Entry(item.Born.Value, item.Id, row));
        if (item.Expires is { } expires)
        {
            _due.Add((expires.Value, row));
        }

        _frozen = null;
    }

    private void Remove(int row, CatalogueItem item)
    {
        _due.Remove((item.Born.Value, row));
        if (item.Expires is { } expires)
        {
            _due.Remove((expires.Value, row));
        }

        if (_live.Remove(new Entry(item.Born.Value, item.Id, row)))
        {
            _frozen = null;
        }
    }

    private readonly record struct Entry(long Born, string Id, int Row);

    private sealed class NewestFirst : IComparer<Entry>
    {
        internal static readonly NewestFirst Instance = new();

        public int Compare(Entry x, Entry y)
        {
            var byBirth = y.Born.CompareTo(x.Born);
            return byBirth != 0 ? byBirth : string.CompareOrdinal(x.Id, y.Id);
        }
    }
}
