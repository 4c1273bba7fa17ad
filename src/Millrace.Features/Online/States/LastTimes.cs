using Millrace.Features.Definitions;

namespace Millrace.Features.Online;

/// <summary>When each item last had one kind of event within a window: a maximum, so that the order of folding does not matter.</summary>
internal sealed class LastTimes(LastTimesKey key) : ItemState
{
    private readonly long _window = key.Window.Ticks / TimeSpan.TicksPerMicrosecond;

    internal override int Words => 1;

    internal override string? Event => key.Event;

    internal override void Apply(in FoldedEvent folded, Span<long> row) => row[Offset] = Math.Max(row[Offset], folded.Time);

    internal override FrozenState Freeze(long time) => new Frozen(Offset, Math.Max(time, 0) - _window);

    /// <param name="offset">Where the word of the state is.</param>
    /// <param name="from">What is not later counts as never.</param>
    internal sealed class Frozen(int offset, long from) : FrozenState
    {
        /// <summary>Unix µs of the last event; 0 when there was none within the window.</summary>
        internal long Of(ReadOnlySpan<long> row) => row[offset] is var time && time > from ? time : 0;

        internal override IEnumerable<string> Canonical(CanonicalItems items) => items.Taken
            .Where(row => Of(items.Words(row)) != 0)
            .Select(row => $"{items.IdOf(row)}:{Of(items.Words(row))}")
            .Order(StringComparer.Ordinal);
    }
}
