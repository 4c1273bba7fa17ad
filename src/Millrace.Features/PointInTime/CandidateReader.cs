using Millrace.Features.Definitions;

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
    private int[] _candidateOf = [];
    private float[] _matrix = [];

    /// <summary>How many columns there are.</summary>
    internal int Columns => _plan.Columns;

    /// <summary>The matrix of the items, row-major, items × columns; NaN is missing. Valid until the next call.</summary>
    internal ReadOnlySpan<float> Read(Moment moment, ReadOnlySpan<string> items)
    {
        Grow(moment, items.Length);
        var rows = _rows.AsSpan(0, items.Length);
        for (var i = 0; i < items.Length; i++)
        {
            rows[i] = moment.Snapshot.RowOf(items[i]);
            if (rows[i] >= 0)
            {
                _candidateOf[rows[i]] = i + 1;
            }
        }

        var matrix = _matrix.AsSpan(0, items.Length * _plan.Columns);
        var inputs = new ReadInputs
        {
            Snapshot = moment.Snapshot,
            Rows = rows,
            CandidateOf = _candidateOf.AsSpan(0, moment.Snapshot.Rows),
            Person = moment.Person,
            Asked = moment.Decided.Asked,
            Context = moment.Decided.Context,
            Surface = moment.Decided.Surface,
            Segment = moment.Decided.Segment,
            Slot = moment.Decided.Slots is [var slot] ? slot.Slot : null,
        };
        _plan.Run(inputs, _scratch, matrix);
        foreach (var row in rows)
        {
            if (row >= 0)
            {
                _candidateOf[row] = 0;
            }
        }

        return matrix;
    }

    private void Grow(Moment moment, int count)
    {
        if (_rows.Length < count)
        {
            _rows = new int[Math.Max(count, 256)];
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
