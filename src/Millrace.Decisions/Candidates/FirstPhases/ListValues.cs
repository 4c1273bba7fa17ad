namespace Millrace.Decisions.Candidates;

/// <summary>What the place in each list is worth of each item of the wide pool, unweighted; missing where the list does not hold it. Reused from decision to decision.</summary>
internal sealed class ListValues
{
    private float[] _values = [];
    private int _lists;
    private int _items;

    /// <summary>Empties it for so many lists; 0 keeps none.</summary>
    internal void Begin(int lists) => (_lists, _items) = (lists, 0);

    /// <param name="item">Items are numbered as they come: at most one more than was set before.</param>
    /// <param name="list">Which list.</param>
    /// <param name="value">What its place is worth there.</param>
    internal void Set(int item, int list, float value)
    {
        if (item == _items)
        {
            int end = ++_items * _lists;
            if (_values.Length < end) Array.Resize(ref _values, Math.Max(end, _values.Length * 2));
            _values.AsSpan(end - _lists, _lists).Fill(float.NaN);
        }

        _values[(item * _lists) + list] = value;
    }

    /// <summary>An item's values, list by list.</summary>
    internal ReadOnlySpan<float> Of(int item) => _values.AsSpan(item * _lists, _lists);
}
