using Millrace.Features.Definitions;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Features.PointInTime;

/// <summary>
/// Makes training rows of the decisions of a walk. What stands in them are values of these definitions alone: what a caller gave with a request, a label among it, is in none.
/// </summary>
/// <param name="features">The definitions.</param>
/// <param name="slices">Take the rows.</param>
/// <param name="horizon">Of the walk: how far behind a slice's end its last rows may come.</param>
public sealed class RowBuilder(FeatureSet features, RowSlices slices, TimeSpan horizon) : IMomentVisitor
{
    /// <summary>Raised whenever the same facts would give other rows.</summary>
    public const int Engine = 1;

    private static readonly UnixMicros Never = new(long.MinValue);

    private readonly CandidateReader _reader = new(features, slices.Whole.Features);
    private readonly FeatureDefinition[] _columns = [.. slices.Whole.Features.Select(features.IndexOf).Where(index => index >= 0).Select(index => features.Definitions[index])];
    private readonly Dictionary<string, RowItem> _placed = new(StringComparer.Ordinal);
    private RowItem[] _items = [];
    private string[] _ids = [];
    private float[] _matrix = [];

    /// <summary>Decisions whose rows were written.</summary>
    public long Decisions { get; private set; }

    /// <summary>Decisions without rows because their records do not say the candidates.</summary>
    public long Slim { get; private set; }

    /// <summary>Decisions that came after their slice was complete: a clock was set back by more than the horizon.</summary>
    public long Late { get; private set; }

    /// <summary>Whether no row holds a value that a bound may have made inexact.</summary>
    public bool IsWhole { get; private set; } = true;

    public async ValueTask VisitAsync(Moment moment, CancellationToken cancellation)
    {
        // No decision knows an epoch that began after it, so that what comes is later than the epoch, but for what a clock was set back.
        var (begun, decided) = (moment.Snapshot.Time - horizon, moment.Decided);
        await slices.CompleteAsync(begun, begun, cancellation);
        var time = WalkOptions.TimeOf(decided);
        if (!slices.Wants(time))
        {
            return;
        }

        if (slices.Whole.Kind == RowKind.Candidates && decided.Inputs is null)
        {
            Slim++;
            return;
        }

        if (_columns.Any(feature => moment.InexactOf(feature) is not null))
        {
            IsWhole = false;
            slices.Miss(time);
        }

        var count = slices.Whole.Kind == RowKind.Candidates ? TakeCandidates(decided, decided.Inputs!) : TakeSlate(decided);
        var read = _reader.Read(moment, _ids.AsSpan(0, count));
        if (_matrix.Length < read.Length)
        {
            _matrix = new float[read.Length];
        }

        read.CopyTo(_matrix);
        var rows = new DecisionRows(
            decided.Id, time, decided.Surface, decided.Policy, decided.Epoch, decided.Mode, _items.AsMemory(0, count), _matrix.AsMemory(0, count * _reader.Columns));
        var written = await slices.WriteAsync(rows, cancellation);
        Decisions += written ? 1 : 0;
        Late += written ? 0 : 1;
    }

    /// <summary>Leaves the slice of a decision that should have rows undone; erased persons never can have any.</summary>
    public void Missed(Decided decided, NotVisited reason)
    {
        if (reason != NotVisited.Erased)
        {
            slices.Miss(WalkOptions.TimeOf(decided));
        }
    }

    /// <summary>Completes what the walk has gone through.</summary>
    /// <param name="latest">When the journal's last record of a decision or an epoch was received: what ends a horizon before it is final.</param>
    /// <param name="cancellation">Leaves the rest undone.</param>
    public ValueTask CompleteAsync(UnixMicros latest, CancellationToken cancellation) =>
        slices.CompleteAsync(slices.Whole.To, latest == Never ? Never : latest - horizon, cancellation);

    private int TakeSlate(Decided decided)
    {
        var count = 0;
        foreach (var slot in decided.Slots)
        {
            for (var i = 0; i < slot.Items.Length; i++)
            {
                Take(count++, Placed(slot, i));
            }
        }

        return count;
    }

    private int TakeCandidates(Decided decided, DecisionInputs inputs)
    {
        _placed.Clear();
        foreach (var slot in decided.Slots)
        {
            for (var i = 0; i < slot.Items.Length; i++)
            {
                _placed.TryAdd(slot.Items[i].Item, Placed(slot, i));
            }
        }

        for (var i = 0; i < inputs.Candidates.Length; i++)
        {
            Take(i, _placed.TryGetValue(inputs.Candidates[i], out var placed) ? placed : new RowItem(inputs.Candidates[i]));
        }

        return inputs.Candidates.Length;
    }

    private static RowItem Placed(DecidedSlot slot, int i) => new(slot.Items[i].Item, slot.Slot, i + 1, slot.Items[i].Propensity, slot.Items[i].Explored);

    private void Take(int row, RowItem item)
    {
        if (row >= _items.Length)
        {
            Array.Resize(ref _items, Math.Max(64, 2 * row));
            Array.Resize(ref _ids, _items.Length);
        }

        (_items[row], _ids[row]) = (item, item.Item);
    }
}
