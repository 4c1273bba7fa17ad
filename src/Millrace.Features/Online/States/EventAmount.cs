using Millrace.Journal.Facts;

namespace Millrace.Features.Online;

/// <summary>What an event adds to a sum. Values are bounded, so that one absurd event cannot make a sum of millions overflow.</summary>
internal static class EventAmount
{
    /// <summary>A thousand million units: what the API takes, and what older journals' events count at most.</summary>
    internal const long MostUnits = 1_000_000_000;

    /// <summary>The same in millionths.</summary>
    private const long Most = MostUnits * 1_000_000;

    /// <summary>How far a sum goes from 0. Some four thousand of the greatest values reach it; there it stands, and never comes out at the other end.</summary>
    internal const long MostSum = 1L << 62;

    /// <summary>How many millionths it adds; one for itself when no unit is asked for, null when it has no value of the unit.</summary>
    internal static long? Micros(string? unit, in FoldedEvent folded) => unit is null ? 1
        : IsOf(unit, folded.Fact) ? Math.Clamp(folded.Fact.ValueMicros!.Value, -Most, Most)
        : null;

    /// <summary>Whether an event counts where a unit is asked for: null is none.</summary>
    internal static bool IsOf(string? unit, Observed observed) => unit is null || (observed.ValueMicros is not null && observed.Unit == unit);

    /// <summary>How much of an amount a sum takes: all of it, unless that led further from 0 than <paramref name="most"/>. What is taken back later is what was taken.</summary>
    /// <remarks>Amounts are far below <paramref name="most"/>, so that the differences fit.</remarks>
    internal static long Within(long sum, long amount, long most = MostSum) => sum <= most - amount && sum >= -most - amount
        ? amount
        : (long)(Int128.Clamp((Int128)sum + amount, Math.Min(sum, -most), Math.Max(sum, most)) - sum);

    /// <summary>As <see cref="Micros"/>, in thousandths, halves away from zero: decayed sums multiply by up to 2^20.</summary>
    internal static long? Thousandths(string? unit, in FoldedEvent folded) => unit is null ? 1
        : Micros(unit, folded) is { } micros ? (micros + (micros < 0 ? -500 : 500)) / 1000
        : null;
}
