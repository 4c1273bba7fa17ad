using Millrace.Features.Definitions;
using Millrace.Features.Numerics;

namespace Millrace.Features.Online;

/// <summary>
/// Sums in which the weight of an event halves every half-life, as forward decay in fixed point: an event weighs 2^(its fraction of a half-life), twelve bits, and whole
/// half-lives are shifts at read. Eight half-lives are kept, so what is older weighs less than 1/256. Integers only: any order gives the same bits.
/// Source: Cormode, Shkapenyuk, Srivastava, Xu, "Forward Decay", ICDE 2009.
/// </summary>
internal sealed class DecayedSums(DecayedSumsKey key) : ItemState
{
    /// <summary>How many half-lives are kept; a power of two.</summary>
    internal const int Kept = 8;

    private const int FractionBits = 12;

    /// <summary>2^(i / 4096) in units of 1/4096, for i = 0 … 4095.</summary>
    private static readonly int[] Weights =
        [.. Enumerable.Range(0, 1 << FractionBits).Select(i => (int)Math.Floor(((1 << FractionBits) / Deterministic.HalfLifeDecay(i, 1 << FractionBits)) + 0.5))];

    private readonly long _halfLife = key.HalfLife.Ticks / TimeSpan.TicksPerMicrosecond;

    // The number of the newest half-life, then a sum for each of the last eight.
    internal override int Words => 1 + Kept;

    internal override string? Event => key.Event;

    internal override void Apply(in FoldedEvent folded, Span<long> row)
    {
        if (key.AmountOf(folded) is not { } amount)
        {
            return;
        }

        var number = Math.DivRem(folded.Time, _halfLife, out var within);
        var words = row.Slice(Offset, 1 + Kept);
        ref var newest = ref words[0];
        if (number <= newest - Kept)
        {
            return;
        }

        for (; newest < number; newest++)
        {
            if (number - newest > Kept)
            {
                newest = number - Kept;
            }

            words[1 + (int)((newest + 1) & (Kept - 1))] = 0;
        }

        words[1 + (int)(number & (Kept - 1))] += amount * Weights[(int)((within << FractionBits) / _halfLife)];
    }

    internal override FrozenState Freeze(long time)
    {
        var number = Math.DivRem(Math.Max(0, time), _halfLife, out var within);
        return new Frozen(Offset, number, Deterministic.HalfLifeDecay(within, _halfLife));
    }

    /// <param name="offset">Where the words of the state begin.</param>
    /// <param name="number">The half-life in which windows end.</param>
    /// <param name="decay">What a weight at its beginning has left.</param>
    internal sealed class Frozen(int offset, long number, double decay) : FrozenState
    {
        private const double Unit = 1.0 / ((1 << FractionBits) * (1L << (Kept - 1)));

        /// <summary>The decayed sum; exact but for the weights' twelve bits.</summary>
        internal double Sum(ReadOnlySpan<long> row) => Fixed(row) * Unit * decay;

        /// <summary>The sum at the beginning of the newest half-life, in units of 2^−19.</summary>
        private long Fixed(ReadOnlySpan<long> row)
        {
            var words = row.Slice(offset, 1 + Kept);
            var newest = words[0];
            long sum = 0;
            for (var age = Math.Max(0, number - newest); age < Kept && number - age > newest - Kept; age++)
            {
                sum += words[1 + (int)((number - age) & (Kept - 1))] << (int)(Kept - 1 - age);
            }

            return sum;
        }

        internal override IEnumerable<string> Canonical(CanonicalItems items) => items.Taken
            .Where(row => Fixed(items.Words(row)) != 0)
            .Select(row => $"{items.IdOf(row)}:{Fixed(items.Words(row))}")
            .Order(StringComparer.Ordinal);
    }
}
