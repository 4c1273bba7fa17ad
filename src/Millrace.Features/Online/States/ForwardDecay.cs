using Millrace.Features.Numerics;

namespace Millrace.Features.Online;

/// <summary>
/// Sums in which weights halve every half-life, as forward decay in fixed point: an event weighs 2^(its fraction of a half-life), twelve bits, and whole half-lives are
/// shifts at read. Eight half-lives are kept, so what is older weighs less than 1/256. Integers only: any order gives the same bits. Nine words: the number of the
/// newest half-life, then a sum for each of the last eight.
/// Source: Cormode, Shkapenyuk, Srivastava, Xu, "Forward Decay", ICDE 2009.
/// </summary>
internal static class ForwardDecay
{
    /// <summary>How many half-lives are kept; a power of two.</summary>
    internal const int Kept = 8;

    internal const int Words = 1 + Kept;

    private const int FractionBits = 12;
    private const double Unit = 1.0 / ((1 << FractionBits) * (1L << (Kept - 1)));

    /// <summary>2^(i / 4096) in units of 1/4096, for i = 0 … 4095.</summary>
    private static readonly int[] Weights =
        [.. Enumerable.Range(0, 1 << FractionBits).Select(i => (int)Math.Floor(((1 << FractionBits) / Deterministic.HalfLifeDecay(i, 1 << FractionBits)) + 0.5))];

    /// <summary>Adds <paramref name="amount"/> at <paramref name="time"/>; both times in Unix µs.</summary>
    /// <returns>Whether there was room for all of it.</returns>
    internal static bool Add(Span<long> words, long time, long halfLife, long amount)
    {
        var number = Math.DivRem(time, halfLife, out var within);
        ref var newest = ref words[0];
        if (number <= newest - Kept)
        {
            return true;
        }

        for (; newest < number; newest++)
        {
            if (number - newest > Kept)
            {
                newest = number - Kept;
            }

            words[1 + (int)((newest + 1) & (Kept - 1))] = 0;
        }

        ref var sum = ref words[1 + (int)(number & (Kept - 1))];
        var weighed = amount * Weights[(int)((within << FractionBits) / halfLife)];
        var room = EventAmount.Within(sum, weighed);
        sum += room;
        return room == weighed;
    }

    /// <summary>The sum at the beginning of the newest half-life, in units of 2^−19.</summary>
    internal static Int128 Newest(ReadOnlySpan<long> words) => Fixed(words, words[0]);

    private static Int128 Fixed(ReadOnlySpan<long> words, long number)
    {
        words = words[..Words];
        var newest = words[0];
        Int128 sum = 0;
        for (var age = Math.Max(0, number - newest); age < Kept && number - age > newest - Kept; age++)
        {
            sum += (Int128)words[1 + (int)((number - age) & (Kept - 1))] << (int)(Kept - 1 - age);
        }

        return sum;
    }

    /// <summary>The moment at which sums are read.</summary>
    internal readonly struct Moment
    {
        private readonly double _scale;

        internal Moment(long time, long halfLife)
        {
            Number = Math.DivRem(Math.Max(0, time), halfLife, out var within);
            _scale = Unit * Deterministic.HalfLifeDecay(within, halfLife);
        }

        /// <summary>The half-life in which it lies.</summary>
        private long Number { get; }

        /// <summary>The decayed sum; exact but for the weights' twelve bits.</summary>
        internal double Sum(ReadOnlySpan<long> words) => Scaled((double)Fixed(words));

        /// <summary>The sum at the beginning of its half-life, in units of 2^−19.</summary>
        internal Int128 Fixed(ReadOnlySpan<long> words) => ForwardDecay.Fixed(words, Number);

        /// <summary>The decayed sum, of one at the beginning of its half-life.</summary>
        internal double Scaled(double @fixed) => @fixed * _scale;

        /// <summary>Whether it lies in a half-life, of whose number the lower half is given.</summary>
        internal bool IsIn(uint number) => number == (uint)Number;

        /// <summary>Whether it does not lie in a half-life, and may yet find a sum that ends there: false is certain.</summary>
        internal bool Keeps(uint number) => (uint)Number - number - Kept >= int.MaxValue;
    }
}
