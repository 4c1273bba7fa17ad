using Millrace.Features.Definitions;
using Millrace.Features.Online;

namespace Millrace.Features.PointInTime;

/// <summary>Reads the features of named items at a moment, by the plan that serves. Not thread-safe.</summary>
/// <param name="features">The set.</param>
/// <param name="names">The columns, in order.</param>
/// <param name="bare">The feature that is left missing where it is, whatever its default; null, when all have theirs.</param>
internal sealed class CandidateReader(FeatureSet features, IEnumerable<string> names, string? bare = null)
{
    private readonly ReadPlan _plan = new(features, names, bare);
    private readonly ReadScratch _scratch = new();
    private int[] _rows = [];
    private int[] _candidates = [];
    private int[] _candidateOf = [];
    private float[] _matrix = [];

    /// <summary>How many columns there are.</summary>
    internal int Columns => _plan.Columns;

    /// <summary>The matrix of the items, row-major, items × columns; NaN is missing. Valid until the next call.</summary>
    internal ReadOnlySpan<float> Read(Moment moment, ReadOnlySpan<string> items)
    {
        Grow(moment, items.Length);
        var rows = _rows.AsSpan(0, TakeRows(moment.Snapshot, items));
        var matrix = _matrix.AsSpan(0, items.Length * _plan.Columns);
        var inputs = new ReadInputs
        {
            Snapshot = moment.Snapshot,
            Rows = rows,
            Person = moment.Person,
            Asked = moment.Decided.Asked,
            Context = moment.Decided.Context,
            Surface = moment.Decided.Surface,
            Segment = moment.Decided.Segment,
            Slot = moment.Decided.Slots is [var slot] ? slot.Slot : null,
        };
        _plan.Run(inputs, _scratch, matrix[..(rows.Length * _plan.Columns)]);
        foreach (var row in rows)
        {
            if (row >= 0)
            {
                _candidateOf[row] = 0;
            }
        }

        Spread(matrix, items.Length, rows.Length);
        return matrix;
    }

    /// <summary>The rows of the items, each once, as a decision has its candidates: a record may place an item in several slots.</summary>
    /// <returns>How many.</returns>
    private int TakeRows(FeatureSnapshot snapshot, ReadOnlySpan<string> items)
    {
        var count = 0;
        for (var i = 0; i < items.Length; i++)
        {
            var row = snapshot.RowOf(items[i]);
            if (row >= 0 && _candidateOf[row] > 0)
            {
                _candidates[i] = _candidateOf[row] - 1;
                continue;
            }

            _candidates[i] = count;
            _rows[count++] = row;
            if (row >= 0)
            {
                _candidateOf[row] = count;
            }
        }

        return count;
    }

    /// <summary>Gives each item the values of its row: from the last one on, since no row's values stand behind their item.</summary>
    private void Spread(Span<float> matrix, int items, int rows)
    {
        for (var i = items - 1; i >= 0 && rows < items; i--)
        {
            matrix.Slice(_candidates[i] * _plan.Columns, _plan.Columns).CopyTo(matrix[(i * _plan.Columns)..]);
        }
    }

    private void Grow(Moment moment, int count)
    {
        if (_rows.Length < count)
        {
            _rows = new int[Math.Max(count, 256)];
            _candidates = new int[_rows.Length];
        }

        if (_candidateOf.Length < moment.Snapshot.Rows)
        {
            Array.Resize(ref _candidateOf, Math.Max(moment.Snapshot.Rows, _candidateOf.Length * 2));
        }

        if (_matrix.Length < count * _plan.Columns)
        {
            _matrix = new float[Math.Max(count, 256) * _plan.Columns];
        }
    }
}
