using Millrace.Features.Definitions;

namespace Millrace.Features.Online;

/// <summary>How often each item had an event, or what its events' values add up to, by <see cref="ForwardDecay"/>.</summary>
internal sealed class DecayedSums(DecayedSumsKey key) : ItemState
{
    /// <inheritdoc cref="ForwardDecay.Kept"/>
    internal const int Kept = ForwardDecay.Kept;

    private readonly long _halfLife = key.HalfLife.Ticks / TimeSpan.TicksPerMicrosecond;

    internal override int Words => ForwardDecay.Words;

    internal override string? Event => key.Event;

    internal override void Apply(in FoldedEvent folded, Span<long> row)
    {
        if (EventAmount.Thousandths(key.Unit, folded) is { } amount)
        {
            ForwardDecay.Add(row.Slice(Offset, ForwardDecay.Words), folded.Time, _halfLife, amount);
        }
    }

    internal override FrozenState Freeze(long time) => new Frozen(Offset, new ForwardDecay.Moment(time, _halfLife));

    /// <param name="offset">Where the words of the state begin.</param>
    /// <param name="end">Where windows end.</param>
    internal sealed class Frozen(int offset, ForwardDecay.Moment end) : FrozenState
    {
        /// <summary>The decayed count; of values, the decayed sum in thousandths.</summary>
        internal double Sum(ReadOnlySpan<long> row) => end.Sum(row[offset..]);

        internal override IEnumerable<string> Canonical(CanonicalItems items) => items.Taken
            .Where(row => Fixed(items.Words(row)) != 0)
            .Select(row => $"{items.IdOf(row)}:{Fixed(items.Words(row))}")
            .Order(StringComparer.Ordinal);

        private Int128 Fixed(ReadOnlySpan<long> row) => end.Fixed(row[offset..]);
    }
}
