namespace Millrace.Features.Online;

/// <summary>When each item last had one kind of event: a maximum, so that the order of folding does not matter.</summary>
internal sealed class LastTimes(string @event) : FeatureState
{
    private readonly CowArray<long> _last = new();
    private int _rows;

    internal override void Advance(long time)
    {
    }

    internal override void Apply(in FoldedEvent folded)
    {
        if (folded.Event != @event || _last.Read(folded.Row) >= folded.Time) return;
        _last.Edit(folded.Row) = folded.Time;
        _rows = Math.Max(_rows, folded.Row + 1);
    }

    internal override FrozenState Freeze() => new Frozen(_last.Freeze(), _rows);

    internal sealed class Frozen(CowArray<long>.Frozen last, int rows) : FrozenState
    {
        /// <summary>Unix µs of the last event; 0 when there was none.</summary>
        internal long Of(int row) => last[row];

        internal override IEnumerable<string> Canonical(Func<int, string> idOf) =>
            Enumerable.Range(0, rows).Where(row => last[row] != 0).Select(row => $"{idOf(row)}:{last[row]}").Order(StringComparer.Ordinal);
    }
}
