using System.Runtime.InteropServices;
using Millrace.Features.Definitions;

namespace Millrace.Features.Online;

/// <summary>When each item first had an event within a window that moves in steps of an eighth: a minimum for each part of it, so that order leaves no trace.</summary>
internal sealed class FirstTimes(FirstTimesKey key) : ItemState, IRestoredRows
{
    private const int Panes = 8;

    private readonly long _width = Math.Max(1, key.Window.Ticks / TimeSpan.TicksPerMicrosecond / Panes);

    // The number of the newest pane, then the first time within each of the last eight; 0 for none.
    internal override int Cells => 2 * (1 + Panes);

    internal override string? Event => key.Event;

    internal override void Apply(in FoldedEvent folded, Span<long> row)
    {
        var number = folded.Time / _width;
        var cells = row.Cells();
        var newest = cells.Long(Front);
        if (number <= newest - Panes)
        {
            return;
        }

        for (newest = Math.Max(newest, number - Panes); newest < number; newest++)
        {
            cells.SetLong(PaneAt(Front, newest + 1), 0);
        }

        cells.SetLong(Front, newest);
        var at = PaneAt(Front, number);
        var first = cells.Long(at);
        cells.SetLong(at, first == 0 ? folded.Time : Math.Min(first, folded.Time));
    }

    /// <summary>Each first time lies in its part of the window, and the newest part has one.</summary>
    public bool Restore(Span<long> row)
    {
        var cells = row.Cells();
        var newest = cells.Long(Front);
        if (newest < 0 || newest > long.MaxValue / 2 / _width || (newest > 0 && cells.Long(PaneAt(Front, newest)) == 0))
        {
            return false;
        }

        for (var pane = 0; pane < Panes; pane++)
        {
            var first = cells.Long(PaneAt(Front, pane));
            if (first != 0 && (first < 0 || first / _width % Panes != pane || first / _width > newest || first / _width <= newest - Panes))
            {
                return false;
            }
        }

        return true;
    }

    internal override long[] Numbers(ReadOnlySpan<long> row) => [.. MemoryMarshal.Cast<uint, long>(row.Cells().Slice(Front, Cells))];

    private static int PaneAt(int front, long number) => front + 2 + (2 * (int)(number % Panes));

    internal override FrozenState Freeze(long time) => new Frozen(Front, Math.Max(time, 0) / _width);

    /// <param name="front">Where the cells of the state begin.</param>
    /// <param name="end">The pane in which the window ends.</param>
    internal sealed class Frozen(int front, long end) : FrozenState
    {
        /// <summary>Unix µs of the first event; 0 when there was none within the window.</summary>
        internal long Of(CellRow row)
        {
            var newest = row.Long(front);
            for (var number = Math.Max(0, Math.Max(end, newest) - Panes + 1); number <= newest; number++)
            {
                if (row.Long(PaneAt(front, number)) is var first and > 0)
                {
                    return first;
                }
            }

            return 0;
        }

        internal override IEnumerable<string> Canonical(CanonicalItems items) => items.Taken
            .Where(row => Of(items.Cells(row)) != 0)
            .Select(row => $"{items.IdOf(row)}:{Of(items.Cells(row))}")
            .Order(StringComparer.Ordinal);
    }
}
