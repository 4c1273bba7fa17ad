using Millrace.Features.Definitions;

namespace Millrace.Features.Online;

/// <summary>When each item last had one kind of event within a window: a maximum, so that the order of folding does not matter.</summary>
internal sealed class LastTimes(LastTimesKey key) : ItemState
{
    private readonly long _window = key.Window.Ticks / TimeSpan.TicksPerMicrosecond;

    internal override int Cells => 2;

    internal override string? Event => key.Event;

    internal override void Apply(in FoldedEvent folded, Span<long> row) =>
        row.Cells().SetLong(Front, Math.Max(row.Cells().Long(Front), folded.Time));

    internal override long[] Numbers(ReadOnlySpan<long> row) => [row.Cells().Long(Front)];

    internal override FrozenState Freeze(long time) => new Frozen(Front, Math.Max(time, 0) - _window);

    /// <param name="front">Where the cells of the state begin.</param>
    /// <param name="from">What is not later counts as never.</param>
    internal sealed class Frozen(int front, long from) : FrozenState
    {
        /// <summary>Where the time stands in every row: two cells.</summary>
        internal int At => front;

        /// <summary>What is not later counts as never.</summary>
        internal long From => from;

        /// <summary>Unix µs of the last event; 0 when there was none within the window.</summary>
        internal long Of(CellRow row) => row.Long(front) is var time && time > from ? time : 0;

        internal override IEnumerable<string> Canonical(CanonicalItems items) => items.Taken
            .Where(row => Of(items.Cells(row)) != 0)
            .Select(row => $"{items.IdOf(row)}:{Of(items.Cells(row))}")
            .Order(StringComparer.Ordinal);
    }
}
