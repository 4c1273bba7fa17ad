using Millrace.Features.Definitions;

namespace Millrace.Features.Online;

/// <summary>When each item first had an event within a window that moves in steps of an eighth: a minimum for each part of it, so that order leaves no trace.</summary>
internal sealed class FirstTimes(FirstTimesKey key) : ItemState
{
    private const int Panes = 8;

    private readonly long _width = Math.Max(1, key.Window.Ticks / TimeSpan.TicksPerMicrosecond / Panes);

    // The number of the newest pane, then the first time within each of the last eight; 0 for none.
    internal override int Words => 1 + Panes;

    internal override string? Event => key.Event;

    internal override void Apply(in FoldedEvent folded, Span<long> row)
    {
        var number = folded.Time / _width;
        var words = row.Slice(Offset, 1 + Panes);
        ref var newest = ref words[0];
        if (number <= newest - Panes)
        {
            return;
        }

        for (newest = Math.Max(newest, number - Panes); newest < number; newest++)
        {
            words[1 + (int)((newest + 1) % Panes)] = 0;
        }

        ref var first = ref words[1 + (int)(number % Panes)];
        first = first == 0 ? folded.Time : Math.Min(first, folded.Time);
    }

    internal override FrozenState Freeze(long time) => new Frozen(Offset, Math.Max(time, 0) / _width);

    /// <param name="offset">Where the words of the state begin.</param>
    /// <param name="end">The pane in which the window ends.</param>
    internal sealed class Frozen(int offset, long end) : FrozenState
    {
        /// <summary>Unix µs of the first event; 0 when there was none within the window.</summary>
        internal long Of(ReadOnlySpan<long> row)
        {
            var words = row.Slice(offset, 1 + Panes);
            var newest = words[0];
            for (var number = Math.Max(0, Math.Max(end, newest) - Panes + 1); number <= newest; number++)
            {
                if (words[1 + (int)(number % Panes)] is var first and > 0)
                {
                    return first;
                }
            }

            return 0;
        }

        internal override IEnumerable<string> Canonical(CanonicalItems items) => items.Taken
            .Where(row => Of(items.Words(row)) != 0)
            .Select(row => $"{items.IdOf(row)}:{Of(items.Words(row))}")
            .Order(StringComparer.Ordinal);
    }
}
