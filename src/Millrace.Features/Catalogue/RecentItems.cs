namespace Millrace.Features.Catalogue;

/// <summary>The newest published items, at most <paramref name="most"/>, by birth then id; those of the future wait until their time.</summary>
internal sealed class RecentItems(int most)
{
    private readonly SortedSet<(long Born, string Id, int Row)> _newest = new(NewestFirst.Instance);
    private readonly PriorityQueue<(long Born, string Id, int Row), long> _scheduled = new();
    private int[]? _frozen = [];

    /// <summary>Puts an item in its place, or takes it out.</summary>
    /// <param name="row">Its row.</param>
    /// <param name="before">What it was; null when it is new.</param>
    /// <param name="after">What it is.</param>
    /// <param name="now">The folder's time, Unix µs.</param>
    internal void Change(int row, CatalogueItem? before, CatalogueItem after, long now)
    {
        if (before is not null && _newest.Remove((before.Born.Value, before.Id, row))) _frozen = null;
        if (after.Deleted) return;
        if (after.Born.Value > now) _scheduled.Enqueue((after.Born.Value, after.Id, row), after.Born.Value);
        else Add((after.Born.Value, after.Id, row));
    }

    /// <summary>Lets in what has been published by <paramref name="now"/>.</summary>
    internal void Advance(long now, Func<int, CatalogueItem?> itemOf)
    {
        while (_scheduled.TryPeek(out var next, out long born) && born <= now)
        {
            _scheduled.Dequeue();
            if (itemOf(next.Row) is { Deleted: false } item && item.Born.Value == born) Add(next);
        }
    }

    /// <summary>Rows, newest first.</summary>
    internal int[] Freeze() => _frozen ??= [.. _newest.Select(entry => entry.Row)];

    private void Add((long Born, string Id, int Row) entry)
    {
        _newest.Add(entry);
        if (_newest.Count > most) _newest.Remove(_newest.Max);
        _frozen = null;
    }

    private sealed class NewestFirst : IComparer<(long Born, string Id, int Row)>
    {
        internal static readonly NewestFirst Instance = new();

        public int Compare((long Born, string Id, int Row) x, (long Born, string Id, int Row) y)
        {
            int byBirth = y.Born.CompareTo(x.Born);
            return byBirth != 0 ? byBirth : string.CompareOrdinal(x.Id, y.Id);
        }
    }
}
