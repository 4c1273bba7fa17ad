namespace Millrace.Features.Online;

/// <summary>When each item last had one kind of event within a window: a maximum, so that the order of folding does not matter.</summary>
internal sealed class LastTimes(string @event, TimeSpan window) : FeatureState
{
    private readonly long _window = window.Ticks / TimeSpan.TicksPerMicrosecond;
    private long _end = long.MinValue;
    private readonly CowArray<long> _last = new();
    private int _rows;

    internal override void Advance(long time) => _end = Math.Max(_end, time);

    internal override void Forget(int row)
    {
        if (_last.Read(row) != 0)
        {
            _last.Edit(row) = 0;
        }
    }

    internal override void Apply(in FoldedEvent folded)
    {
        if (folded.Event != @event || _last.Read(folded.Row) >= folded.Time) return;
        _last.Edit(folded.Row) = folded.Time;
        _rows = Math.Max(_rows, folded.Row + 1);
    }

    internal override FrozenState Freeze() => new Frozen(_last.Freeze(), _rows, Math.Max(_end, 0) - _window);

    internal sealed class Frozen(CowArray<long>.Frozen last, int rows, long from) : FrozenState
    {
        /// <summary>Unix µs of the last event; 0 when there was none within the window.</summary>
        internal long Of(int row) => last[row] is var time && time > from ? time : 0;

        internal override IEnumerable<string> Canonical(Func<int, string> idOf) =>
            Enumerable.Range(0, rows).Where(row => Of(row) != 0).Select(row => $"{idOf(row)}:{Of(row)}").Order(StringComparer.Ordinal);
    }
}
