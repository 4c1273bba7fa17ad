using Millrace.Journal.Facts;

namespace Millrace.Features.Online;

/// <summary>What an event adds to a sum. Values are bounded, so that absurd ones neither fill the memory nor reach the end of what 64 bits hold at once.</summary>
internal static class EventAmount
{
    /// <summary>What an event counts at most, in units.</summary>
    internal const long MostUnits = 100_000_000_000;

    private const long Most = MostUnits * 1_000_000;

    // A fading sum goes so far from 0.
    private const long MostSum = 1L << 62;

    /// <summary>How many millionths it adds; one for itself when no unit is asked for, null when it has no value of the unit.</summary>
    internal static long? Micros(string? unit, in FoldedEvent folded) => unit is null ? 1
        : IsOf(unit, folded.Fact) ? Math.Clamp(folded.Fact.ValueMicros!.Value, -Most, Most)
        : null;

    /// <summary>Whether an event counts where a unit is asked for: null is none.</summary>
    internal static bool IsOf(string? unit, Observed observed) => unit is null || (observed.ValueMicros is not null && observed.Unit == unit);

    /// <summary>Whether two sums fit 64 bits together.</summary>
    internal static bool Fit(long one, long other)
    {
        var sum = unchecked(one + other);
        return ((one ^ sum) & (other ^ sum)) >= 0;
    }

    /// <summary>How much of a weighed amount a fading sum takes: all of it, unless that led too far from 0.</summary>
    internal static long Within(long sum, long amount) => Math.Clamp(sum + amount, -MostSum, MostSum) - sum;

    /// <summary>As <see cref="Micros"/>, in thousandths, halves away from zero: fading sums multiply by up to 2^20.</summary>
    internal static long? Thousandths(string? unit, in FoldedEvent folded) => unit is null ? 1
        : Micros(unit, folded) is { } micros ? (micros + (micros < 0 ? -500 : 500)) / 1000
        : null;
}
